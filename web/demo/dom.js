/** Small helpers around the DOM, so that every part builds its elements the same way. */

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Gives the element with this id; that it is missing is a mistake in index.html, never a state.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element with id ${id}`);
  return found;
}

/**
 * Makes an element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean | number>} [attributes] `true` writes the bare attribute, `false` leaves it out
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null) made.append(child);
  return made;
}

/**
 * Makes an SVG element.
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * Makes one of the icons of icons.svg; words beside it say what it means.
 * @param {string} name
 */
export function icon(name) {
  const href = new URL(`icons.svg#${name}`, import.meta.url).href;
  return svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("use", { href }));
}

/**
 * Writes text only where it changed, so that selections and screen readers are not disturbed each second.
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Replaces the children only where `signature` changed since the last call for this element, and keeps the focus on
 * the control of the same `data-key`.
 * @param {Element} target
 * @param {string} signature everything that the children show
 * @param {() => (Node | string)[]} build
 */
export function rebuild(target, signature, build) {
  if (signatures.get(target) === signature) return;
  signatures.set(target, signature);
  const active = document.activeElement;
  const key = active && target.contains(active) ? active.getAttribute("data-key") : null;
  target.replaceChildren(...build());
  if (key === null) return;
  const again = [...target.querySelectorAll("[data-key]")].find((one) => one.getAttribute("data-key") === key);
  if (again instanceof HTMLElement) again.focus();
}

/** @type {WeakMap<Element, string>} */
const signatures = new WeakMap();
