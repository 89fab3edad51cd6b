/** The polyfill of BarcodeDetector, for browsers without one. */

import { foundByDetector } from "./detected.js";

const place = new URL("../../vendor/barcode-detector/index.js", import.meta.url).href;
/** @type {typeof import("barcode-detector/ponyfill")} */
const { BarcodeDetector, prepareZXingModule } = await import(place);
const wasm = new URL("zxing_reader.wasm", place).href;
prepareZXingModule({ overrides: { locateFile: () => wasm } }); // by default from a public CDN
const detector = new BarcodeDetector();

/** @param {ImageData} image @returns {Promise<import("../types.js").Found[]>} */
export async function read(image) {
  return foundByDetector(await detector.detect(image));
}
