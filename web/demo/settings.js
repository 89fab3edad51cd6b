/** What was chosen on the page, kept in its address, so that a new tab, the other domain and a copied link agree. */

/** @typedef {"sliding" | "fixed" | "session" | "off"} DuplicateMode */
/** @typedef {{ code: string, forgetTimeMs: number, mode: DuplicateMode, reader: string }} Settings */

/** The barcode reader where the address names none. */
const USUAL_READER = "zxing-wasm";
export const FORGET_TIMES_MS = [0, 1000, 3000, 10_000, 60_000, 180_000];
/** @type {readonly DuplicateMode[]} */
export const MODES = ["sliding", "fixed", "session", "off"];

/**
 * @param {string | null} text
 * @returns {DuplicateMode} the mode of that name; the default where there is none
 */
export function readMode(text) {
  return MODES.find((mode) => mode === text) ?? "sliding";
}

/**
 * @param {{ handshakeCode: string }[]} codes the first one is taken where the address names none
 * @returns {Settings}
 */
export function readSettings(codes) {
  const query = new URLSearchParams(location.search);
  const code = query.get("code") ?? "";
  const forgetTimeMs = Number(query.get("forget") ?? "3000");
  return {
    code: codes.some(({ handshakeCode }) => handshakeCode === code) ? code : codes[0].handshakeCode,
    forgetTimeMs: FORGET_TIMES_MS.includes(forgetTimeMs) ? forgetTimeMs : 3000,
    mode: readMode(query.get("mode")),
    reader: query.get("reader") ?? USUAL_READER,
  };
}

/** @param {Settings} settings */
export function writeSettings({ code, forgetTimeMs, mode, reader }) {
  const query = new URLSearchParams({ code });
  if (forgetTimeMs !== 3000) query.set("forget", String(forgetTimeMs));
  if (mode !== "sliding") query.set("mode", mode);
  if (reader !== USUAL_READER) query.set("reader", reader);
  history.replaceState(null, "", `${location.pathname}?${query}`);
}
