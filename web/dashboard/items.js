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
 * Makes the panel.
 * @param {Desk} desk
 * @param {object} options
 * @param {number} options.limit codes on a page
 * @param {boolean} options.isWhole on a page of its own: with search and pages
 * @param {Node[]} [options.actions]
 * @param {(what: Code | Item) => void} [options.edit]
 */
export function makeItems(desk, { limit, isWhole, actions = [], edit }) {
  const made = card("Codes and license items", {
    words: "Each code uses its items in order",
    actions,
    className: "items",
  });
  /** @type {string[]} the pages before this one */
  const before = [];
  let path = `/v1/admin/overview?limit=${limit}`;
  const table = element("div", { class: "table-frame" }, waiting());
  const foot = element("div", { class: "card-foot" });
  made.body.append(...(isWhole ? [searchRow()] : []), table, foot);

  function searchRow() {
    const field = element("input", { type: "search", class: "field", placeholder: "Code or customer", maxlength: 120 });
    const form = element("form", { class: "search-row", role: "search" });
    form.append(element("label", { class: "search" }, element("span", { class: "unseen" }, "Search codes"), field));
    form.append(element("button", { class: "button", type: "submit" }, "Search"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      before.length = 0;
      path = `/v1/admin/overview?limit=${limit}`;
      if (field.value.trim()) path += `&search=${encodeURIComponent(field.value.trim())}`;
      desk.again(panel);
    });
    return form;
  }

  /** @param {string} to */
  function turn(to) {
    path = to;
    desk.again(panel);
  }

  /** @param {string | null} next */
  function pages(next) {
    const found = [];
    if (before.length) {
      found.push(button("Previous", () => turn(before.pop() ?? path), { "data-key": "previous" }));
    }
    if (next) {
      const press = () => {
        before.push(path);
        turn(next);
      };
      found.push(isWhole ? button("Next", press, { "data-key": "next" }) : desk.link("codes", "All codes and items"));
    }
    return found;
  }

  async function refresh() {
    const { data, next } = await desk.api.get(path);
    const shown = JSON.stringify([data, desk.place.code, desk.minute()]);
    rebuild(table, shown, () => [data.length ? listed(desk, data, edit) : nothing(emptyWords(path))]);
    rebuild(foot, JSON.stringify([next, before]), () => pages(next));
    foot.hidden = foot.childElementCount === 0;
  }

  const panel = { element: made.element, everyMs: EVERY_MS, refresh };
  return panel;
}

/** @param {string} path */
const emptyWords = (path) =>
  path.includes("search=")
    ? "No code has this in its name or its customer's."
    : "No handshake code yet. Add an item, then a code for it.";

/**
 * @param {Desk} desk
 * @param {Code[]} codes
 * @param {((what: Code | Item) => void) | undefined} edit
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
 * @param {((what: Code | Item) => void) | undefined} edit
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
 * @param {((what: Code | Item) => void) | undefined} edit
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
