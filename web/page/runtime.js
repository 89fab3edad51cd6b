/** @file The worker as the page sees it: one for all trackers that load from one folder. */

import { TrackerError } from "./errors.js";

/** @typedef {import("../worker/main.js").FromPage} FromPage */
/** @typedef {import("../worker/main.js").ToPage} ToPage */
/** @typedef {{ name: string, code: string, message: string }} SaidError */

/**
 * A tracker that listens to the runtime.
 *
 * @typedef {object} Listener
 * @property {() => void} started Python answers
 * @property {(commands: { type: string, [field: string]: any }[]) => void} obey
 * @property {(error: TrackerError | SaidError) => void} fail every call that waits, and every later one, gets this error
 */

/**
 * A start takes 0.3–5 s on desktop machines and slow networks may need ten times that. Some failures are never
 * reported by the browser (a worker that hangs, WebAssembly that neither compiles nor fails), so waiting has an end.
 */
const LOAD_TIMEOUT_MS = 60_000;

/**
 * A page that closes its last tracker often makes another one: a route changes, a component is mounted again. As long as
 * a barcode may be remembered (180 s) the worker waits for it with its streams, so that what is still held before the
 * camera does not count twice, and Python need not start again.
 */
const LINGER_MS = 180_000;

/** @type {Map<string, Runtime>} */
const runtimes = new Map();

/** A worker with Python in it. */
export class Runtime {
  /** @type {Map<string, Listener>} */
  #listeners = new Map();
  /** @type {Worker | undefined} */
  #worker;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watchdog;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lingering;
  #assetBase;
  #hasStarted = false;

  /**
   * Returns the page's runtime of a folder, starting it if there is none.
   *
   * @param {string} assetBase absolute URL, ending in a slash
   * @param {string} manifestSha384
   */
  static at(assetBase, manifestSha384) {
    const runtime = runtimes.get(assetBase) ?? new Runtime(assetBase, manifestSha384);
    runtimes.set(assetBase, runtime);
    return runtime;
  }

  /**
   * @param {string} assetBase
   * @param {string} manifestSha384
   */
  constructor(assetBase, manifestSha384) {
    this.#assetBase = assetBase;
    const url = new URL("worker/main.js", assetBase).href;
    try {
      const worker = new Worker(url, { type: "module", name: "dlt-web" });
      worker.addEventListener("message", ({ data }) => this.#hear(data));
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        this.#die(event.message, url);
      });
      this.#worker = worker;
    } catch (error) {
      // The tracker that starts us registers after this.
      queueMicrotask(() => this.#fail("LOAD_FAILED", whyNoWorker(url, error)));
      return;
    }
    this.post({ type: "Start", assetBase, manifestSha384, timeOriginMs: performance.timeOrigin });
    this.#watchdog = setTimeout(() => {
      const seconds = LOAD_TIMEOUT_MS / 1000;
      this.#fail(
        "LOAD_TIMEOUT",
        `The Python runtime did not start within ${seconds} s, and the browser gave no reason. Look in the console ` +
          "for a refused file or a Content-Security-Policy without 'wasm-unsafe-eval', then construct a new Tracker.",
      );
    }, LOAD_TIMEOUT_MS);
  }

  /**
   * @param {string} id
   * @param {Listener} listener
   */
  listen(id, listener) {
    clearTimeout(this.#lingering);
    this.#listeners.set(id, listener);
    if (this.#hasStarted) {
      listener.started();
    }
  }

  /** @param {FromPage} message */
  post(message) {
    this.#worker?.postMessage(message);
  }

  /**
   * Ends a tracker, and a while after the last one the worker.
   *
   * @param {string} id
   */
  leave(id) {
    this.#listeners.delete(id);
    this.post({ type: "Forget", tracker: id });
    if (this.#listeners.size > 0) {
      return;
    }
    if (this.#hasStarted && this.#worker !== undefined) {
      this.#lingering = setTimeout(() => this.#stop(), LINGER_MS);
    } else {
      // Nothing to wait with; a timer would only keep a server that renders pages from ending.
      this.#stop();
    }
  }

  /** @param {ToPage} message */
  #hear(message) {
    switch (message.type) {
      case "Started":
        this.#hasStarted = true;
        clearTimeout(this.#watchdog);
        for (const listener of this.#listeners.values()) {
          listener.started();
        }
        return;
      case "Failed":
        this.#fail("LOAD_FAILED", `The Python runtime could not be loaded: ${message.message}.`);
        return;
      case "Commands":
        this.#listeners.get(message.tracker)?.obey(message.commands);
        return;
      case "Refused":
        this.#listeners.get(message.tracker)?.fail(message.error);
        return;
      default:
        throw new Error(`The worker said ${JSON.stringify(message)}, which this page does not know.`);
    }
  }

  /**
   * @param {string | undefined} message what the browser says of the worker's death; nothing when its script did not load
   * @param {string} url
   */
  async #die(message, url) {
    if (this.#hasStarted) {
      this.#fail("LOAD_FAILED", `The worker stopped: ${message}. What was counted is kept; construct a new Tracker.`);
    } else {
      this.#fail("LOAD_FAILED", message ? `The worker did not start: ${message}.` : await whyNoScript(url));
    }
  }

  /**
   * @param {string} code
   * @param {string} message
   */
  #fail(code, message) {
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    this.#stop();
    for (const listener of listeners) {
      listener.fail(new TrackerError(code, message));
    }
  }

  #stop() {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#lingering);
    this.#worker?.terminate();
    this.#worker = undefined;
    if (runtimes.get(this.#assetBase) === this) {
      runtimes.delete(this.#assetBase);
    }
  }
}

/**
 * @param {string} url
 * @param {unknown} error
 */
function whyNoWorker(url, error) {
  if (typeof Worker === "undefined") {
    return "A tracker needs a browser page: there is no Worker here. Construct it in the browser only.";
  }
  if (new URL(url).origin !== location.origin) {
    return (
      `A worker must come from the page's own origin: ${url} is not of ${location.origin}. ` +
      "Serve the folder that `dlt-web build` made from there and set assetBase to it."
    );
  }
  return `The worker ${url} could not be started: ${error}.`;
}

/** @param {string} url */
async function whyNoScript(url) {
  const advice = "Deploy the whole folder that `dlt-web build` made, and set assetBase if it is not beside dlt-web.js.";
  try {
    const response = await fetch(url);
    if (!response.ok) {
      return `The worker's script ${url} answered ${response.status}. ${advice}`;
    }
    return (
      `The worker's script ${url} was refused: the Content-Security-Policy needs worker-src 'self', ` +
      `and its files the type text/javascript (this one has ${response.headers.get("content-type")}).`
    );
  } catch {
    return `The worker's script ${url} could not be fetched. ${advice}`;
  }
}
