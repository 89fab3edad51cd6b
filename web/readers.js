/**
 * @file Takes barcodes out of what JavaScript barcode readers give.
 *
 * By a table of shapes: how a reader's result is recognised, and where its fields lie. Names of symbologies stay the
 * reader's own, values are not judged: the tracker does both.
 */

import { CONTAINERS, SHAPES } from "./page/reader-shapes.js";

/**
 * One barcode as the tracker takes it; members that the reader does not give are absent.
 *
 * @typedef {object} Found
 * @property {unknown} [format] the reader's name for the symbology
 * @property {unknown} [text]
 * @property {unknown} [bytes] base64 of the payload
 * @property {unknown} [identifier] AIM symbology identifier, such as `]E0`
 */

/**
 * See reader_shapes.py.
 *
 * @typedef {object} Shape
 * @property {string} reader
 * @property {Record<string, string>} needs
 * @property {string} format
 * @property {string[]} [text]
 * @property {string} [bytes]
 * @property {string} [identifier]
 * @property {string} [decoder]
 * @property {string[]} [formats]
 * @property {string} [isBarcodeIf]
 */

/** @typedef {{ reader: string, path: string, kind: string }} Container */
/** @typedef {Record<string, any>} Result */

/** The largest symbol holds under 8 kB; what is this large is no barcode and is not carried to the tracker. */
const MAX_PAYLOAD_LENGTH = 1024 * 1024;

/** @type {Record<string, (value: unknown) => boolean>} */
const IS = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  function: (value) => typeof value === "function",
  object: isObject,
  list: Array.isArray,
  any: (value) => value !== undefined,
};

/**
 * Returns the barcodes in what a reader gave for one frame or image, and who gave it.
 *
 * @param {unknown} decoded one result, a list of them, or a reader's container of them
 * @returns {{ barcodes: Found[], readers: Set<string> }}
 * @throws {TypeError} a shape that no supported reader has; names the fields seen
 */
export function readBarcodes(decoded) {
  /** @type {Set<string>} */
  const readers = new Set();
  const barcodes = listOf(decoded).flatMap((result, index) => readOne(result, index, readers) ?? []);
  return { barcodes, readers };
}

/**
 * @param {unknown} decoded
 * @returns {unknown[]}
 */
function listOf(decoded) {
  if (Array.isArray(decoded)) {
    return decoded;
  }
  for (const { path, kind } of CONTAINERS) {
    const held = at(decoded, path);
    if (kind === "list" && Array.isArray(held)) {
      return held;
    }
    if (kind === "object" && (held === null || isObject(held))) {
      return held === null ? [] : [held];
    }
  }
  return [decoded];
}

/**
 * @param {unknown} result
 * @param {number} index
 * @param {Set<string>} readers the one that gave it is added
 * @returns {Found | null}
 */
function readOne(result, index, readers) {
  const shape = SHAPES.find(({ needs }) => Object.entries(needs).every(([path, kind]) => IS[kind](at(result, path))));
  if (shape === undefined) {
    throw new TypeError(
      `Result ${index} of the reader has a shape that is not known: ${seen(result)}. ` +
        "Hand over the reader's own result, or {format, text} or {format, bytes}.",
    );
  }
  readers.add([shape.reader, shape.decoder && at(result, shape.decoder)].filter(Boolean).join(" with "));
  if (shape.isBarcodeIf !== undefined && !at(result, shape.isBarcodeIf)) {
    return null; // a place in the picture, which some readers report as well
  }
  return foundIn(result, index, shape);
}

/**
 * @param {unknown} result
 * @param {number} index
 * @param {Shape} shape that fits it
 * @returns {Found}
 */
function foundIn(result, index, { format, text: paths = [], bytes: bytesPath, identifier, formats = [] }) {
  const text = paths.map((path) => at(result, path)).find((one) => one !== undefined && one !== null);
  const given = bytesPath === undefined ? undefined : at(result, bytesPath);
  const bytes = bytesOf(given);
  const length = Math.max(textLength(text), bytes?.length ?? textLength(given));
  if (length > MAX_PAYLOAD_LENGTH) {
    throw new TypeError(`Result ${index} of the reader holds ${length} characters or bytes, which is no barcode.`);
  }
  const name = at(result, format);
  return {
    format: typeof name === "number" ? (formats[name] ?? name) : name,
    text,
    // Some give an empty array where there is nothing but text.
    bytes: bytes === null ? (given ?? undefined) : bytes.length === 0 && text ? undefined : toBase64(bytes),
    identifier: (identifier && at(result, identifier)) || undefined,
  };
}

/**
 * @param {unknown} value
 * @param {string} path
 * @returns {any}
 */
function at(value, path) {
  return path.split(".").reduce((/** @type {any} */ one, step) => {
    if (!isObject(one)) {
      return undefined;
    }
    return step.endsWith("()") ? one[step.slice(0, -2)]() : one[step];
  }, value);
}

/** @param {unknown} value */
function textLength(value) {
  return typeof value === "string" ? value.length : 0;
}

/**
 * @param {unknown} bytes
 * @returns {Uint8Array | null} null when it is no byte array
 */
function bytesOf(bytes) {
  if (ArrayBuffer.isView(bytes)) {
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  if (bytes instanceof ArrayBuffer) {
    return new Uint8Array(bytes);
  }
  const isByteList = Array.isArray(bytes) && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
  return isByteList ? Uint8Array.from(bytes) : null;
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/**
 * @param {unknown} value
 * @returns {value is Result}
 */
function isObject(value) {
  return typeof value === "object" && value !== null;
}

/** @param {unknown} result */
function seen(result) {
  if (!isObject(result)) {
    return result === null ? "null" : typeof result;
  }
  const names = Object.keys(result);
  return names.length === 0 ? "an object without fields" : `an object with ${names.slice(0, 12).join(", ")}`;
}
