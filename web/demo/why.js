/** The dialog that says which barcode a result is: what is compared of it, and by which rules two readings are one. */
import { byId, element } from "./dom.js";

/** @typedef {import("../dlt-web.js").ScanExplanation} ScanExplanation */
/** @typedef {import("./types.js").Read} Read */

export class WhyDialog {
  #dialog = /** @type {HTMLDialogElement} */ (byId("why-dialog"));
  #facts = byId("why-facts");
  #explain;

  /** @param {(results: unknown[]) => Promise<ScanExplanation[]>} explain */
  constructor(explain) {
    this.#explain = explain;
  }

  /** @param {Read[]} readings of one barcode, one of each reader that read it */
  async show(readings) {
    const told = await this.#explain(readings.map(({ result }) => result));
    const facts = told.length === readings.length ? factsOf(readings, told) : [["Why", "No tracker runs."]];
    this.#facts.replaceChildren(
      ...facts.map(([name, words]) => element("div", {}, element("dt", {}, name), element("dd", {}, words))),
    );
    this.#dialog.showModal();
  }
}

/** @param {Read[]} readings @param {ScanExplanation[]} told @returns {[string, string][]} */
function factsOf(readings, told) {
  const [{ symbology, identity, key, keyHex, rulesVersion }] = told;
  const flags = new Set(told.flatMap(({ flags }) => flags));
  const said = [...flags].map((flag) => FLAGS[flag] ?? flag).join(" ");
  // Readers may give the same barcode in different words, so other rules make the same key of them.
  const rules = new Set(told.map((one) => one.rules.join(", ") || "none needed"));
  return [
    ...readings.map(({ reader, text }, index) => /** @type {[string, string]} */ ([reader, saidBy(text, told[index])])),
    ["Symbology", identity === symbology ? symbology : `${symbology}, compared as ${identity}`],
    ["Key", key ?? `0x${keyHex}`],
    ["Rules", `${[...rules].join("; or ")} (version ${rulesVersion})`],
    .../** @type {[string, string][]} */ (said ? [["Mind", said]] : []),
  ];
}

/** @param {string} text @param {ScanExplanation} told */
function saidBy(text, { format }) {
  return `${text} as ${format}`;
}

/** @type {Record<string, string>} */
const FLAGS = {
  unknown_symbology: "No rule knows this symbology.",
  lossy: "The reader could not decode all of the text.",
};
