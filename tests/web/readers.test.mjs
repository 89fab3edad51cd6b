/** The shapes of readers' results. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { CONTAINERS, SHAPES } from "../../web/page/reader-shapes.js";
import { readBarcodes } from "../../web/readers.js";

const bytes = new TextEncoder().encode("ABC");
const base64 = "QUJD";

/** [reader as it is named, its result, what the tracker gets] */
const SHAPES_SEEN = [
  ["plain", { format: "qr_code", text: "ABC" }, { format: "qr_code", text: "ABC" }],
  ["plain", { format: "qr_code", bytes }, { format: "qr_code", bytes: base64 }],
  ["plain", { format: "qr_code", bytes: [65, 66, 67] }, { format: "qr_code", bytes: base64 }],
  ["plain", { format: "qr_code", bytes: bytes.buffer }, { format: "qr_code", bytes: base64 }],
  [
    "plain",
    { format: "code_128", text: "ABC", identifier: "]C1" },
    { format: "code_128", text: "ABC", identifier: "]C1" },
  ],
  [
    "BarcodeDetector",
    { rawValue: "ABC", format: "code_39", boundingBox: {}, cornerPoints: [] },
    { format: "code_39", text: "ABC" },
  ],
  [
    "zxing-wasm",
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
    "zxing-wasm",
    { isValid: true, format: "EAN-13", text: "ABC", bytes, error: "", symbologyIdentifier: "]E0" },
    { format: "EAN-13", text: "ABC", bytes: base64, identifier: "]E0" },
  ],
  [
    "zxing-wasm",
    { format: "EAN-13", text: "ABC", symbologyIdentifier: "]E0" },
    { format: "EAN-13", text: "ABC", identifier: "]E0" },
  ],
  [
    "zxing-wasm",
    { isValid: true, format: "DXFilmEdge", text: "ABC", bytes: new Uint8Array(), symbologyIdentifier: "" },
    { format: "DXFilmEdge", text: "ABC" },
  ],
  [
    "@zxing/library",
    { getText: () => "ABC", getBarcodeFormat: () => 11, getRawBytes: () => new Uint8Array([1]) },
    { format: "QR_CODE", text: "ABC" },
  ],
  [
    "@zxing/library",
    { text: "ABC", rawBytes: new Uint8Array([1]), numBits: 8, resultPoints: [], format: 17, timestamp: 1 },
    { format: "MICRO_QR_CODE", text: "ABC" },
  ],
  [
    "html5-qrcode with zxing-js",
    {
      decodedText: "ABC",
      result: {
        text: "ABC",
        format: { format: 6, formatName: "DATA_MATRIX" },
        debugData: { decoderName: "zxing-js" },
      },
    },
    { format: "DATA_MATRIX", text: "ABC" },
  ],
  ["quagga2", { codeResult: { code: "ABC", format: "code_128" }, line: [] }, { format: "code_128", text: "ABC" }],
  [
    "zbar-wasm",
    { type: 64, typeName: "ZBAR_QRCODE", data: new Int8Array([65, 66, 67]), decode: () => "ABC", time: 1 },
    { format: "ZBAR_QRCODE", text: "ABC", bytes: base64 },
  ],
  [
    "zbar-wasm",
    { type: 64, typeName: "ZBAR_QRCODE", data: new Int8Array([65, 66, 67]), points: [], cacheCount: 0, time: 1 },
    { format: "ZBAR_QRCODE", bytes: base64 },
  ],
  ["Scandit", { data: "ABC", symbology: "ean13Upca", rawData: "QUJD" }, { format: "ean13Upca", text: "ABC" }],
  ["Scandit", { data: null, symbology: "qr", rawData: "/w==" }, { format: "qr", text: "/w==" }],
  [
    "STRICH",
    { data: "ABC", typeName: "qr", rawData: bytes, symbologyIdentifier: "]Q1" },
    { format: "qr", text: "ABC", bytes: base64, identifier: "]Q1" },
  ],
  [
    "Dynamsoft 10 and 11",
    { text: "ABC", formatString: "QR_CODE", format: 67108864n, bytes },
    { format: "QR_CODE", text: "ABC", bytes: base64 },
  ],
  [
    "Dynamsoft 9",
    { barcodeText: "ABC", barcodeFormatString: "QR_CODE", barcodeFormat: 67108864, barcodeBytes: [65, 66, 67] },
    { format: "QR_CODE", text: "ABC", bytes: base64 },
  ],
  ["scanbot", { text: "ABC", format: "QR_CODE", rawBytes: bytes }, { format: "QR_CODE", text: "ABC", bytes: base64 }],
];

