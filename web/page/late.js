/** @file When the tracker begins to work: nothing of it may stand in the way of the page that it counts for. */

import { TrackerError } from "./errors.js";

/** @typedef {typeof import("./engine.js")} Engine */
/** @typedef {import("./line.js").FromPage} FromPage */

/** @typedef {import("./runtime.js").Listener & { loaded: (engine: Engine) => void }} LateListener */

/** A page that is never idle is counted all the same. */
const IDLE_WAIT_MS = 1000;

/** Some failures are never reported by the browser, so waiting has an end. */
const LOAD_TIMEOUT_MS = 60_000;

/** The page's runtime as a tracker sees it: begun late, and until then a list of what it will be told. */
export class LateRuntime {
  #id;
  #given;
  #listener;
  /** @type {InstanceType<Engine["Runtime"]> | undefined} */
  #runtime;
  /** @type {FromPage[]} */
  #unsaid = [];
  #hasBegun = false;
  #isOver = false;

  /**
   * @param {string} id of the tracker
   * @param {import("./options.js").Given} given
   * @param {LateListener} listener hears of the runtime, and before that of the code that talks to it
   */
  constructor(id, given, listener) {
    this.#id = id;
    this.#given = given;
    this.#listener = listener;
    whenIdle(() => this.begin());
  }

  get hasBegun() {
    return this.#hasBegun;
  }

  /** Python answers. */
  get hasStarted() {
    return this.#runtime?.hasStarted ?? false;
  }

  /** Starts the runtime, or joins the one that runs; once. */
  begin() {
    if (!this.#hasBegun && !this.#isOver) {
      this.#hasBegun = true;
      loadEngine().then(
        (engine) => this.#join(engine),
        (error) => this.#listener.fail(error),
      );
    }
  }

  /** @param {FromPage} message */
  post(message) {
    if (this.#runtime === undefined) {
      this.#unsaid.push(message);
    } else {
      this.#runtime.post(message);
    }
  }

  /** The tracker has ended: what has not begun will not. */
  leave() {
    this.#isOver = true;
    this.#runtime?.leave(this.#id);
  }

  /** @param {Engine} engine */
  #join(engine) {
    if (this.#isOver) {
      return;
    }
    const { assetBase, manifestSha384 } = this.#given;
    this.#runtime = engine.Runtime.at(assetBase, manifestSha384);
    this.#runtime.listen(this.#id, this.#listener);
    this.#listener.loaded(engine);
    for (const message of this.#unsaid.splice(0)) {
      // Of a call that was refused when it was read there is nothing to say.
      if (message.type !== "Input" || message.input !== "") {
        this.post(message);
      }
    }
  }
}

/** @param {() => void} begin called in a moment in which the page has nothing to do */
function whenIdle(begin) {
  // Safari has no such thing. Nobody waits for a page in the background, where idle moments are 10 s apart.
  if (typeof requestIdleCallback === "undefined" || document.hidden) {
    setTimeout(begin, 0);
  } else {
    requestIdleCallback(begin, { timeout: IDLE_WAIT_MS });
  }
}

/**
 * @returns {Promise<Engine>}
 * @throws {TrackerError} `LOAD_FAILED` or `LOAD_TIMEOUT`
 */
function loadEngine() {
  return new Promise((resolve, reject) => {
    const seconds = LOAD_TIMEOUT_MS / 1000;
    const giveUp = () => reject(new TrackerError("LOAD_TIMEOUT", `page/engine.js did not come within ${seconds} s.`));
    const watchdog = setTimeout(giveUp, LOAD_TIMEOUT_MS);
    import("./engine.js")
      .then(resolve, (error) =>
        reject(new TrackerError("LOAD_FAILED", `page/engine.js could not be loaded: ${error}.`)),
      )
      .finally(() => clearTimeout(watchdog));
  });
}
