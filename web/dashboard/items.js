/** Handshake codes with their license items, and how full each is. */
import { element, rebuild } from "../demo/dom.js";
import { gauge, stateOf } from "./gauge.js";
import { button, card, nothing, pill, tableHead, waiting } from "./parts.js";
import { CHARGED_BY, day, number, WHEN_FULL } from "./words.js";

/**
 * @typedef {import("./gauge.js").Item} Item
 * @typedef {object} Code a handshake code as the server lists it
 * @property {string} id
 * @property {string[]} licenses
 * @property {string[]} allowedOrigins
 * @property {boolean} allowNonBrowser
 * @property {boolean} hasSessionPassword
 * @property {boolean} test
 * @property {string | null} customer
 * @property {{ limit: number, termSeconds: number } | null} customerReleases
 * @property {string} version
 * @property {Item[]} items
 *
 * @typedef {import("./desk.js").Desk} Desk
 */

const EVERY_MS = 4_000;
const COLUMNS = /** @type {(string | [string, string])[]} */ ([
  "Handshake code",
  "Item",
  "Charged by",
  ["Used", "end"],
  ["Fill level", "wide-only"],
  ["Valid until", "wide-only"],
  ["When full", "wide-only"],
  "State",
]);

/**
 * @typedef {(what: Code | Item) => void} Edit
 *
 * @typedef {object} Options
 * @property {number} limit codes on a page
 * @property {boolean} isWhole on a page of its own: with search and pages
 * @property {Node[]} [actions]
 * @property {Edit} [edit]
 */

/**
 * Makes the panel.
 * @param {Desk} desk
 * @param {Options} options
 */
export const makeItems = (desk, options) => new Items(desk, options).panel;

class Items {
  /** @param {Desk} desk @param {Options} options */
  constructor(desk, { limit, isWhole, actions = [], edit }) {
    this.desk = desk;
    this.limit = limit;
    this.isWhole = isWhole;
    this.edit = edit;
    /** @type {string[]} the pages before this one */
    this.before = [];
    this.path = this.pathOf("");
    this.table = element("div", { class: "table-frame" }, waiting());
    this.foot = element("div", { class: "card-foot" });
    const words = "Each code uses its items in order";
    const made = card("Codes and license items", { words, actions, className: "items" });
    made.body.append(...(isWhole ? [this.searchRow()] : []), this.table, this.foot);
    this.panel = { element: made.element, everyMs: EVERY_MS, refresh: () => this.refresh() };
  }

  /** @param {string} search a part of a name; empty finds all */
  pathOf(search) {
    return `/v1/admin/overview?limit=${this.limit}${search ? `&search=${encodeURIComponent(search)}` : ""}`;
  }

  searchRow() {
    const field = element("input", { type: "search", class: "field", placeholder: "Code or customer", maxlength: 120 });
    const form = element("form", { class: "search-row", role: "search" });
    form.append(element("label", { class: "search" }, element("span", { class: "unseen" }, "Search codes"), field));
    form.append(element("button", { class: "button", type: "submit" }, "Search"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.before.length = 0;
      this.goTo(this.pathOf(field.value.trim()));
    });
    return form;
  }

  /** @param {string} path */
  goTo(path) {
    this.path = path;
    this.desk.again(this.panel);
  }

  /** @param {string | null} next */
  pages(next) {
    const found = [];
    if (this.before.length) {
      found.push(button("Previous", () => this.goTo(this.before.pop() ?? this.path), { "data-key": "previous" }));
    }
    if (next && !this.isWhole) found.push(this.desk.link("codes", "All codes and items"));
    if (next && this.isWhole) {
      const press = () => {
        this.before.push(this.path);
        this.goTo(next);
      };
      found.push(button("Next", press, { "data-key": "next" }));
    }
    return found;
  }

  async refresh() {
    const { desk, path } = this;
    const { data, next } = await desk.api.get(path);
    const shown = JSON.stringify([data, desk.place.code, desk.minute()]);
    rebuild(this.table, shown, () => [data.length ? listed(desk, data, this.edit) : nothing(emptyWords(path))]);
    rebuild(this.foot, JSON.stringify([next, this.before]), () => this.pages(next));
    this.foot.hidden = this.foot.childElementCount === 0;
  }
}

/** @param {string} path */
const emptyWords = (path) =>
  path.includes("search=")
    ? "No code has this in its name or its customer's."
    : "No handshake code yet. Add an item, then a code for it.";

/**
 * @param {Desk} desk
 * @param {Code[]} codes
 * @param {Edit | undefined} edit
 */
function listed(desk, codes, edit) {
  const made = element("table", { class: "cards-below" }, tableHead(COLUMNS));
  for (const code of codes) {
    const isChosen = code.id === desk.place.code;
    const group = element("tbody", { class: isChosen ? "is-chosen" : "" });
    for (const [place, item] of code.items.entries()) group.append(row(desk, code, item, place, edit));
    made.append(group);
  }
  return made;
}

/**
 * @param {Desk} desk
 * @param {Code} code
 * @param {Item} item
 * @param {number} place
 * @param {Edit | undefined} edit
 */
function row(desk, code, item, place, edit) {
  const state = stateOf(item, desk.now());
  const name =
    place === 0
      ? element("div", { class: "cell-line" }, codeLink(desk, code), ...marks(code), ...editor(edit, code, code.id))
      : element("span", { class: "unseen" }, code.id);
  return element(
    "tr",
    { class: place === 0 ? "first-of-code" : "" },
    element("th", { scope: "row", "data-name": "Handshake code" }, name),
    cell(
      "Item",
      element(
        "span",
        { class: "item-name" },
        element("span", { class: "place" }, String(place + 1)),
        element("code", {}, item.id),
      ),
      ...editor(edit, item, item.id),
    ),
    cell("Charged by", CHARGED_BY[item.chargeWay] ?? item.chargeWay),
    cell("Used", element("strong", {}, number(item.used)), ` of ${number(item.quota)}`),
    cell("Fill level", gauge(item, state)),
    cell("Valid until", item.validUntil === null ? "No end" : day(Date.parse(item.validUntil))),
    cell("When full", WHEN_FULL[item.onExhausted] ?? item.onExhausted),
    cell("State", pill(state)),
  );
}

const CLASSES = /** @type {Record<string, string>} */ ({
  Used: "end",
  "Fill level": "wide-only gauge-cell",
  "Valid until": "wide-only",
  "When full": "wide-only",
});

/** @param {string} name @param {...(Node | string)} content */
const cell = (name, ...content) =>
  element("td", { class: CLASSES[name] ?? "", "data-name": name }, element("div", { class: "cell-line" }, ...content));

/** @param {Desk} desk @param {Code} code */
function codeLink(desk, code) {
  const made = desk.link(desk.place.page, code.id, { code: code.id });
  made.classList.add("code");
  made.setAttribute("data-key", `code ${code.id}`);
  if (code.id === desk.place.code) made.setAttribute("aria-current", "true");
  return made;
}

/** @param {Code} code */
function marks(code) {
  const found = code.test ? [element("span", { class: "stamp-word" }, "Test")] : [];
  return code.customer === null ? found : [...found, element("span", { class: "hint" }, code.customer)];
}

/**
 * @param {Edit | undefined} edit
 * @param {Code | Item} what
 * @param {string} name
 */
function editor(edit, what, name) {
  if (!edit) return [];
  return [
    button("Edit", () => edit(what), {
      class: "button plain edit",
      "aria-label": `Edit ${name}`,
      "data-key": `edit ${name}`,
    }),
  ];
}
