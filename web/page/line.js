/**
 * @file How a page reaches the worker: a SharedWorker where the browser has it, so that all tabs of the origin have one
 * Python runtime in common, else a worker of the page's own; of the page's own, too, where the files of the build come
 * from another origin.
 */

import { sharedWorker, takeEarly } from "./early.js";
import { scriptUrl, shimFor } from "./script-url.js";
import { isForeign } from "./why.js";

/** @typedef {import("../worker/page_line.js").FromPage} FromPage */
/** @typedef {import("../worker/page_line.js").ToPage} ToPage */

/**
 * What the page does when the worker says something, or cannot be had.
 *
 * @typedef {object} Ends
 * @property {(message: ToPage) => void} hear
 * @property {(said: string | undefined) => void} die what the browser says of the worker's death; nothing when its
 *   script did not load
 */

/**
 * @typedef {object} Line
 * @property {boolean} isShared
 * @property {boolean} isSilent nothing was heard of a shared worker over this line, nor of its failure
 * @property {(message: FromPage) => void} post
 * @property {() => void} end ends a worker of the page's own, and leaves a shared one
 * @property {() => void} drop ends a worker of the page's own; of a shared one, which may be only slow, what it says is
 *   heard still, and no other one is made in its place any more
 */

/**
 * @param {string} url of the worker's script
 * @param {string} build names the build: pages of two builds never share a worker, though their files have one address
 * @param {FromPage} start what the worker hears first
 * @param {Ends} ends
 * @returns {Line}
 * @throws {unknown} as the browser says it, where there can be no worker
 */
export function openLine(url, build, start, ends) {
  if (!isForeign(url) && typeof SharedWorker !== "undefined") {
    try {
      return new SharedLine(url, build, start, ends);
    } catch {
      // It may yet give the page a worker of its own.
    }
  }
  return openOwn(url, start, ends);
}

/** A line to the SharedWorker, or to a worker of the page's own where that one does not start. */
class SharedLine {
  #url;
  #start;
  #ends;
  #port;
  /** @type {Line | undefined} in its place */
  #own;
  /** @type {FromPage[]} what one in its place has to hear */
  #said = [];
  /** It was heard of, or has failed, or nobody needs it any more. */
  #isSettled = false;

  /**
   * @param {string} url
   * @param {string} build
   * @param {FromPage} start
   * @param {Ends} ends
   */
  constructor(url, build, start, ends) {
    this.#url = url;
    this.#start = start;
    this.#ends = ends;
    const early = takeEarly(url);
    const worker = early?.worker ?? sharedWorker(url, build);
    this.#port = worker.port;
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#replace();
    });
    this.#port.addEventListener("message", ({ data }) => this.#hear(data));
    this.#port.start();
    if (early === undefined) {
      this.#port.postMessage(start);
    } else if (early.hasFailed) {
      // When whoever asked for the line has it.
      queueMicrotask(() => this.#replace());
    }
  }

  get isShared() {
    return this.#own === undefined;
  }

  get isSilent() {
    return !this.#isSettled;
  }

  /** @param {FromPage} message */
  post(message) {
    if (this.#own !== undefined) {
      this.#own.post(message);
      return;
    }
    if (!this.#isSettled) {
      this.#said.push(message);
    }
    this.#port.postMessage(message);
  }

  end() {
    this.#isSettled = true;
    if (this.#own !== undefined) {
      this.#own.end();
      return;
    }
    this.#port.postMessage({ type: "Bye" });
    this.#port.close();
  }

  drop() {
    this.#isSettled = true;
    this.#own?.end();
  }

  /** @param {ToPage} message */
  #hear(message) {
    this.#isSettled = true;
    this.#said = [];
    this.#ends.hear(message);
  }

  /** Why it does not start, its browser does not say; a worker of the page's own does, or says it. */
  #replace() {
    if (this.#isSettled) {
      return;
    }
    this.#isSettled = true;
    try {
      const own = openOwn(this.#url, this.#start, this.#ends);
      this.#own = own;
      for (const message of this.#said) {
        own.post(message);
      }
      this.#said = [];
    } catch {
      this.#ends.die(undefined);
    }
  }
}

/**
 * @param {string} url
 * @param {FromPage} start
 * @param {Ends} ends
 * @returns {Line}
 */
function openOwn(url, start, { hear, die }) {
  const script = isForeign(url) ? shimFor(url) : url;
  const worker = new Worker(scriptUrl(script), { type: "module", name: "dlt-web" });
  worker.addEventListener("message", ({ data }) => hear(data));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    die(event.message);
  });
  worker.postMessage(start);
  const end = () => worker.terminate();
  return { isShared: false, isSilent: false, post: (message) => worker.postMessage(message), end, drop: end };
}
