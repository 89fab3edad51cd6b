/**
 * @file A tracker as one would write it by hand in JavaScript, to be measured beside ours.
 *
 * It counts, keeps and reports as ours does while all goes well: a random device name in IndexedDB, the same duplicate
 * filter, numbered reports that grow with their slot, a seat and a verified token, one worker for all tabs. It has no
 * answer to what ours is mostly made of: restored servers, profiles set back, data purged while in use, workers that
 * die, main and standby, licenses while offline, readers of other shapes.
 */

/** @typedef {{ resolve: (value: any) => void, reject: (error: Error) => void }} Waiting */

const page = crypto.randomUUID();

export class Tracker {
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  #callCount = 0;
  #port;
  #options;
  ready;

  /** @param {import("./counter.js").Options} options */
  constructor(options) {
    const licenseServer = new URL(options.licenseServer, location.href).href.replace(/\/$/, "");
    this.#options = JSON.stringify({ ...options, licenseServer });
    this.#port = connect();
    this.#port.onmessage = ({ data: { call, value, error } }) => {
      const waiting = this.#waiting.get(call);
      this.#waiting.delete(call);
      if (error === undefined) {
        waiting?.resolve(value);
      } else {
        waiting?.reject(Object.assign(new Error(error.message), error));
      }
    };
    this.ready = this.#call("ready");
    this.ready.catch(() => {});
    addEventListener("pagehide", () => this.flush());
  }

  /**
   * @param {unknown} decoded results of a reader: `{format, text}`, one or a list
   * @param {{ time?: number, source?: string, stream?: string }} [options]
   * @returns {Promise<{ results: object[], scans: number }>} once what counts is on disk
   */
  scan(decoded, { time = performance.now(), source = "video", stream = "default" } = {}) {
    const barcodes = Array.isArray(decoded) ? decoded : [decoded];
    return this.#call("scan", { source, stream, timeMs: time, wallMs: Date.now(), barcodes });
  }

  /** Sends what waits. */
  flush() {
    return this.#call("flush");
  }

  async explain() {
    return { runtime: { name: "js" } };
  }

  /**
   * @param {string} method
   * @param {object} [frame]
   * @returns {Promise<any>}
   */
  #call(method, frame) {
    this.#callCount += 1;
    const call = this.#callCount;
    this.#port.postMessage({ call, options: this.#options, page, method, frame });
    return new Promise((resolve, reject) => this.#waiting.set(call, { resolve, reject }));
  }
}

/** @returns {MessagePort | Worker} */
function connect() {
  const url = new URL("worker.js", import.meta.url);
  if (typeof SharedWorker === "undefined") {
    return new Worker(url, { type: "module" });
  }
  const options = { type: "module", name: "js-tracker", extendedLifetime: true };
  return new SharedWorker(url, /** @type {WorkerOptions} */ (options)).port;
}
