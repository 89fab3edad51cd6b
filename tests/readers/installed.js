/**
 * The real readers, each as an app calls it: picture in, and out what the reader gave, as it is. Bundled for the page by
 * tests/readers/conftest.py.
 */

import Quagga from "@ericblade/quagga2";
import { scanImageData } from "@undecaf/zbar-wasm";
import { BrowserMultiFormatReader } from "@zxing/browser";
import { BinaryBitmap, DecodeHintType, HybridBinarizer, MultiFormatReader, RGBLuminanceSource } from "@zxing/library";
import { BarcodeDetector, prepareZXingModule as preparePolyfill } from "barcode-detector/ponyfill";
import { Html5Qrcode } from "html5-qrcode";
import { prepareZXingModule, readBarcodes as readBarcodes3 } from "zxing-wasm/reader";
import { readBarcodesFromImageData, setZXingModuleOverrides } from "zxing-wasm-1/reader";
import { prepareZXingModule as prepareZXingModule2, readBarcodes as readBarcodes2 } from "zxing-wasm-2/reader";

/**
 * A picture in the forms that readers take; each takes pixels of its own, since some hand them on to a worker.
 *
 * @typedef {{ canvas: HTMLCanvasElement, pixels: () => ImageData, file: File }} Picture
 */

const wasm = (/** @type {string} */ name) => ({
  locateFile: () => new URL(`/installed/${name}.wasm`, location.href).href,
});
setZXingModuleOverrides(wasm("zxing-1"));
prepareZXingModule2({ overrides: wasm("zxing-2") });
prepareZXingModule({ overrides: wasm("zxing-3") });
preparePolyfill({ overrides: wasm("barcode-detector") });

const hints = new Map([[DecodeHintType.TRY_HARDER, true]]);
const QUAGGA_READERS = ["ean", "ean_8", "upc", "upc_e", "code_128", "code_39", "code_93", "codabar", "i2of5"];

/** @type {Record<string, (picture: Picture) => Promise<unknown>>} */
export const READERS = {
  "zxing-wasm 1": ({ pixels }) => readBarcodesFromImageData(pixels(), { maxNumberOfSymbols: 16 }),
  "zxing-wasm 2": ({ pixels }) => readBarcodes2(pixels(), { maxNumberOfSymbols: 16 }),
  "zxing-wasm 3": ({ pixels }) => readBarcodes3(pixels(), { maxNumberOfSymbols: 16 }),
  "barcode-detector": ({ pixels }) => new BarcodeDetector().detect(pixels()),
  "zbar-wasm": ({ pixels }) => scanImageData(pixels()),
  "@zxing/library": async ({ pixels }) => orNothing(() => decodeByLibrary(pixels())),
  "@zxing/browser": async ({ canvas }) => orNothing(() => new BrowserMultiFormatReader(hints).decodeFromCanvas(canvas)),
  "html5-qrcode": async ({ file }) => {
    const reader = new Html5Qrcode("html5-qrcode", { verbose: false });
    return reader.scanFileV2(file, false).catch(() => []);
  },
  quagga2: async ({ file }) => {
    const decoder = { readers: QUAGGA_READERS.map((name) => `${name}_reader`) };
    const config = {
      src: URL.createObjectURL(file),
      locate: true,
      numOfWorkers: 0,
      inputStream: { size: 800 },
      decoder,
    };
    const result = await new Promise((resolve) => Quagga.decodeSingle(config, resolve));
    URL.revokeObjectURL(config.src);
    return result ?? [];
  },
};

export { Quagga };

/** @param {ImageData} imageData */
function decodeByLibrary({ data, width, height }) {
  const grey = new Uint8ClampedArray(width * height);
  for (let at = 0; at < grey.length; at += 1) {
    grey[at] = (306 * data[4 * at] + 601 * data[4 * at + 1] + 117 * data[4 * at + 2]) >> 10;
  }
  const bitmap = new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(grey, width, height)));
  return new MultiFormatReader().decode(bitmap, null);
}

/**
 * @template T
 * @param {() => T} decode
 */
function orNothing(decode) {
  try {
    return decode();
  } catch {
    return []; // of several classes: nothing found, or found and not to be decoded
  }
}
