/** The dialog that says which barcode a result is: what is compared of it, and by which rules two readings are one. */
import { byId, element } from "./dom.js";

/** @typedef {import("../dlt-web.js").ScanExplanation} ScanExplanation */
/** @typedef {import("./types.js").ReadResult} ReadResult */

export class WhyDialog {
  #dialog = /** @type {HTMLDialogElement} */ (byId("why-dialog"));
  #facts = byId("why-facts");
  #explain;

  /** @param {(barcode: ReadResult) => Promise<ScanExplanation | null>} explain */
  constructor(explain) {
    this.#explain = explain;
  }

  /** @param {ReadResult} barcode */
  async show(barcode) {
    const told = await this.#explain(barcode);
    const facts = told === null ? [["Why", "No tracker runs."]] : factsOf(barcode, told);
    this.#facts.replaceChildren(
      ...facts.map(([name, words]) => element("div", {}, element("dt", {}, name), element("dd", {}, words))),
    );
    this.#dialog.showModal();
  }
}

/** @param {ReadResult} barcode @param {ScanExplanation} told @returns {[string, string][]} */
function factsOf(barcode, { format, symbology, identity, key, keyHex, rules, rulesVersion, flags }) {
  const said = flags.map((flag) => FLAGS[flag] ?? flag).join(" ");
  return [
    ["Reader", `${barcode.text} as ${format}`],
    ["Symbology", identity === symbology ? symbology : `${symbology}, compared as ${identity}`],
    ["Key", key ?? `0x${keyHex}`],
    ["Rules", `${rules.join(", ") || "none needed"} (version ${rulesVersion})`],
    .../** @type {[string, string][]} */ (said ? [["Mind", said]] : []),
  ];
}

/** @type {Record<string, string>} */
const FLAGS = {
  unknown_symbology: "No rule knows this symbology.",
  lossy: "The reader could not decode all of the text.",
};
