/** @file The worker as the page sees it: one for all trackers that load from one folder. */

import { TrackerError } from "./errors.js";
import { openLine } from "./line.js";
import { Patience } from "./patience.js";
import { page } from "./random.js";
import { Retries } from "./retries.js";
import { StartWatch } from "./start-watch.js";
import { whyNoScript, whyNoWorker } from "./why.js";

/** @typedef {import("./line.js").FromPage} FromPage */
/** @typedef {import("./line.js").ToPage} ToPage */
/** @typedef {import("./line.js").Line} Line */
/** @typedef {import("../worker/runtime.js").About} About */
/** @typedef {{ name: string, code: string, message: string }} SaidError */

/**
 * A tracker that listens to the runtime.
 *
 * @typedef {object} Listener
 * @property {(about: About) => void} started Python answers
 * @property {(commands: { type: string, [field: string]: any }[]) => void} obey
 * @property {(why: TrackerError) => void} postponed Python is lost, or not there yet, and is loaded again later
 * @property {() => void} sayAgain the worker is a new one and knows nothing of this tracker
 * @property {() => boolean} isWaiting some call waits for an answer
 * @property {(error: TrackerError | SaidError) => void} fail every call that waits, and every later one, gets this error
 * @property {() => void} revoked the person has taken the consent back, in this tab or another, or deleted the site's data
 */

/** A worker deletes what it has stored within milliseconds; one that hangs keeps nobody from deleting it. */
const ERASE_TIMEOUT_MS = 5_000;

/** Commands that end a call. */
const ANSWERS = new Set(["Resolve", "Reject"]);

/** @type {Map<string, Runtime>} */
const runtimes = new Map();

