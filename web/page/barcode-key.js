/**
 * @file What is compared of a barcode, for a page that has to digest it before Python is up. The rules are a table that
 * Python's are made of too; here it is only read.
 */

/**
 * @typedef {object} Rewrite
 * @property {string[]} symbologies that it is for; none stands for all
 * @property {boolean} isForGs1Text
 * @property {string} pattern a character stands for a byte of the payload
 * @property {(number | string)[]} parts what takes the place of a match: groups and texts
 * @property {number} digitCount that it has at least
 */

/**
 * @typedef {object} Table
 * @property {Record<string, string>} names of readers, to canonical ones; others have no rule of their own
 * @property {string[]} prefixes of readers' names
 * @property {string[]} gs1Identifiers
 * @property {string[]} gs1Symbologies
 * @property {Rewrite[]} rewrites in their order
 */

/** @typedef {import("../readers.js").Found} Found */

/**
 * @param {Table} table
 * @param {Found} found
 * @returns {string} a character for each byte
 * @throws {TypeError | DOMException} what the app handed over is no barcode, as the tracker will tell it
 */
export function keyOf(table, { format, identifier, text, bytes }) {
  const isText = bytes === undefined || bytes === null;
  let payload = isText ? utf8Of(text) : atob(textOf(bytes));
  const symbology = symbologyOf(table, format);
  const isGs1 = table.gs1Symbologies.includes(symbology) || table.gs1Identifiers.some((one) => one === identifier);
  for (const { symbologies, isForGs1Text, pattern, parts, digitCount } of table.rewrites) {
    const isForIt = symbologies.length === 0 || symbologies.includes(symbology);
    if (isForIt && (!isForGs1Text || (isGs1 && isText))) {
      const replaced = (/** @type {string[]} */ ...match) =>
        parts.map((part) => (typeof part === "number" ? (match[part] ?? "") : part)).join("");
      payload = payload.replace(new RegExp(pattern, "g"), (...match) => replaced(...match).padStart(digitCount, "0"));
    }
  }
  return textOf(payload);
}

/**
 * @param {Table} table
 * @param {unknown} format the reader's name
 */
function symbologyOf({ names, prefixes }, format) {
  const squashed = String(format)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "");
  const shorter = prefixes
    .filter((prefix) => squashed.startsWith(prefix))
    .map((prefix) => squashed.slice(prefix.length));
  const known = [squashed, ...shorter].find((candidate) => Object.hasOwn(names, candidate));
  return known === undefined ? "" : names[known];
}

/** @param {unknown} value */
function textOf(value) {
  if (typeof value !== "string" || value === "") {
    throw new TypeError("no text");
  }
  return value;
}

/**
 * @param {unknown} text which may hold half of a pair: a reader that gives such gives the same ones for the same symbol
 * @returns {string} its UTF-8
 */
function utf8Of(text) {
  return Array.from(textOf(text), (character) => {
    const point = /** @type {number} */ (character.codePointAt(0));
    const isHalf = point >= 0xd800 && point < 0xe000;
    const half = [0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f)];
    return String.fromCharCode(...(isHalf ? half : new TextEncoder().encode(character)));
  }).join("");
}
