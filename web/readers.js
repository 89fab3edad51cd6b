/**
 * @file Takes barcodes out of what JavaScript barcode readers give.
 *
 * A table of shapes: which reader, how its result is recognised, and where its fields lie. Names of symbologies stay
 * the reader's own, values are not judged: the tracker does both.
 */

/**
 * One barcode as the tracker takes it; members that the reader does not give are absent.
 *
 * @typedef {object} Found
 * @property {unknown} [format] the reader's name for the symbology
 * @property {unknown} [text]
 * @property {unknown} [bytes] base64 of the payload
 * @property {unknown} [identifier] AIM symbology identifier, such as `]E0`
 */

/** @typedef {Record<string, any>} Result */
/** @typedef {{ reader: string, fits: (result: Result) => boolean, read: (result: Result) => Found | null }} Shape */

/** The largest symbol holds under 8 kB; what is this large is no barcode and is not carried to the tracker. */
const MAX_PAYLOAD_LENGTH = 1024 * 1024;

/** `BarcodeFormat` of @zxing/library, which html5-qrcode copied. */
const ZXING_JS_FORMATS = [
  "AZTEC",
  "CODABAR",
  "CODE_39",
  "CODE_93",
  "CODE_128",
  "DATA_MATRIX",
  "EAN_8",
  "EAN_13",
  "ITF",
  "MAXICODE",
  "PDF_417",
  "QR_CODE",
  "RSS_14",
  "RSS_EXPANDED",
  "UPC_A",
  "UPC_E",
  "UPC_EAN_EXTENSION",
];

/**
 * Results that hold the list of barcodes in a member.
 *
 * @type {{ reader: string, member: string }[]}
 */
const CONTAINERS = [
  { reader: "Dynamsoft", member: "barcodeResultItems" },
  { reader: "Scandit", member: "newlyRecognizedBarcodes" },
];

/**
 * Shapes of one barcode; the first that fits is taken.
 *
 * @type {Shape[]}
 */
const SHAPES = [
  {
    reader: "@zxing/library, @zxing/browser",
    fits: (result) => typeof result.getBarcodeFormat === "function" && typeof result.getText === "function",
    read: (result) => ({ format: zxingJsName(result.getBarcodeFormat()), text: result.getText() }),
  },
  {
    reader: "quagga2",
    fits: (result) => isObject(result.codeResult),
    read: ({ codeResult }) => ({ format: codeResult.format, text: codeResult.code }),
  },
  {
    reader: "html5-qrcode",
    fits: (result) => isObject(result.result) && isObject(result.result.format),
    read: ({ result }) => ({
      format: result.format.formatName ?? zxingJsName(result.format.format),
      text: result.text,
    }),
  },
  {
    reader: "zbar-wasm",
    fits: (result) => typeof result.typeName === "string" && typeof result.decode === "function",
    read: (result) => ({ format: result.typeName, bytes: result.data, text: result.decode() }),
  },
  {
    reader: "STRICH",
    fits: (result) => typeof result.typeName === "string" && "data" in result,
    read: (result) => ({
      format: result.typeName,
      bytes: result.rawData,
      text: result.data,
      identifier: result.symbologyIdentifier,
    }),
  },
  {
    reader: "Scandit",
    fits: (result) => typeof result.symbology === "string" && "data" in result,
    read: (result) => ({ format: result.symbology, text: result.data }),
  },
  {
    reader: "Dynamsoft",
    fits: (result) => typeof result.formatString === "string",
    read: (result) => ({ format: result.formatString, bytes: result.bytes, text: result.text }),
  },
  {
    reader: "BarcodeDetector and its polyfills",
    fits: (result) => "rawValue" in result,
    read: (result) => ({ format: result.format, text: result.rawValue }),
  },
  {
    // It reports what it could not decode, too, when asked for errors: a place in the picture, no barcode.
    reader: "zxing-wasm",
    fits: (result) => "isValid" in result,
    read: (result) =>
      result.isValid === false
        ? null
        : {
            format: result.format,
            bytes: result.bytes,
            text: result.text,
            identifier: result.symbologyIdentifier,
          },
  },
  {
    reader: "plain {format, text} or {format, bytes}",
    fits: (result) => "format" in result || "text" in result || "bytes" in result,
    read: (result) => ({
      format: result.format,
      bytes: result.bytes,
      text: result.text,
      identifier: result.identifier ?? result.symbologyIdentifier,
    }),
  },
];

/**
 * Returns the barcodes in what a reader gave for one frame or image.
 *
 * @param {unknown} decoded one result, a list of them, or a reader's container of them
 * @returns {Found[]}
 * @throws {TypeError} a shape that no supported reader has; names the fields seen
 */
export function readBarcodes(decoded) {
  const found = listOf(decoded).map(readOne);
  return found.filter((one) => one !== null);
}

/**
 * @param {unknown} decoded
 * @returns {unknown[]}
 */
function listOf(decoded) {
  if (Array.isArray(decoded)) {
    return decoded;
  }
  const container = isObject(decoded) ? CONTAINERS.find(({ member }) => Array.isArray(decoded[member])) : undefined;
  return container === undefined ? [decoded] : /** @type {Result} */ (decoded)[container.member];
}

/**
 * @param {unknown} result
 * @param {number} index
 * @returns {Found | null}
 */
function readOne(result, index) {
  const shape = isObject(result) ? SHAPES.find(({ fits }) => fits(result)) : undefined;
  if (shape === undefined) {
    throw new TypeError(
      `Result ${index} of the reader has a shape that is not known: ${seen(result)}. ` +
        "Hand over the reader's own result, or {format, text} or {format, bytes}.",
    );
  }
  const found = shape.read(/** @type {Result} */ (result));
  if (found === null) {
    return null;
  }
  const bytes = bytesOf(found.bytes);
  const length = Math.max(textLength(found.text), bytes?.length ?? textLength(found.bytes));
  if (length > MAX_PAYLOAD_LENGTH) {
    throw new TypeError(`Result ${index} of the reader holds ${length} characters or bytes, which is no barcode.`);
  }
  return {
    format: found.format,
    text: found.text,
    bytes: bytes === null ? (found.bytes ?? undefined) : toBase64(bytes),
    identifier: found.identifier ?? undefined,
  };
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

/** @param {unknown} format */
function zxingJsName(format) {
  return (typeof format === "number" ? ZXING_JS_FORMATS[format] : undefined) ?? format;
}

/** @param {unknown} result */
function seen(result) {
  if (!isObject(result)) {
    return result === null ? "null" : typeof result;
  }
  const names = Object.keys(result);
  return names.length === 0 ? "an object without fields" : `an object with ${names.slice(0, 12).join(", ")}`;
}
