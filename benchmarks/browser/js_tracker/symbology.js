/** @file One name and one payload for one printed symbol, whichever reader read it. */

/** @type {Record<string, string>} canonical name → other names, without case and punctuation */
const ALIASES = {
  ean_13: "ean13 upca isbn isbn13 isbn10 ean13upca jan13",
  upc_e: "upce",
  ean_8: "ean8",
  code_128: "code128 gs1128",
  code_39: "code39 code39std code39ext code39extended code39full code32 code39vin pzn pzn7 pzn8 code32reader",
  code_93: "code93 code93i",
  itf: "itf itf14 i2of5 i25 interleaved2of5 interleavedtwooffive",
  codabar: "codabar nw7",
  databar: "databar databaromni databarstk databarstkomni databaromnidirectional databarstacked rss14 gs1databar",
  databar_limited: "databarlimited databarltd databarlim rsslimited gs1databarlimited",
  databar_expanded: "databarexpanded databarexp databarexpstk databarexpandedstacked rssexpanded gs1databarexpanded",
  qr_code: "qr qrcode qrcodemodel1 qrcodemodel2",
  micro_qr_code: "microqr microqrcode",
  rm_qr_code: "rmqr rmqrcode",
  data_matrix: "datamatrix",
  pdf417: "pdf417 compactpdf417",
  micro_pdf417: "micropdf417",
  aztec: "aztec azteccode aztecrune",
  maxicode: "maxicode",
  msi: "msi msicode msiplessey",
};
const CANONICAL = new Map(
  Object.entries(ALIASES).flatMap(([name, aliases]) => aliases.split(" ").map((alias) => [alias, name])),
);
const GS1_IDENTIFIERS = new Set(["]C1", "]e0", "]d2", "]Q3", "]J1"]);

/**
 * @param {{ format: string, text: string, identifier?: string }} found
 * @returns {{ symbology: string, key: string }} its canonical name, and what is equal for equal symbols
 * @throws {TypeError} it has no usable format or text
 */
export function readBarcode(found) {
  if (typeof found?.format !== "string" || typeof found.text !== "string" || found.text === "") {
    throw new TypeError("A barcode has a format and a text.");
  }
  const symbology = canonicalName(found.format);
  return { symbology, key: `${symbology} ${payload(symbology, found)}` };
}

/** @param {string} readerName */
function canonicalName(readerName) {
  const squashed = readerName.toLowerCase().replace(/[^a-z0-9]+/g, "");
  const plain = squashed.replace(/^(bf|zbar)/, "");
  return CANONICAL.get(squashed) ?? CANONICAL.get(plain) ?? (squashed || "unknown");
}

/**
 * @param {string} symbology
 * @param {{ text: string, identifier?: string }} found
 */
function payload(symbology, { text, identifier = "" }) {
  if (symbology === "ean_13" && /^\d+$/.test(text)) {
    return text.padStart(13, "0");
  }
  const plain = GS1_IDENTIFIERS.has(identifier) ? text.replace(/\((\d{2,4})\)/g, "$1") : text;
  return plain.replaceAll("\x1d", "") || plain;
}