for (const [reader, result, expected] of SHAPES_SEEN) {
  test(`${reader} ${Object.keys(result)}: the barcode is taken out, alone and in a list`, () => {
    const said = (found) => JSON.parse(JSON.stringify(found));
    const one = readBarcodes(result);
    assert.deepEqual(said(one.barcodes), [expected]);
    assert.deepEqual([...one.readers], [reader]);
    assert.deepEqual(said(readBarcodes([result, result]).barcodes), [expected, expected]);
  });
}

test("each shape of the table is seen here", () => {
  const seen = new Set(SHAPES_SEEN.map(([reader]) => reader.split(" with ")[0]));
  assert.deepEqual(new Set(SHAPES.map(({ reader }) => reader)), seen);
});

const { recorded } = JSON.parse(readFileSync(new URL("../readers/recorded.json", import.meta.url), "utf8"));
const asBytes = (_name, value) =>
  typeof value?.hex === "string" ? Uint8Array.from(Buffer.from(value.hex, "hex")) : value;

for (const [at, { reader, result, readings }] of recorded.entries()) {
  test(`recorded result ${at}, of ${reader}, holds ${readings} barcodes`, () => {
    const found = readBarcodes(JSON.parse(JSON.stringify(result), asBytes));
    assert.equal(found.barcodes.length, readings);
    assert.deepEqual([...found.readers], readings === 0 ? [] : [reader]);
  });
}

test("each container of the table is among the recorded results, but for one that holds what another does", () => {
  const texts = recorded.map(({ result }) => JSON.stringify(result));
  const unseen = CONTAINERS.filter(({ path }) => !texts.some((text) => text.includes(`"${path.split(".").at(-1)}"`)));
  assert.deepEqual(
    unseen.map(({ path }) => path),
    ["barcodeResults"],
  );
  assert.equal(
    readBarcodes({ status: {}, barcodeResults: [{ formatString: "QR_CODE", text: "A" }] }).barcodes.length,
    1,
  );
});

test("a frame without barcodes is an empty list", () => {
  assert.deepEqual(readBarcodes([]), { barcodes: [], readers: new Set() });
});

test("what zxing-wasm could not decode is no barcode", () => {
  assert.deepEqual(readBarcodes([{ isValid: false, format: "None", text: "", bytes: new Uint8Array() }]).barcodes, []);
});

test("a frame in which quagga2 found places alone holds no barcode", () => {
  const found = readBarcodes({ boxes: [[[0, 0]]], codeResult: undefined });
  assert.deepEqual([found.barcodes, [...found.readers]], [[], ["quagga2"]]);
});

test("values are not judged: wrong ones pass through to the tracker", () => {
  const odd = [
    { format: null, text: "A" },
    { format: "qr_code", text: "" },
    { format: 5, text: "\ud800" },
    { format: "x", bytes: "?" },
  ];
  const passed = readBarcodes(odd).barcodes;
  assert.deepEqual(
    passed.map(({ format, text, bytes }) => [format, text, bytes]),
    [
      [null, "A", undefined],
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
  [{ text: "ABC", kind: "qr" }, "an object with text, kind"],
  [{ format: "qr_code", value: "ABC" }, "an object with format, value"],
  [{ format: 3, result: { text: "ABC" } }, "an object with format, result"],
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
