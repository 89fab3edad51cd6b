/** @file Made by `python -m wasm.reader_table` out of src/dlt_web/reader_shapes.py, where the shapes are. */

/** @type {import('../readers.js').Container[]} */
export const CONTAINERS = [
 {
  "reader": "Dynamsoft 10 and 11",
  "path": "barcodeResultItems",
  "kind": "list"
 },
 {
  "reader": "Dynamsoft 10 and 11",
  "path": "decodedBarcodesResult.barcodeResultItems",
  "kind": "list"
 },
 {
  "reader": "Dynamsoft 10 and 11",
  "path": "barcodeResults",
  "kind": "list"
 },
 {
  "reader": "Scandit",
  "path": "newlyRecognizedBarcodes",
  "kind": "list"
 },
 {
  "reader": "Scandit",
  "path": "newlyRecognizedBarcode",
  "kind": "object"
 },
 {
  "reader": "scanbot",
  "path": "barcodes",
  "kind": "list"
 }
];

/** @type {import('../readers.js').Shape[]} */
export const SHAPES = [
 {
  "reader": "@zxing/library",
  "needs": {
   "getBarcodeFormat": "function",
   "getText": "function"
  },
  "format": "getBarcodeFormat()",
  "text": [
   "getText()"
  ],
  "formats": [
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
   "MICRO_QR_CODE"
  ]
 },
 {
  "reader": "@zxing/library",
  "needs": {
   "resultPoints": "list",
   "format": "number"
  },
  "format": "format",
  "text": [
   "text"
  ],
  "formats": [
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
   "MICRO_QR_CODE"
  ]
 },
 {
  "reader": "quagga2",
  "needs": {
   "codeResult": "object"
  },
  "format": "codeResult.format",
  "text": [
   "codeResult.code"
  ]
 },
 {
  "reader": "quagga2",
  "needs": {
   "boxes": "list"
  },
  "format": "codeResult.format",
  "isBarcodeIf": "codeResult"
 },
 {
  "reader": "html5-qrcode",
  "needs": {
   "decodedText": "string",
   "result": "object"
  },
  "format": "result.format.formatName",
  "text": [
   "result.text"
  ],
  "decoder": "result.debugData.decoderName"
 },
 {
  "reader": "zbar-wasm",
  "needs": {
   "typeName": "string",
   "decode": "function"
  },
  "format": "typeName",
  "text": [
   "decode()"
  ],
  "bytes": "data"
 },
 {
  "reader": "zbar-wasm",
  "needs": {
   "typeName": "string",
   "cacheCount": "number"
  },
  "format": "typeName",
  "bytes": "data"
 },
 {
  "reader": "STRICH",
  "needs": {
   "typeName": "string",
   "data": "string"
  },
  "format": "typeName",
  "text": [
   "data"
  ],
  "bytes": "rawData",
  "identifier": "symbologyIdentifier"
 },
 {
  "reader": "Scandit",
  "needs": {
   "symbology": "string",
   "rawData": "any"
  },
  "format": "symbology",
  "text": [
   "data",
   "rawData"
  ]
 },
 {
  "reader": "Scandit",
  "needs": {
   "symbology": "string",
   "data": "string"
  },
  "format": "symbology",
  "text": [
   "data"
  ]
 },
 {
  "reader": "Dynamsoft 10 and 11",
  "needs": {
   "formatString": "string",
   "text": "string"
  },
  "format": "formatString",
  "text": [
   "text"
  ],
  "bytes": "bytes"
 },
 {
  "reader": "Dynamsoft 9",
  "needs": {
   "barcodeFormatString": "string",
   "barcodeText": "string"
  },
  "format": "barcodeFormatString",
  "text": [
   "barcodeText"
  ],
  "bytes": "barcodeBytes"
 },
 {
  "reader": "BarcodeDetector",
  "needs": {
   "rawValue": "any",
   "format": "any"
  },
  "format": "format",
  "text": [
   "rawValue"
  ]
 },
 {
  "reader": "zxing-wasm",
  "needs": {
   "isValid": "any",
   "format": "any"
  },
  "format": "format",
  "text": [
   "text"
  ],
  "bytes": "bytes",
  "identifier": "symbologyIdentifier",
  "isBarcodeIf": "isValid"
 },
 {
  "reader": "scanbot",
  "needs": {
   "format": "string",
   "rawBytes": "any"
  },
  "format": "format",
  "text": [
   "text"
  ],
  "bytes": "rawBytes"
 },
 {
  "reader": "zxing-wasm",
  "needs": {
   "format": "string",
   "text": "string",
   "symbologyIdentifier": "string"
  },
  "format": "format",
  "text": [
   "text"
  ],
  "bytes": "bytes",
  "identifier": "symbologyIdentifier"
 },
 {
  "reader": "plain",
  "needs": {
   "format": "any",
   "text": "any"
  },
  "format": "format",
  "text": [
   "text"
  ],
  "bytes": "bytes",
  "identifier": "identifier"
 },
 {
  "reader": "plain",
  "needs": {
   "format": "any",
   "bytes": "any"
  },
  "format": "format",
  "bytes": "bytes",
  "identifier": "identifier"
 }
];
