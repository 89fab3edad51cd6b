/** The shapes of readers' results. */

import assert from "node:assert/strict";
import test from "node:test";
import { readBarcodes } from "../../web/readers.js";

const bytes = new TextEncoder().encode("ABC");
const base64 = "QUJD";

/** [reader, its result, what the tracker gets] */
const SHAPES = [
  ["plain text", { format: "qr_code", text: "ABC" }, { format: "qr_code", text: "ABC" }],
  ["plain bytes", { format: "qr_code", bytes }, { format: "qr_code", bytes: base64 }],
  ["plain bytes as a list", { format: "qr_code", bytes: [65, 66, 67] }, { format: "qr_code", bytes: base64 }],
  ["plain bytes as a buffer", { format: "qr_code", bytes: bytes.buffer }, { format: "qr_code", bytes: base64 }],
  [
    "BarcodeDetector",
    { rawValue: "ABC", format: "code_39", boundingBox: {}, cornerPoints: [] },
    { format: "code_39", text: "ABC" },
  ],
  [
    "zxing-wasm 3",
    {
      isValid: true,
      format: "EAN13",
      symbology: "EANUPC",
      text: "4006381333931",
      bytes: new TextEncoder().encode("4006381333931"),
      bytesECI: new Uint8Array(),
      symbologyIdentifier: "]E0",
    },
    { format: "EAN13", text: "4006381333931", bytes: btoa("4006381333931"), identifier: "]E0" },
  ],
  [
    "zxing-wasm 1",
    { format: "EAN-13", text: "ABC", bytes, error: "", symbologyIdentifier: "]E0" },
    { format: "EAN-13", text: "ABC", bytes: base64, identifier: "]E0" },
  ],
  [
    "@zxing/library",
    { getText: () => "ABC", getBarcodeFormat: () => 11, getRawBytes: () => new Uint8Array([1]) },
    { format: "QR_CODE", text: "ABC" },
  ],
  [
    "html5-qrcode",
    { decodedText: "ABC", result: { text: "ABC", format: { format: 5, formatName: "DATA_MATRIX" } } },
    { format: "DATA_MATRIX", text: "ABC" },
  ],
  ["quagga2", { codeResult: { code: "ABC", format: "code_128" }, line: [] }, { format: "code_128", text: "ABC" }],
  [
    "zbar-wasm",
    { type: 64, typeName: "ZBAR_QRCODE", data: new Int8Array([65, 66, 67]), decode: () => "ABC", time: 1 },
    { format: "ZBAR_QRCODE", text: "ABC", bytes: base64 },
  ],
  ["Scandit", { data: "ABC", symbology: "ean13Upca", rawData: "QUJD" }, { format: "ean13Upca", text: "ABC" }],
  [
    "STRICH",
    { data: "ABC", typeName: "qr", rawData: bytes, symbologyIdentifier: "]Q1" },
    { format: "qr", text: "ABC", bytes: base64, identifier: "]Q1" },
  ],
  [
    "Dynamsoft",
    { barcodeResultItems: [{ text: "ABC", formatString: "QR_CODE", format: 67108864n, bytes }] },
    { format: "QR_CODE", text: "ABC", bytes: base64 },
  ],
];

for (const [reader, result, expected] of SHAPES) {
  test(`${reader}: the barcode is taken out, alone and in a list`, () => {
    const said = (found) => JSON.parse(JSON.stringify(found));
    assert.deepEqual(said(readBarcodes(result)), [expected]);
    if (!("barcodeResultItems" in result)) {
      assert.deepEqual(said(readBarcodes([result, result])), [expected, expected]);
    }
  });
}

test("a frame without barcodes is an empty list", () => {
  assert.deepEqual(readBarcodes([]), []);
});

test("what zxing-wasm could not decode is no barcode", () => {
  assert.deepEqual(readBarcodes([{ isValid: false, format: "None", text: "", bytes: new Uint8Array() }]), []);
});

test("values are not judged: wrong ones pass through to the tracker", () => {
  const odd = [
    { text: "A" },
    { format: "qr_code", text: "" },
    { format: 5, text: "\ud800" },
    { format: "x", bytes: "?" },
  ];
  const passed = readBarcodes(odd);
  assert.deepEqual(
    passed.map(({ format, text, bytes }) => [format, text, bytes]),
    [
      [undefined, "A", undefined],
      ["qr_code", "", undefined],
      [5, "\ud800", undefined],
      ["x", undefined, "?"],
    ],
  );
});

for (const [result, named] of [
  [null, "null"],
  [undefined, "undefined"],
  ["ABC", "string"],
  [42, "number"],
  [{}, "an object without fields"],
  [{ barcode: "ABC", kind: "qr" }, "an object with barcode, kind"],
  [[{ format: "x", text: "y" }, { value: "z" }], "Result 1"],
]) {
  test(`an unknown shape is an error that says what was seen: ${named}`, () => {
    assert.throws(
      () => readBarcodes(result),
      (error) => error instanceof TypeError && error.message.includes(named),
    );
  });
}

test("a payload of 10 MB is refused before it travels", () => {
  const size = 10 * 1024 * 1024;
  assert.throws(() => readBarcodes({ format: "qr_code", text: "x".repeat(size) }), /10485760/);
  assert.throws(() => readBarcodes({ format: "qr_code", bytes: new Uint8Array(size) }), /10485760/);
});

test("an error never quotes the barcode", () => {
  assert.throws(
    () => readBarcodes([{ secret: "CANARY" }]),
    (error) => !error.message.includes("CANARY"),
  );
});
