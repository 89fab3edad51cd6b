/** Parts that several panels are made of. */
import { element, icon } from "../demo/dom.js";

/**
 * Makes a card with a heading.
 * @param {string} title
 * @param {object} [more]
 * @param {string} [more.words] beside the heading
 * @param {Node[]} [more.actions]
 * @param {string} [more.className]
 */
export function card(title, { words = "", actions = [], className = "" } = {}) {
  const id = `card-${title.toLowerCase().replace(/\W+/g, "-")}`;
  const aside = element("p", { class: "small card-words" }, words);
  const body = element("div", { class: "card-body" });
  const head = element(
    "div",
    { class: "card-head" },
    element("h2", { id }, title),
    aside,
    element("div", { class: "card-actions" }, ...actions),
  );
  const made = element("section", { class: `card ${className}`, "aria-labelledby": id }, head, body);
  return { element: made, body, aside };
}

/**
 * Makes a word with an icon in a tint.
 * @param {import("./gauge.js").State} state
 */
export const pill = ({ tone, icon: name, word }) => element("span", { class: `pill ${tone}` }, icon(name), word);

/**
 * Makes a button.
 * @param {string} text
 * @param {() => void} press
 * @param {Record<string, string | boolean>} [attributes]
 */
export function button(text, press, attributes = {}) {
  const made = element("button", { class: "button", type: "button", ...attributes }, text);
  made.addEventListener("click", press);
  return made;
}

/**
 * Says that there is nothing, and when there will be.
 * @param {string} words
 */
export const nothing = (words) => element("p", { class: "nothing small" }, words);

/** What stands where something is being read: bars in its size, after 300 ms. */
export const waiting = () =>
  element(
    "div",
    { class: "waiting", "aria-hidden": "true" },
    ...[1, 2, 3].map(() => element("span", { class: "bar" })),
  );

/**
 * Makes what a table scrolls sideways in, by keys, too: for tables in which nothing else takes the focus.
 * @param {string} name
 * @param {...Node} content
 */
export const scrollable = (name, ...content) =>
  element("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": name }, ...content);

/**
 * Makes the head of a table.
 * @param {(string | [string, string])[]} columns name, or name and class
 */
export function tableHead(columns) {
  const cells = columns.map((column) => {
    const [name, className] = Array.isArray(column) ? column : [column, ""];
    return element("th", { scope: "col", class: className }, name);
  });
  return element("thead", {}, element("tr", {}, ...cells));
}
