/** @file Made by `python -m wasm.symbology_table` out of src/dlt_web/symbology.py, where the rules are. */

/** @type {import("./barcode-key.js").Table} */
export const TABLE = {
 "names": {
  "databar": "databar",
  "databaromni": "databar",
  "databarstk": "databar",
  "databarstkomni": "databar",
  "databaromnidirectional": "databar",
  "databarstacked": "databar",
  "databarstackedomni": "databar",
  "databarstackedomnidirectional": "databar",
  "databartruncated": "databar",
  "rss14": "databar",
  "gs1databar": "databar",
  "gs1databaromnidirectional": "databar",
  "gs1databartruncated": "databar",
  "gs1databarstacked": "databar",
  "gs1databarstackedomnidirectional": "databar",
  "databarexpanded": "databar_expanded",
  "databarexp": "databar_expanded",
  "databarexpstk": "databar_expanded",
  "databarexpandedstacked": "databar_expanded",
  "rssexpanded": "databar_expanded",
  "gs1databarexpanded": "databar_expanded",
  "gs1databarexpandedstacked": "databar_expanded",
  "databarlimited": "databar_limited",
  "databarltd": "databar_limited",
  "databarlim": "databar_limited",
  "rsslimited": "databar_limited",
  "gs1databarlimited": "databar_limited",
  "ean13": "ean_13",
  "upca": "ean_13",
  "isbn": "ean_13",
  "isbn13": "ean_13",
  "isbn10": "ean_13",
  "ean13upca": "ean_13",
  "jan13": "ean_13",
  "upce": "upc_e"
 },
 "prefixes": [
  "bf",
  "zbar"
 ],
 "gs1Identifiers": [
  "]C1",
  "]e0",
  "]d2",
  "]Q3",
  "]J1"
 ],
 "gs1Symbologies": [
  "databar",
  "databar_limited",
  "databar_expanded"
 ],
 "rewrites": [
  {
   "symbologies": [
    "ean_13"
   ],
   "isForGs1Text": false,
   "pattern": "^[0-9]+(?![\\s\\S])",
   "parts": [
    0
   ],
   "digitCount": 13
  },
  {
   "symbologies": [
    "upc_e"
   ],
   "isForGs1Text": false,
   "pattern": "^([0-9]{3})([0-9]{3})([0-2])([0-9])(?![\\s\\S])",
   "parts": [
    1,
    3,
    "0000",
    2,
    4
   ],
   "digitCount": 13
  },
  {
   "symbologies": [
    "upc_e"
   ],
   "isForGs1Text": false,
   "pattern": "^([0-9]{4})([0-9]{2})3([0-9])(?![\\s\\S])",
   "parts": [
    1,
    "00000",
    2,
    3
   ],
   "digitCount": 13
  },
  {
   "symbologies": [
    "upc_e"
   ],
   "isForGs1Text": false,
   "pattern": "^([0-9]{5})([0-9])4([0-9])(?![\\s\\S])",
   "parts": [
    1,
    "00000",
    2,
    3
   ],
   "digitCount": 13
  },
  {
   "symbologies": [
    "upc_e"
   ],
   "isForGs1Text": false,
   "pattern": "^([0-9]{6})([5-9][0-9])(?![\\s\\S])",
   "parts": [
    1,
    "0000",
    2
   ],
   "digitCount": 13
  },
  {
   "symbologies": [],
   "isForGs1Text": true,
   "pattern": "\\(([0-9]{2,4})\\)",
   "parts": [
    1
   ],
   "digitCount": 0
  },
  {
   "symbologies": [
    "databar",
    "databar_limited"
   ],
   "isForGs1Text": false,
   "pattern": "^01([\\s\\S]{14})(?![\\s\\S])",
   "parts": [
    1
   ],
   "digitCount": 0
  },
  {
   "symbologies": [],
   "isForGs1Text": false,
   "pattern": "^\\x1d+(?=[^\\x1d])|([^\\x1d])\\x1d+",
   "parts": [
    1
   ],
   "digitCount": 0
  }
 ]
};
