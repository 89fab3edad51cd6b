/** Who a tracker's readers are. */

import assert from "node:assert/strict";
import test from "node:test";
import { Scans } from "../../web/page/scans.js";

const zbar = { typeName: "ZBAR_QRCODE", data: new Int8Array([65]), decode: () => "A" };
const quagga = { codeResult: { code: "A", format: "code_128" } };
const html5 = (decoderName) => ({
  decodedText: "A",
  result: { text: "A", format: { format: 0, formatName: "QR_CODE" }, debugData: { decoderName } },
});
const HOW = { timeMs: 1, source: "video", stream: "default", calledWallMs: 2, calledMonotonicMs: 3 };

function warningsOf(t, results) {
  const warn = t.mock.method(console, "warn", () => {});
  const scans = new Scans();
  for (const result of results) {
    scans.read(result, HOW);
  }
  return { warnings: warn.mock.calls.map((call) => call.arguments[0]), readers: scans.readers };
}

test("one reader is no reason to warn", (t) => {
  assert.deepEqual(warningsOf(t, [zbar, [zbar, zbar], [], zbar]), { warnings: [], readers: ["zbar-wasm"] });
});

test("a second reader is warned about once, with both names", (t) => {
  const { warnings, readers } = warningsOf(t, [zbar, quagga, zbar, quagga, { format: "qr_code", text: "A" }]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /zbar-wasm, then quagga2/);
  assert.doesNotMatch(warnings[0], /useBarCodeDetectorIfSupported/);
  assert.deepEqual(readers, ["zbar-wasm", "quagga2", "plain"]);
});

test("html5-qrcode's two decoders are two readers, and how to have one is said", (t) => {
  const { warnings } = warningsOf(t, [html5("zxing-js"), html5("BarcodeDetector"), html5("zxing-js")]);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /html5-qrcode with zxing-js, then html5-qrcode with BarcodeDetector/);
  assert.match(warnings[0], /useBarCodeDetectorIfSupported/);
});

test("what is said of a scan is what was found, how and when; asking about it names no reader", () => {
  const scans = new Scans();
  assert.equal(scans.read(quagga, null).fields, '"barcodes":[{"format":"code_128","text":"A"}]');
  assert.deepEqual([scans.read(quagga, null).scan, scans.readers], [null, []]);
  const { scan, fields } = scans.read(quagga, HOW);
  assert.deepEqual(JSON.parse(`{${fields}}`), { ...HOW, barcodes: [{ format: "code_128", text: "A" }] });
  assert.equal(scan.stream, "default");
});
