/** @file Made by `python -m wasm.symbology_table` out of src/dlt_web/payload_rules.py, where the rules are. */

/** @type {import("./barcode-key.js").Table} */
export const TABLE = {
 "version": 3,
 "names": {
  "codabar": "codabar",
  "nw7": "codabar",
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
  "ean8": "ean_8",
  "upce": "upc_e",
  "code39ext": "code_39",
  "code39extended": "code_39",
  "code39full": "code_39",
  "code32": "code_39",
  "code32reader": "code_39"
 },
 "prefixes": [
  "bf",
  "zbar"
 ],
 "rewrites": [
  {
   "symbologies": [
    "ean_13",
    "ean_8",
    "upc_e"
   ],
   "names": [],
   "identifiers": [],
   "isForText": false,
   "pattern": "^([0-9]{8,13}) (?:[0-9]{2}|[0-9]{5})(?![\\s\\S])",
   "how": "parts",
   "parts": [
    1
   ],
   "digitCount": 0
  },
  {
   "symbologies": [],
   "names": [
    "isbn10"
   ],
   "identifiers": [],
   "isForText": false,
   "pattern": "^([0-9]{9})[0-9Xx](?![\\s\\S])",
   "how": "isbn_13",
   "parts": [],
   "digitCount": 0
  },
  {
   "symbologies": [
    "upc_e"
   ],
   "names": [],
   "identifiers": [],
   "isForText": false,
   "pattern": "^([0-9]{3})([0-9]{3})([0-2])([0-9])(?![\\s\\S])",
   "how": "parts",
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
   "names": [],
   "identifiers": [],
   "isForText": false,
   "pattern": "^([0-9]{4})([0-9]{2})3([0-9])(?![\\s\\S])",
   "how": "parts",
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
   "names": [],
   "identifiers": [],
   "isForText": false,
   "pattern": "^([0-9]{5})([0-9])4([0-9])(?![\\s\\S])",
   "how": "parts",
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
   "names": [],
   "identifiers": [],
   "isForText": false,
   "pattern": "^([0-9]{6})([5-9][0-9])(?![\\s\\S])",
   "how": "parts",
   "parts": [
    1,
    "0000",
    2
   ],
   "digitCount": 13
  },
  {
   "symbologies": [
    "ean_13"
   ],
   "names": [],
   "identifiers": [],
   "isForText": false,
   "pattern": "^[0-9]{1,12}(?![\\s\\S])",
   "how": "parts",
   "parts": [
    0
   ],
   "digitCount": 13
  },
  {
   "symbologies": [
    "upc_e"
   ],
   "names": [],
   "identifiers": [],
   "isForText": false,
   "pattern": "^[0-9]{11,12}(?![\\s\\S])",
   "how": "parts",
   "parts": [
    0
   ],
   "digitCount": 13
  },
  {
   "symbologies": [
    "databar",
    "databar_limited",
    "databar_expanded"
   ],
   "names": [],
   "identifiers": [
    "]C1",
    "]e0",
    "]d2",
    "]Q3",
    "]J1"
   ],
   "isForText": true,
   "pattern": "\\(([0-9]{2,4})\\)",
   "how": "parts",
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
   "names": [],
   "identifiers": [],
   "isForText": false,
   "pattern": "^01([\\s\\S]{14})(?![\\s\\S])",
   "how": "parts",
   "parts": [
    1
   ],
   "digitCount": 0
  },
  {
   "symbologies": [
    "codabar"
   ],
   "names": [],
   "identifiers": [],
   "isForText": false,
   "pattern": "^[A-ENTa-ent*]([0-9$:/.+-]+)[A-ENTa-ent*](?![\\s\\S])",
   "how": "parts",
   "parts": [
    1
   ],
   "digitCount": 0
  },
  {
   "symbologies": [],
   "names": [
    "code39ext",
    "code39extended",
    "code39full"
   ],
   "identifiers": [
    "]A4",
    "]A5",
    "]A7"
   ],
   "isForText": false,
   "pattern": "^(?!#[0-9a-f]{32}(?![\\s\\S]))[\\s\\S]+",
   "how": "code_39_pairs",
   "parts": [],
   "digitCount": 0
  },
  {
   "symbologies": [],
   "names": [
    "code32",
    "code32reader"
   ],
   "identifiers": [],
   "isForText": false,
   "pattern": "^A?([0-9]{9})(?![\\s\\S])",
   "how": "code_32",
   "parts": [],
   "digitCount": 0
  },
  {
   "symbologies": [],
   "names": [],
   "identifiers": [],
   "isForText": false,
   "pattern": "^\\x1d+(?=[^\\x1d])|([^\\x1d])\\x1d+",
   "how": "parts",
   "parts": [
    1
   ],
   "digitCount": 0
  }
 ],
 "code39Pairs": [
  "%U",
  "$A",
  "$B",
  "$C",
  "$D",
  "$E",
  "$F",
  "$G",
  "$H",
  "$I",
  "$J",
  "$K",
  "$L",
  "$M",
  "$N",
  "$O",
  "$P",
  "$Q",
  "$R",
  "$S",
  "$T",
  "$U",
  "$V",
  "$W",
  "$X",
  "$Y",
  "$Z",
  "%A",
  "%B",
  "%C",
  "%D",
  "%E",
  " ",
  "/A",
  "/B",
  "/C",
  "/D",
  "/E",
  "/F",
  "/G",
  "/H",
  "/I",
  "/J",
  "/K",
  "/L",
  "-",
  ".",
  "/O",
  "0",
  "1",
  "2",
  "3",
  "4",
  "5",
  "6",
  "7",
  "8",
  "9",
  "/Z",
  "%F",
  "%G",
  "%H",
  "%I",
  "%J",
  "%V",
  "A",
  "B",
  "C",
  "D",
  "E",
  "F",
  "G",
  "H",
  "I",
  "J",
  "K",
  "L",
  "M",
  "N",
  "O",
  "P",
  "Q",
  "R",
  "S",
  "T",
  "U",
  "V",
  "W",
  "X",
  "Y",
  "Z",
  "%K",
  "%L",
  "%M",
  "%N",
  "%O",
  "%W",
  "+A",
  "+B",
  "+C",
  "+D",
  "+E",
  "+F",
  "+G",
  "+H",
  "+I",
  "+J",
  "+K",
  "+L",
  "+M",
  "+N",
  "+O",
  "+P",
  "+Q",
  "+R",
  "+S",
  "+T",
  "+U",
  "+V",
  "+W",
  "+X",
  "+Y",
  "+Z",
  "%P",
  "%Q",
  "%R",
  "%S",
  "%T"
 ]
};
