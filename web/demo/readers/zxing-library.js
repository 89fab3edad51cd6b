/** @zxing/library, the decoder in plain JavaScript that @zxing/browser and html5-qrcode have, too: one barcode a picture. */

import { frameOf } from "./frame.js";

const place = new URL("../../vendor/zxing-library/index.js", import.meta.url).href;
/** @type {typeof import("@zxing/library")} */
const zxing = await import(place);
// It warns of each of its decoders that finds nothing in a picture, many times a second: of all that happens to be said
// in this worker, that is nothing to look for.
const warn = console.warn;
console.warn = (...words) => String(words[0]).startsWith("MultiFormatReader: ") || warn(...words);
const reader = new zxing.MultiFormatReader();
reader.setHints(new Map([[zxing.DecodeHintType.TRY_HARDER, true]]));

/** @param {ImageData} image @returns {Promise<import("../types.js").Found[]>} */
export async function read({ data, width, height }) {
  const source = new zxing.RGBLuminanceSource(greyOf(data), width, height);
  /** @type {import("@zxing/library").Result} */
  let result;
  try {
    result = reader.decodeWithState(new zxing.BinaryBitmap(new zxing.HybridBinarizer(source)));
  } catch {
    return []; // of several classes: nothing found, or found and not to be decoded
  }
  const points = result.getResultPoints().map((point) => ({ x: point.getX(), y: point.getY() }));
  const format = zxing.BarcodeFormat[result.getBarcodeFormat()];
  return [{ result, format, text: result.getText(), corners: frameOf(points) }];
}

/** @param {Uint8ClampedArray} data red, green, blue, opacity @returns {Uint8ClampedArray} luminance */
function greyOf(data) {
  const grey = new Uint8ClampedArray(data.length / 4);
  for (let at = 0; at < grey.length; at += 1) {
    grey[at] = (306 * data[4 * at] + 601 * data[4 * at + 1] + 117 * data[4 * at + 2]) >> 10;
  }
  return grey;
}