/** A worker with Python in it. */
export class Runtime {
  /** @type {Map<string, Listener>} */
  #listeners = new Map();
  /** @type {Line | undefined} */
  #line;
  #startWatch = new StartWatch({ look: () => this.#askWhy(), giveUp: (seconds) => this.#giveUp(seconds) });
  /** @type {{ line: Line, message: string } | undefined} that its worker's script is missing */
  #whySilent;
  #patience = new Patience({
    // Of a worker of the page's own the browser tells when it dies.
    isWaiting: () => this.#line?.isShared === true && [...this.#listeners.values()].some((one) => one.isWaiting()),
    isStarting: () => !this.#hasStarted,
    ask: () => this.post({ type: "Ping" }),
    giveUp: () => this.#connectAnew(),
  });
  #retries = new Retries();
  #generation = 0;
  #assetBase;
  #manifestSha384;
  #hasStarted = false;
  #hasRun = false;
  /** @type {TrackerError | undefined} why Python is not there before the next try */
  #postponement;
  /** @type {(() => void)[]} who waits for the worker to have deleted what is stored */
  #erasing = [];
  /** @type {About | undefined} */
  #about;
  #gone = new AbortController();

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
    this.#manifestSha384 = manifestSha384;
    this.#watchThePage();
    this.#connect();
  }

  /**
   * @param {string} id
   * @param {Listener} listener
   */
  listen(id, listener) {
    this.#listeners.set(id, listener);
    if (this.#hasStarted && this.#about !== undefined) {
      listener.started(this.#about);
    }
    // Once it has all that it needs to answer by itself.
    queueMicrotask(() => {
      if (this.#postponement !== undefined && this.#listeners.get(id) === listener) {
        listener.postponed(this.#postponement);
      }
    });
  }

  get hasStarted() {
    return this.#hasStarted;
  }

  /** @param {FromPage} message */
  post(message) {
    this.#line?.post(message);
    if (message.type === "Open" || (message.type === "Input" && message.call !== null)) {
      this.#beImpatient();
    }
  }

  /**
   * Ends a tracker; the worker ends by itself a while after the last one.
   *
   * @param {string} id
   */
  leave(id) {
    this.#listeners.delete(id);
    this.post({ type: "Forget", tracker: id });
    if (this.#listeners.size === 0 && !this.#hasStarted) {
      this.#stop();
    }
  }

  /**
   * Ends a tracker whose person has taken the consent back. The worker ends all that need one, and deletes what it has
   * stored.
   *
   * @param {string} id
   * @param {string} revocation names the taking back
   * @returns {Promise<void>} once that is done, or takes too long
   */
  async revoke(id, revocation) {
    this.#listeners.delete(id);
    if (this.#line === undefined) {
      if (this.#listeners.size === 0) {
        this.#stop(); // nor is it loaded when the network is back
      }
      return;
    }
    await new Promise((resolve) => {
      this.#erasing.push(() => resolve(undefined));
      setTimeout(resolve, ERASE_TIMEOUT_MS);
      this.post({ type: "Revoke", revocation });
    });
    this.post({ type: "Forget", tracker: id });
    if (this.#listeners.size === 0 && (!this.#hasStarted || this.#line?.isShared === false)) {
      this.#stop();
    }
  }

  get #scriptUrl() {
    return new URL("worker/main.js", this.#assetBase).href;
  }

  #connect() {
    const url = this.#scriptUrl;
    const [assetBase, manifestSha384] = [this.#assetBase, this.#manifestSha384];
    const build = `${manifestSha384} ${this.#generation || ""}`.trim();
    try {
      /** @type {Line} */
      const line = openLine(
        url,
        build,
        { type: "Start", page, assetBase, manifestSha384 },
        {
          hear: (message) => this.#hear(message, line === this.#line),
          die: (said) => line === this.#line && this.#die(said, url, line),
        },
      );
      this.#line = line;
    } catch (error) {
      // The tracker that starts us registers after this.
      queueMicrotask(() => this.#notStarted("LOAD_FAILED", whyNoWorker(url, error), false));
      return;
    }
    this.#startWatch.begin();
  }

  /**
   * On a busy machine Chromium 156 never tells about once in a hundred times that a SharedWorker's script did not load.
   * What its server answers is a reason only if the worker does not come: it may be alive, and only slow. What has run
   * before is tried again anyway.
   */
  async #askWhy() {
    const line = this.#line;
    if (line?.isSilent && !this.#hasRun) {
      const why = await whyNoScript(this.#scriptUrl);
      this.#whySilent = why.isMissing ? { line, message: why.message } : undefined;
    }
  }

  /** @param {number} seconds that it did not start within */
  #giveUp(seconds) {
    // A shared worker that hangs, and may well answer questions, would be connected to again under its name.
    this.#generation += 1;
    // A line that another one took the place of is silent no more.
    if (this.#whySilent?.line.isSilent) {
      this.#notStarted("LOAD_FAILED", this.#whySilent.message, false);
      return;
    }
    this.#notStarted(
      "LOAD_TIMEOUT",
      `The Python runtime did not start within ${seconds} s, and the browser gave no reason. Look in the console ` +
        `for a refused file or a Content-Security-Policy without 'wasm-unsafe-eval'${this.#hasRun ? "" : ", then construct a new Tracker"}.`,
      false,
    );
  }

  /**
   * The worker of before is gone, or ends: another one takes over what waits. A shared one is not bidden farewell: it
   * may be alive and only slow, and what it has said already is still on its way.
   */
  #connectAnew() {
    this.#patience.stop();
    // Firefox goes on to connect to a worker that has ended; one under another name is another one.
    this.#generation += this.#patience.hasHeard ? 0 : 1;
    this.#hasStarted = false;
    this.#line?.drop();
    this.#connect();
    this.#sayAgain();
  }

  #sayAgain() {
    for (const listener of [...this.#listeners.values()]) {
      listener.sayAgain();
    }
  }

  /** Watches over the calls that wait, where nobody would tell of the worker's death. */
  #beImpatient() {
    if (this.#line?.isShared) {
      this.#patience.begin();
    }
  }

  /**
   * @param {ToPage} message
   * @param {boolean} isLatest it comes from the worker that was connected to last
   */
  #hear(message, isLatest) {
    if (!isLatest) {
      // Of one that was only slow an answer is as good as another's; how things stand the latest knows.
      if (message.type === "Commands") {
        this.#listeners.get(message.tracker)?.obey(message.commands.filter(({ type }) => ANSWERS.has(type)));
      }
      return;
    }
    this.#patience.hear();
    switch (message.type) {
      case "Started":
        this.#hasStarted = this.#hasRun = true;
        this.#postponement = undefined;
        this.#about = message.about;
        this.#startWatch.stop();
        this.#patience.stop();
        this.#beImpatient();
        for (const listener of this.#listeners.values()) {
          listener.started(message.about);
        }
        return;
      case "Failed":
        this.#notStarted(
          "LOAD_FAILED",
          `The Python runtime could not be loaded: ${message.message}.`,
          message.isUnreachable,
        );
        return;
      case "Commands":
        this.#listeners.get(message.tracker)?.obey(message.commands);
        return;
      case "Refused": {
        const listener = this.#listeners.get(message.tracker);
        this.#listeners.delete(message.tracker);
        listener?.fail(message.error);
        return;
      }
      case "Revoked": {
        const listener = this.#listeners.get(message.tracker);
        this.#listeners.delete(message.tracker);
        listener?.revoked();
        return;
      }
      case "Erased":
        for (const resolve of this.#erasing.splice(0)) {
          resolve();
        }
        return;
      case "Restarted":
        this.#hasStarted = false;
        this.#startWatch.begin();
        this.#sayAgain();
        return;
      case "Ended":
        if (this.#listeners.size > 0) {
          this.#connectAnew();
        } else {
          this.#stop();
        }
        return;
      case "Pong":
        return;
      default:
        throw new Error(`The worker said ${JSON.stringify(message)}, which this page does not know.`);
    }
  }

  /**
   * @param {string | undefined} message what the browser says of the worker's death; nothing when its script did not load
   * @param {string} url
   * @param {Line} line to that worker
   */
  async #die(message, url, line) {
    if (this.#hasStarted) {
      this.#fail("LOAD_FAILED", `The worker stopped: ${message}. What was counted is kept; construct a new Tracker.`);
    } else if (message) {
      this.#notStarted("LOAD_FAILED", `The worker did not start: ${message}.`, false);
    } else {
      const why = await whyNoScript(url);
      if (this.#line !== line) {
        return; // ended meanwhile, or another one has taken its place
      }
      this.#notStarted("LOAD_FAILED", why.message, why.isUnreachable);
    }
  }

  /**
   * Tries again what has run in this page before: calls and counts wait for it. What fails then is the network, a server
   * that is overloaded, a portal that answers in its place, or a deployment, and passes. Of a first start that fails the
   * developer is to know at once, unless it may be the network alone and the browser says that it is offline.
   *
   * @param {string} code
   * @param {string} message
   * @param {boolean} isUnreachable
   */
  #notStarted(code, message, isUnreachable) {
    if (!this.#hasRun && !(isUnreachable && globalThis.navigator?.onLine === false)) {
      this.#fail(code, message);
      return;
    }
    this.#startWatch.stop();
    this.#patience.stop();
    this.#line?.drop();
    this.#line = undefined;
    this.#hasStarted = false;
    this.#postponement = new TrackerError(code, `${message} It is tried again, and calls wait for it.`);
    for (const listener of this.#listeners.values()) {
      listener.postponed(this.#postponement);
    }
    this.#retries.later(() => this.#connectAnew(), this.#gone.signal);
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
    this.#startWatch.stop();
    this.#patience.stop();
    this.#gone.abort();
    this.#line?.end();
    this.#line = undefined;
    if (runtimes.get(this.#assetBase) === this) {
      runtimes.delete(this.#assetBase);
    }
  }

  #watchThePage() {
    if (typeof window === "undefined") {
      return;
    }
    const { signal } = this.#gone;
    window.addEventListener("pagehide", ({ persisted }) => this.post({ type: persisted ? "Sleep" : "Bye" }), {
      signal,
    });
    const wake = (/** @type {PageTransitionEvent} */ { persisted }) => {
      if (persisted) {
        this.post({ type: "Wake" });
        this.#beImpatient();
      }
    };
    window.addEventListener("pageshow", wake, { signal });
  }
}
