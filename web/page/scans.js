/** @file What an app hands over to be counted, made ready to be said to the tracker; and who its readers are. */

import { readBarcodes } from "../readers.js";
import { toJsonText } from "./plain.js";

/** @typedef {import("./journal.js").SaidScan} SaidScan */

/** It takes its two decoders in turn, frame by frame, where the browser has a BarcodeDetector. */
const ADVICE = " html5-qrcode has two decoders: choose one by experimentalFeatures.useBarCodeDetectorIfSupported.";

/** The scans of one tracker. */
export class Scans {
  /** @type {Set<string>} */
  #readers = new Set();
  #hasWarned = false;

  /** The readers whose results were handed over, in the order in which they appeared. */
  get readers() {
    return [...this.#readers];
  }

  /**
   * Reads the reader's results.
   *
   * @param {unknown} decoded
   * @param {Omit<SaidScan, "barcodes"> | null} how when and where; nothing where it is not to be counted
   * @returns {{ scan: SaidScan | null, fields: string }} its members as JSON text, without braces
   * @throws {TypeError} a shape that is not known, or a barcode that contains itself
   */
  read(decoded, how) {
    const { barcodes, readers } = readBarcodes(decoded);
    const scan = { ...how, barcodes };
    const fields = toJsonText(scan).slice(1, -1);
    if (how === null) {
      return { scan: null, fields };
    }
    this.#note(readers);
    return { scan: /** @type {SaidScan} */ (scan), fields };
  }

  /** @param {Set<string>} readers */
  #note(readers) {
    for (const reader of readers) {
      this.#readers.add(reader);
    }
    if (this.#readers.size > 1 && !this.#hasWarned) {
      this.#hasWarned = true;
      const names = this.readers.join(", then ");
      console.warn(
        `dlt-web: one tracker gets results of ${names}. Readers name and spell some symbols in ways that no rule ` +
          "makes equal; such a symbol counts once for each. Give each tracker one reader." +
          (names.includes("html5-qrcode") ? ADVICE : ""),
      );
    }
  }
}
