/** @file What an app hands over to be counted, made ready to be said to the tracker; and who its readers are. */

import { readBarcodes } from "../readers.js";
import { TrackerError } from "./errors.js";
import { toJsonText } from "./plain.js";
import { page } from "./random.js";

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
   * Writes what a call says. Where the app handed over what is no reader's result, the call is rejected.
   *
   * @param {import("./calls.js").SaidCall} call
   * @param {import("./calls.js").Calls} calls that it is one of
   * @returns {boolean} whether there is something to say
   */
  write(call, calls) {
    const { type, message, given } = call;
    let fields = "";
    try {
      const read = given === null ? undefined : this.read(given.decoded, given.how);
      fields = read === undefined ? "" : `,${read.fields}`;
      call.scan = read?.scan ?? null;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      calls.take(message.call)?.reject(new TrackerError("SCAN_INVALID", why));
      return false;
    } finally {
      call.given = null;
    }
    message.input = `{"type":"${type}","call":"${message.call}","page":"${page}","number":${message.number}${fields}}`;
    return true;
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
