/** Fields of a form, by what they hold: read as the server wants them, written as people read them. */
import { element } from "../demo/dom.js";

/**
 * @typedef {object} Field
 * @property {string} name as the server calls it
 * @property {string} label
 * @property {"text" | "number" | "moment" | "lines" | "check" | "secret" | [string, string][]} kind a list is a choice
 * @property {string} [hint]
 * @property {string} [newHint] in place of that one where there is nothing yet
 * @property {boolean} [isRequired]
 * @property {boolean} [isOptional] left out where it is empty, instead of sent as null
 *
 * @typedef {string | number | boolean | string[] | null} Value
 */

/**
 * Gives fields as the form for something new has them.
 * @param {Field[]} fields
 * @returns {Field[]}
 */
export const forNew = (fields) => fields.map((field) => (field.newHint ? { ...field, hint: field.newHint } : field));

let count = 0;

/** @param {Field} field @returns {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} */
function control({ kind, name, isRequired = false }) {
  count += 1;
  const shared = { id: `field-${count}`, name, class: "field", required: isRequired };
  if (Array.isArray(kind)) {
    const select = element("select", { ...shared, class: "button" });
    for (const [value, words] of kind) select.append(element("option", { value }, words));
    return select;
  }
  if (kind === "lines") return element("textarea", { ...shared, rows: 3, spellcheck: "false" });
  if (kind === "check") return element("input", { ...shared, class: "tick", type: "checkbox" });
  if (kind === "number") return element("input", { ...shared, type: "number", min: 0, step: 1 });
  if (kind === "moment") return element("input", { ...shared, type: "datetime-local", step: 1 });
  return element("input", {
    ...shared,
    type: kind === "secret" ? "password" : "text",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 1024,
  });
}

/**
 * Writes a value as a control shows it.
 * @param {Field["kind"]} kind
 * @param {Value | undefined} value
 */
export function shownAs(kind, value) {
  if (value === null || value === undefined) return "";
  if (kind === "lines" && Array.isArray(value)) return value.join("\n");
  if (kind === "moment") return String(value).replace(/(\.\d+)?Z$/, "");
  return String(value);
}

/**
 * Reads what a control shows.
 * @param {Field["kind"]} kind
 * @param {string} text
 * @returns {Value}
 */
export function readAs(kind, text) {
  const trimmed = text.trim();
  if (kind === "lines") return trimmed.split(/[\s,]+/).filter(Boolean);
  if (trimmed === "") return null;
  if (kind === "number") return Number(trimmed);
  if (kind === "moment") return `${trimmed.length === 16 ? `${trimmed}:00` : trimmed}Z`;
  return trimmed;
}

/** Fields in a form. */
export class Fields {
  /** @param {Field[]} fields */
  constructor(fields) {
    this.fields = fields.map((field) => ({ ...field, control: control(field) }));
    this.element = element("div", { class: "fields" }, ...this.fields.map((one) => Fields.line(one)));
  }

  /** @param {Field & { control: HTMLElement }} field */
  static line({ label, hint, kind, control: input }) {
    const name = element("label", { for: input.id }, label);
    const about = hint ? element("p", { class: "hint", id: `${input.id}-hint` }, hint) : "";
    if (hint) input.setAttribute("aria-describedby", `${input.id}-hint`);
    return kind === "check"
      ? element("div", { class: "line is-check" }, input, name, about)
      : element("div", { class: "line" }, name, input, about);
  }

  /** Shows values; the fields of others stay as they are. @param {Record<string, any>} values */
  write(values) {
    for (const { name, kind, control: input } of this.fields) {
      if (!Object.hasOwn(values, name)) continue;
      if (input instanceof HTMLInputElement && kind === "check") input.checked = Boolean(values[name]);
      else input.value = shownAs(kind, values[name]);
    }
  }

  /** @returns {Record<string, Value>} what the fields hold; what may be left out and is empty is not there */
  read() {
    /** @type {Record<string, Value>} */
    const found = {};
    for (const { name, kind, isOptional, control: input } of this.fields) {
      const value = input instanceof HTMLInputElement && kind === "check" ? input.checked : readAs(kind, input.value);
      if (!(isOptional && value === null)) found[name] = value;
    }
    return found;
  }

  /** Gives the label of a field. @param {string} name */
  labelOf(name) {
    return this.fields.find((field) => field.name === name)?.label ?? name;
  }
}
