/**
 * @file What is compared of a barcode, for a page that has to digest it before Python is up. The rules are a table that
 * Python's are made of too; here it is only read.
 */

/**
 * @typedef {object} Rewrite
 * @property {string[]} symbologies that it is for, or for one of the names or identifiers; none of all stands for every one
 * @property {string[]} names of readers, without case, prefix and punctuation
 * @property {string[]} identifiers of AIM
 * @property {boolean} isForText
 * @property {string} pattern a character stands for a byte of the payload
 * @property {string} how what takes the place of a match is made
 * @property {(number | string)[]} parts groups and texts
 * @property {number} digitCount that it has at least
 */

/**
 * @typedef {object} Table
 * @property {number} version
 * @property {Record<string, string>} names of readers, to canonical ones; others have no rule of their own
 * @property {string[]} prefixes of readers' names
 * @property {Rewrite[]} rewrites in their order
 * @property {string[]} code39Pairs what Code 39 prints for each character of ASCII
 */

/** @typedef {import("../readers.js").Found} Found */

const CODE_32_DIGITS = "0123456789BCDFGHJKLMNPQRSTUVWXYZ";

/**
 * How a match, given with its groups, is replaced; as in payload_rules.py.
 *
 * @type {Record<string, (match: string[], rewrite: Rewrite, table: Table) => string>}
 */
const WAYS = {
  parts: (match, { parts, digitCount }) =>
    parts
      .map((part) => (typeof part === "number" ? (match[part] ?? "") : part))
      .join("")
      .padStart(digitCount, "0"),
  code_39_pairs: ([whole], _rewrite, { code39Pairs }) =>
    Array.from(whole, (character) => code39Pairs[character.charCodeAt(0)] ?? character).join(""),
  code_32: ([, digits]) =>
    Array.from({ length: 6 }, (_, at) => CODE_32_DIGITS[Math.floor(Number(digits) / 32 ** (5 - at)) % 32]).join(""),
  isbn_13: ([, ten]) => {
    const digits = Array.from(`978${ten}`, Number);
    const weighed = digits.reduce((sum, digit, at) => sum + digit * (at % 2 ? 3 : 1), 0);
    return `978${ten}${(10 - (weighed % 10)) % 10}`;
  },
};

/**
 * @param {Table} table
 * @param {Found} found
 * @returns {string} a character for each byte
 * @throws {TypeError | DOMException} what the app handed over is no barcode, as the tracker will tell it
 */
export function keyOf(table, { format, identifier, text, bytes }) {
  const isBytes = bytes !== undefined && bytes !== null;
  let { payload, isText } = isBytes ? ofBytes(atob(textOf(bytes)), text) : { payload: utf8Of(text), isText: true };
  const name = nameIn(table, format);
  for (const rewrite of table.rewrites) {
    if ((isText || !rewrite.isForText) && isFor(rewrite, table.names[name], name, identifier)) {
      const replaced = (/** @type {string[]} */ ...match) => WAYS[rewrite.how](match, rewrite, table);
      payload = payload.replace(new RegExp(rewrite.pattern, "g"), replaced);
    }
  }
  return textOf(payload);
}

/**
 * @param {Rewrite} rewrite
 * @param {string | undefined} symbology
 * @param {string} name
 * @param {unknown} identifier
 */
function isFor({ symbologies, names, identifiers }, symbology, name, identifier) {
  const fits = [
    symbologies.includes(symbology ?? ""),
    names.includes(name),
    identifiers.some((one) => one === identifier),
  ];
  return fits.includes(true) || symbologies.length + names.length + identifiers.length === 0;
}

/**
 * @param {Table} table
 * @param {unknown} format the reader's name
 * @returns {string} as the table writes it; empty where it has no rule
 */
function nameIn({ names, prefixes }, format) {
  const squashed = String(format)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "");
  const shorter = prefixes
    .filter((prefix) => squashed.startsWith(prefix))
    .map((prefix) => squashed.slice(prefix.length));
  return [squashed, ...shorter].find((candidate) => Object.hasOwn(names, candidate)) ?? "";
}

/**
 * The payload of a reader that gives bytes, as one that gives text alone would have given it.
 *
 * @param {string} raw a character for each byte
 * @param {unknown} text
 * @returns {{ payload: string, isText: boolean }}
 */
function ofBytes(raw, text) {
  if (isAscii(raw)) {
    return { payload: textOf(raw), isText: false };
  }
  if (typeof text === "string" && !isAscii(text) && !text.includes("\ufffd") && count(text, "<") === count(raw, "<")) {
    return { payload: utf8Of(text), isText: true };
  }
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    decoder.decode(Uint8Array.from(raw, (byte) => byte.charCodeAt(0)));
    return { payload: raw, isText: false };
  } catch {
    return { payload: utf8Of(raw), isText: false };
  }
}

/** @param {string} text */
function isAscii(text) {
  return Array.from(text).every((character) => character.charCodeAt(0) < 0x80);
}

/**
 * @param {string} text
 * @param {string} character
 */
function count(text, character) {
  return text.split(character).length;
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
