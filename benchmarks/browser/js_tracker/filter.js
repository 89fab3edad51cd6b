/** @file Which barcodes of a frame are new. */

const DEFAULT_FORGET_TIME_MS = 3000;

/** Remembers the barcodes of one video stream, in the order in which they will be forgotten. */
export class DuplicateFilter {
  /** @type {Map<string, number>} */
  #since = new Map();
  #lastMs = Number.NEGATIVE_INFINITY;
  #forgetTimeMs;
  #mode;

  /**
   * @param {number} [forgetTimeMs]
   * @param {string} [mode] `sliding`, `fixed`, `session` or `off`
   */
  constructor(forgetTimeMs = DEFAULT_FORGET_TIME_MS, mode = "sliding") {
    this.#forgetTimeMs = forgetTimeMs;
    this.#mode = forgetTimeMs === 0 ? "off" : mode;
  }

  /**
   * @param {string[]} barcodes
   * @param {number} atMs capture time; an earlier one than the last counts as the last
   * @returns {boolean[]} for each barcode whether it counts
   */
  frame(barcodes, atMs) {
    this.#lastMs = Math.max(this.#lastMs, atMs);
    if (this.#mode === "off") {
      return image(barcodes);
    }
    this.#forget();
    return barcodes.map((barcode) => this.#see(barcode));
  }

  /** @param {string} barcode */
  forgetsAt(barcode) {
    const since = this.#since.get(barcode);
    return since === undefined || this.#mode === "session" ? null : since + this.#forgetTimeMs;
  }

  /** @param {string} barcode */
  #see(barcode) {
    const isNew = !this.#since.has(barcode);
    if (isNew || this.#mode === "sliding") {
      this.#since.delete(barcode);
      this.#since.set(barcode, this.#lastMs);
    }
    return isNew;
  }

  #forget() {
    if (this.#mode === "session") {
      return;
    }
    for (const [barcode, sinceMs] of this.#since) {
      if (this.#lastMs - sinceMs < this.#forgetTimeMs) {
        return;
      }
      this.#since.delete(barcode);
    }
  }
}

/**
 * @param {string[]} barcodes
 * @returns {boolean[]} equal ones of a still image count once
 */
export function image(barcodes) {
  const seen = new Set();
  return barcodes.map((barcode) => !seen.has(barcode) && Boolean(seen.add(barcode)));
}
