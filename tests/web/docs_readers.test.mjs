/** Each line of docs/readers.md, run beside a reader of that shape: one barcode reaches the tracker. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { attachTo } from "../../web/page/attach.js";
import { readBarcodes } from "../../web/readers.js";

const DOC = readFileSync(new URL("../../docs/readers.md", import.meta.url), "utf8");
const { recorded } = JSON.parse(readFileSync(new URL("../readers/recorded.json", import.meta.url), "utf8"));
const asBytes = (_name, value) => (value?.hex === undefined ? value : Uint8Array.from(Buffer.from(value.hex, "hex")));
const record = (reader) => JSON.parse(JSON.stringify(recorded.find((one) => one.reader === reader).result), asBytes);

const ZXING_JS = { getText: () => "A", getBarcodeFormat: () => 11 };
const ZXING_WASM = {
  isValid: true,
  format: "QRCode",
  text: "A",
  bytes: new Uint8Array([65]),
  symbologyIdentifier: "]Q1",
};
const DETECTED = { rawValue: "A", format: "qr_code" };
const ZBAR = { typeName: "ZBAR_QRCODE", data: new Int8Array([65]), decode: () => "A" };
const QUAGGA = { codeResult: { code: "A", format: "code_128" } };
const HTML5 = { decodedText: "A", result: { text: "A", format: { format: 0, formatName: "QR_CODE" } } };

/** What stands for the reader in a line, and how it is made to find something afterwards: [names, find, its shape]. */
const STAGES = {
  "zxing-wasm 1": [{ readBarcodesFromImageData: async () => [ZXING_WASM] }, null, "zxing-wasm"],
  "zxing-wasm 2": [{ readBarcodes: async () => [ZXING_WASM] }, null, "zxing-wasm"],
  "zxing-wasm 3": [{ readBarcodes: async () => [ZXING_WASM] }, null, "zxing-wasm"],
  BarcodeDetector: [{ detector: { detect: async () => [DETECTED] } }, null, "BarcodeDetector"],
  "barcode-detector": [{ detector: { detect: async () => [DETECTED] } }, null, "BarcodeDetector"],
  "@zxing/library": [{ reader: { decode: () => ZXING_JS } }, null, "@zxing/library"],
  "@zxing/browser": [
    {
      reader: {
        decodeFromVideoDevice: async (_camera, _video, callback) => {
          callback(undefined, new Error("nothing found"));
          callback(ZXING_JS);
        },
      },
    },
    null,
    "@zxing/library",
  ],
  "html5-qrcode": [
    { scanner: { start: async (_camera, _config, callback) => callback("A", HTML5) } },
    null,
    "html5-qrcode",
  ],
  quagga2: [
    {
      Quagga: {
        onDetected(hear) {
          this.hear = hear;
        },
        offDetected() {},
      },
    },
    ({ Quagga }) => Quagga.hear(QUAGGA),
    "quagga2",
  ],
  "zbar-wasm": [{ scanImageData: async () => [ZBAR] }, null, "zbar-wasm"],
  "Dynamsoft 10, 11": [
    {
      cvRouter: {
        addResultReceiver(receiver) {
          this.receiver = receiver;
        },
        removeResultReceiver() {},
      },
    },
    ({ cvRouter }) => cvRouter.receiver.onDecodedBarcodesReceived(record("Dynamsoft 10 and 11")),
    "Dynamsoft 10 and 11",
  ],
  "Dynamsoft 9": [{ scanner: {} }, ({ scanner }) => scanner.onFrameRead(record("Dynamsoft 9")), "Dynamsoft 9"],
  "Scandit 6 to 8": [
    {
      barcodeCapture: {
        addListener(listener) {
          this.listener = listener;
        },
        removeListener() {},
        applySettings() {},
      },
    },
    ({ barcodeCapture }) => barcodeCapture.listener.didScan(barcodeCapture, record("Scandit")),
    "Scandit",
  ],
  scanbot: [{ config: {} }, ({ config }) => config.onBarcodesDetected(record("scanbot")), "scanbot"],
  STRICH: [{ reader: {} }, ({ reader }) => reader.detected(record("STRICH")), "STRICH"],
  "any other": [{ text: "A" }, null, "plain"],
};
const NAMES = ["imageData", "video", "camera", "config", "canvas", "binaryBitmap", "time"];
const AsyncFunction = (async () => {}).constructor;

const rows = DOC.split("| reader | in one line |")[1]
  .split("\n\n")[0]
  .split("\n")
  .slice(2)
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .map(([, reader, code]) => [reader, code.slice(1, -1).replaceAll("\\|", "|")]);

test("each reader of the table is here", () => {
  assert.deepEqual(
    rows.map(([reader]) => reader),
    Object.keys(STAGES),
  );
});

for (const [reader, line] of rows) {
  test(`${reader}: ${line}`, async () => {
    const [things, find, shape] = STAGES[reader];
    const readers = new Set();
    const tracker = {
      scan: async (decoded) => {
        for (const one of readBarcodes(decoded).readers) readers.add(one);
      },
      attach: (one) => attachTo(one, tracker.scan),
    };
    const scope = { ...Object.fromEntries(NAMES.map((name) => [name, {}])), ...things, tracker };
    await new AsyncFunction(...Object.keys(scope), line)(...Object.values(scope));
    find?.(scope);
    await new Promise((resolve) => setTimeout(resolve));
    assert.deepEqual([...readers], [shape]);
  });
}
