/** @file Counts for all pages of the origin: judges, keeps, reports. */

import { DuplicateFilter, image } from "./filter.js";
import { Lts, RefusedError } from "./lts.js";
import { added, ReportQueue, SLOT_MS } from "./queue.js";
import { readBarcode } from "./symbology.js";

/**
 * @typedef {object} Options
 * @property {string} handshakeCode
 * @property {string} licenseServer
 * @property {string} [product]
 * @property {number} [duplicateForgetTime]
 * @property {string} [duplicateMode]
 */

/** @typedef {{ source: string, stream: string, timeMs: number, wallMs: number, barcodes: any[] }} Frame */
/** @typedef {{ load: () => Promise<{ uuid: string, reports: any[] }>, save: (change: any) => Promise<void> }} Kept */

const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 300_000;

export class Counter {
  /** @type {Map<string, DuplicateFilter>} */
  #streams = new Map();
  /** @type {Map<number, Record<string, number>>} what waits for the store, by slot */
  #unsaved = new Map();
  /** @type {Promise<void> | undefined} until what is booked next is on disk */
  #saving;
  /** @type {Promise<void> | undefined} */
  #sending;
  #store;
  #queue;
  #lts;
  #options;
  #failures = 0;
  #intervalMs = SLOT_MS;
  /** @type {RefusedError | undefined} */
  #refusal;
  #isLicensed = false;
  ready;

  /**
   * @param {Options} options
   * @param {Kept} store
   * @param {{ uuid: string, reports: import("./queue.js").Report[] }} content of the store
   */
  constructor(options, store, { uuid, reports }) {
    this.#options = options;
    this.#store = store;
    this.#queue = new ReportQueue(crypto.randomUUID(), reports, () => crypto.randomUUID());
    this.#lts = new Lts(options.licenseServer, { handshakeCode: options.handshakeCode, deviceUuid: uuid });
    this.ready = this.#authorize();
    this.ready.then(() => this.#sendLater()).catch(() => {});
  }

  /**
   * @param {string} page
   * @param {Frame} frame
   * @returns {Promise<{ results: object[], scans: number }>} once what counts is on disk
   */
  async scan(page, { source, stream, timeMs, wallMs, barcodes }) {
    if (this.#refusal !== undefined) {
      throw this.#refusal;
    }
    const read = barcodes.map(readBarcode);
    const keys = read.map(({ key }) => key);
    const filter = this.#filter(`${page}/${stream}`);
    const isNew = source === "image" ? image(keys) : filter.frame(keys, timeMs);
    const results = read.map(({ symbology, key }, at) => ({
      duplicate: !isNew[at],
      symbology,
      forgetsAt: source === "image" ? null : filter.forgetsAt(key),
    }));
    /** @type {Record<string, number>} */
    const counts = {};
    for (const { duplicate, symbology } of results) {
      counts[symbology] = (counts[symbology] ?? 0) + (duplicate ? 0 : 1);
    }
    const scans = isNew.filter(Boolean).length;
    if (scans > 0) {
      await this.#keep(Math.floor(wallMs / SLOT_MS), withoutZeros(counts));
    }
    return { results, scans };
  }

  /** Sends what waits; resolves when the server has answered, or could not be reached. */
  async flush() {
    await this.#sending;
    await this.#send();
  }

  /** @param {string} name */
  #filter(name) {
    const { duplicateForgetTime, duplicateMode } = this.#options;
    const filter = this.#streams.get(name) ?? new DuplicateFilter(duplicateForgetTime, duplicateMode);
    this.#streams.set(name, filter);
    return filter;
  }

  /**
   * What comes while a transaction runs goes together in the next one.
   *
   * @param {number} slot
   * @param {Record<string, number>} counts
   */
  #keep(slot, counts) {
    const isFirst = this.#unsaved.size === 0;
    this.#unsaved.set(slot, added(this.#unsaved.get(slot) ?? {}, counts));
    if (isFirst) {
      const before = this.#saving ?? Promise.resolve();
      // A write that failed fails its own scans only; what it had booked goes with the next.
      this.#saving = before
        .catch(() => {})
        .then(() => {
          const put = [...this.#unsaved].map(([at, sum]) => this.#queue.book(at, sum));
          this.#unsaved.clear();
          return this.#store.save({ put, drop: [] });
        });
    }
    return this.#saving;
  }

  async #authorize() {
    for (;;) {
      try {
        this.#intervalMs = 1000 * (await this.#lts.authorize(this.#options.product ?? "barcode-reader"));
        this.#failures = 0;
        this.#isLicensed = true;
        return;
      } catch (error) {
        if (error instanceof RefusedError) {
          this.#refusal = error;
          throw error;
        }
        await this.#pause();
      }
    }
  }

  async #send() {
    if (!this.#isLicensed) {
      return;
    }
    try {
      for (let sent = this.#queue.pending(); sent.length > 0; sent = this.#queue.pending()) {
        const results = await this.#lts.report(sent);
        await this.#store.save(this.#queue.acknowledge(sent, results));
      }
      this.#failures = 0;
    } catch (error) {
      console.debug("not reported", error);
      this.#failures += 1;
    }
  }

  #sendLater() {
    const jitter = 0.9 + 0.2 * Math.random();
    const waitMs = this.#failures === 0 ? this.#intervalMs * jitter : this.#retryMs();
    setTimeout(async () => {
      this.#sending = this.#send();
      await this.#sending;
      this.#sendLater();
    }, waitMs);
  }

  async #pause() {
    this.#failures += 1;
    await new Promise((resolve) => setTimeout(resolve, this.#retryMs()));
  }

  #retryMs() {
    return Math.random() * Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
  }
}

/** @param {Record<string, number>} counts */
function withoutZeros(counts) {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
