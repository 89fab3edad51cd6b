/** Handshake codes with their license items, and how full each is; and all items, whether or not a code uses them. */
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
 * @typedef {object} Listing what is listed, and how
 * @property {string} title
 * @property {string} words
 * @property {string} path
 * @property {string} search what one looks for
 * @property {string} placeholder
 * @property {(desk: Desk, data: any[], edit?: Edit) => Node} listed
 * @property {string} none said where there is none
 * @property {string} notFound said where a search found none
 */

/** @type {Listing} */
const CODES = {
  title: "Codes and license items",
  words: "Each code uses its items in order",
  path: "/v1/admin/overview",
  search: "Search codes",
  placeholder: "Code or customer",
  listed,
  none: "No handshake code yet. Add an item, then a code for it.",
  notFound: "No code has this in its name or its customer's.",
};

/** @type {Listing} */
const ITEMS = {
  title: "All license items",
  words: "Those too that no code uses",
  path: "/v1/admin/items",
  search: "Search items",
  placeholder: "Item",
  listed: listedItems,
  none: "No license item yet. Add one.",
  notFound: "No item has this in its id.",
};

/**
 * Makes the panel of codes with their items.
 * @param {Desk} desk
 * @param {Options} options
 */
export const makeItems = (desk, options) => new Items(desk, CODES, options).panel;

/**
 * Makes the panel of all items: one that was just added is used by no code yet.
 * @param {Desk} desk
 * @param {Options} options
 */
export const makeItemList = (desk, options) => new Items(desk, ITEMS, options).panel;

class Items {
  /** @param {Desk} desk @param {Listing} listing @param {Options} options */
  constructor(desk, listing, { limit, isWhole, actions = [], edit }) {
    this.desk = desk;
    this.listing = listing;
    this.limit = limit;
    this.isWhole = isWhole;
    this.edit = edit;
    /** @type {string[]} the pages before this one */
    this.before = [];
    this.path = this.pathOf("");
    this.table = element("div", { class: "table-frame" }, waiting());
    this.foot = element("div", { class: "card-foot" });
    const { title, words } = listing;
    const made = card(title, { words, actions, className: listing === CODES ? "items" : "item-list" });
    made.body.append(...(isWhole ? [this.searchRow()] : []), this.table, this.foot);
    this.panel = { element: made.element, everyMs: EVERY_MS, refresh: () => this.refresh() };
  }

  /** @param {string} search a part of a name; empty finds all */
  pathOf(search) {
    return `${this.listing.path}?limit=${this.limit}${search ? `&search=${encodeURIComponent(search)}` : ""}`;
  }

  searchRow() {
    const { search, placeholder } = this.listing;
    const field = element("input", { type: "search", class: "field", placeholder, maxlength: 120 });
    // Two of them on a page are told apart by their names.
    const form = element("form", { class: "search-row", role: "search", "aria-label": this.listing.title });
    form.append(element("label", { class: "search" }, element("span", { class: "unseen" }, search), field));
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
    const { listed: list, none, notFound } = this.listing;
    rebuild(this.table, shown, () => [
      data.length ? list(desk, data, this.edit) : nothing(path.includes("search=") ? notFound : none),
    ]);
    rebuild(this.foot, JSON.stringify([next, this.before]), () => this.pages(next));
    this.foot.hidden = this.foot.childElementCount === 0;
  }
}

/**
 * @param {Desk} desk
 * @param {Code[]} codes
 * @param {Edit | undefined} edit
 */
function listed(desk, codes, edit) {
  const made = element("table", { class: "cards-below" }, tableHead(["Handshake code", ...COLUMNS]));
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
 * @param {Item[]} items
 * @param {Edit | undefined} edit
 */
function listedItems(desk, items, edit) {
  const rows = items.map((item) => {
    const name = element("code", {}, item.id);
    const head = element(
      "th",
      { scope: "row", "data-name": "Item" },
      element("div", { class: "cell-line" }, name, ...editor(edit, item, item.id)),
    );
    return element("tr", { class: "first-of-code" }, head, ...figures(desk, item));
  });
  return element("table", { class: "cards-below" }, tableHead(COLUMNS), element("tbody", {}, ...rows));
}

/**
 * @param {Desk} desk
 * @param {Code} code
 * @param {Item} item
 * @param {number} place
 * @param {Edit | undefined} edit
 */
function row(desk, code, item, place, edit) {
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
    ...figures(desk, item),
  );
}

/** @param {Desk} desk @param {Item} item */
function figures(desk, item) {
  const state = stateOf(item, desk.now());
  return [
    cell("Charged by", CHARGED_BY[item.chargeWay] ?? item.chargeWay),
    cell("Used", element("strong", {}, number(item.used)), ` of ${number(item.quota)}`),
    cell("Fill level", gauge(item, state)),
    cell("Valid until", item.validUntil === null ? "No end" : day(Date.parse(item.validUntil))),
    cell("When full", WHEN_FULL[item.onExhausted] ?? item.onExhausted),
    cell("State", pill(state)),
  ];
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
