/** quagga2: one row of bars a picture. It needs a document, so it reads in the page, and takes pictures by an address. */

/** @typedef {import("../types.js").Found} Found */
/** @typedef {import("@ericblade/quagga2").QuaggaJSResultObject} Result */

// With what this script's own address asks for: another attempt needs another address of each script.
const place = new URL(`../../vendor/quagga2/index.js${new URL(import.meta.url).search}`, import.meta.url).href;
/** @type {{ default: import("@ericblade/quagga2").QuaggaJSStatic }} */
const { default: Quagga } = await import(place);
const READERS = ["ean", "ean_8", "upc", "upc_e", "code_128", "code_39", "code_93", "codabar", "i2of5"];
/** The longer side of what it looks at, and what its coordinates count. */
const SIZE = 800;
/** It is one for the page, and knows one picture at a time. @type {Promise<unknown>} */
let before = Promise.resolve();

/**
 * @param {ImageData} image
 * @param {"video" | "image"} source
 * @returns {Promise<Found[]>}
 */
export function read(image, source) {
  const reading = before.then(() => readOne(image, source));
  before = reading.catch(() => {});
  return reading;
}

/** @param {ImageData} image @param {"video" | "image"} source @returns {Promise<Found[]>} */
async function readOne(image, source) {
  // Of an address of a blob it would fetch the file again, to look for EXIF, which the page's policy forbids.
  const src = addressOf(image, source === "video" ? "image/jpeg" : "image/png");
  const config = {
    src,
    locate: true,
    numOfWorkers: 0,
    inputStream: { size: SIZE },
    decoder: { readers: READERS.map((name) => `${name}_reader`) },
  };
  /** @type {Result | undefined} */
  const result = await new Promise((resolve) => Quagga.decodeSingle(/** @type {any} */ (config), resolve));
  if (!result?.codeResult?.code) return [];
  const scale = Math.max(image.width, image.height) / SIZE;
  const corners = (result.box ?? []).map(([x, y]) => ({ x: x * scale, y: y * scale }));
  return [{ result, format: result.codeResult.format, text: result.codeResult.code, corners }];
}

/** @param {ImageData} image @param {string} type */
function addressOf(image, type) {
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas.toDataURL(type);
}
