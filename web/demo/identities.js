/** Which barcode each reading is: the tracker knows, and by it two readers' answers for one printed symbol are one. */

/** @typedef {import("./types.js").Read} Read */
/** @typedef {import("../dlt-web.js").ScanExplanation} ScanExplanation */

/** Far more than a visit meets; what is asked again costs a call. */
const MOST_KEPT = 2000;

export class Identities {
  #explain;
  /** @type {Map<string, string>} */
  #known = new Map();

  /** @param {(results: unknown[]) => Promise<ScanExplanation[]>} explain one answer for each result */
  constructor(explain) {
    this.#explain = explain;
  }

  /** Writes the keys that are known already into the readings, and others that tell them apart. @param {Read[]} read */
  recall(read) {
    for (const one of read) one.key = this.#known.get(nameOf(one)) ?? nameOf(one);
  }

  /** Asks for the keys that are missing, and writes them into the readings. @param {Read[]} read */
  async learn(read) {
    const missing = read.filter((one) => !this.#known.has(nameOf(one)));
    if (missing.length === 0) return;
    const told = await this.#explain(missing.map(({ result }) => result)).catch(() => []);
    if (told.length !== missing.length) return; // no tracker runs, or it is being replaced: next time
    if (this.#known.size > MOST_KEPT) this.#known.clear();
    for (const [index, one] of missing.entries()) this.#known.set(nameOf(one), keyOf(told[index]));
    this.recall(read);
  }
}

/** @param {{ identity: string, keyHex: string }} barcode as the tracker, or the wall of test codes, tells it */
export const keyOf = ({ identity, keyHex }) => `${identity} ${keyHex}`;

/** @param {Read} read */
const nameOf = ({ reader, format, text }) => `${reader}\n${format}\n${text}`;
