/**
 * @file Stock Pyodide beside ours: the npm package's files as they come, our wheel by `loadPackage`, the same first call.
 *
 * Nothing but Python: no IndexedDB, no server, so its times are those of the runtime alone, and flatter it.
 */

/** The wheel's file name; the benchmark says it in this module's address. */
const wheel = new URL(import.meta.url).searchParams.get("wheel");

export class Tracker {
  /** @type {Map<number, (answer: unknown) => void>} */
  #waiting = new Map();
  #count = 0;
  #worker;
  ready;

  /** @param {object} options */
  constructor(options) {
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data: { call, value } }) => this.#waiting.get(call)?.(value);
    this.#worker.postMessage({ wheel, options: { ...options, origin: location.origin } });
    // It never asks a server, so there is nothing to wait for.
    this.ready = Promise.resolve();
  }

  /**
   * @param {unknown} barcodes
   * @returns {Promise<unknown>}
   */
  scan(barcodes) {
    this.#count += 1;
    const call = this.#count;
    const answer = new Promise((resolve) => this.#waiting.set(call, resolve));
    this.#worker.postMessage({ call, barcodes, wallMs: Date.now(), monotonicMs: performance.now() });
    return answer;
  }

  async flush() {}

  async explain() {
    return { runtime: { name: "stock" } };
  }
}
