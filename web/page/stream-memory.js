/**
 * @file What the page has before its camera, as long as it is remembered. A worker that takes over from one that died is
 * told of it, or it would count a barcode that is still held up a second time.
 */

import { toJsonText } from "./plain.js";

/**
 * What the app handed over in one call.
 *
 * @typedef {object} SaidScan
 * @property {number | null} timeMs
 * @property {string} source
 * @property {string} stream
 * @property {unknown[]} barcodes
 * @property {number} calledMonotonicMs
 */

/** @typedef {{ stream: string, timeMs: number, calledMonotonicMs: number, barcodes: unknown[] }} RememberedScan */
/** @typedef {{ forgetsAt: number | null, scan: RememberedScan }} Sighting */

/** Where barcodes are remembered for ever, or not at all, time forgets none. */
const MAX_SIGHTINGS = 10_000;

/** @type {Map<string, StreamMemory>} by what decides what is a duplicate */
const memories = new Map();

/**
 * Returns what the page remembers under these options; streams outlive a tracker that is closed.
 *
 * @param {import("./options.js").Given} given
 */
export function memoryOf({ texts }) {
  const key = keyOf(texts);
  const memory = memories.get(key) ?? new StreamMemory(Number(texts.get("duplicateForgetTime")));
  memories.set(key, memory);
  return memory;
}

/**
 * Forgets what the page remembers under these options.
 *
 * @param {import("./options.js").Given} given
 */
export function forgetMemoryOf({ texts }) {
  memories.delete(keyOf(texts));
}

/** @param {ReadonlyMap<string, string>} texts */
function keyOf(texts) {
  return ["handshakeCode", "duplicateForgetTime", "duplicateMode"].map((name) => texts.get(name)).join();
}

export class StreamMemory {
  /** @type {Map<string, Sighting>} by stream and barcode, the latest last */
  #sightings = new Map();
  #forgetMs;

  /** @param {number} forgetMs how long a barcode is remembered */
  constructor(forgetMs) {
    this.#forgetMs = forgetMs;
  }

  /**
   * @param {SaidScan} scan
   * @param {{ forgetsAt: number | null }[]} results one for each barcode; none where the call was rejected
   */
  note({ timeMs, source, stream, barcodes, calledMonotonicMs }, results) {
    if (source !== "video") {
      return;
    }
    results.forEach(({ forgetsAt }, index) => {
      const key = toJsonText([stream, barcodes[index]]);
      const known = this.#sightings.get(key);
      // Where a sighting refreshes nothing, the first one is what the time runs from; and what counted is answered once
      // it is on disk, perhaps after duplicates that were seen later.
      if (known === undefined || (known.forgetsAt ?? 0) < (forgetsAt ?? 0)) {
        this.#sightings.delete(key);
        // The time as it was judged: one before the stream's last one counts as the last one.
        const seenMs = forgetsAt === null ? (timeMs ?? calledMonotonicMs) : forgetsAt - this.#forgetMs;
        const scan = { stream, timeMs: seenMs, calledMonotonicMs, barcodes: [barcodes[index]] };
        this.#sightings.set(key, { forgetsAt, scan });
      }
    });
    this.#forget(calledMonotonicMs);
  }

  /** @returns {RememberedScan[]} in the order in which they were seen */
  told() {
    return [...this.#sightings.values()].map(({ scan }) => scan).sort((one, other) => one.timeMs - other.timeMs);
  }

  /** @param {number} nowMs */
  #forget(nowMs) {
    for (const [key, { forgetsAt }] of this.#sightings) {
      const isKnown = forgetsAt === null || forgetsAt > nowMs;
      if (isKnown && this.#sightings.size <= MAX_SIGHTINGS) {
        return; // what follows was seen later
      }
      this.#sightings.delete(key);
    }
  }
}
