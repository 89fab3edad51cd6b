/** @file When the tracker begins to work: nothing of it may stand in the way of the page that it counts for. */

import { erased } from "./consent.js";
import { askEarly } from "./early.js";
import { loadEngine } from "./load.js";

/** @typedef {import("./load.js").Engine} Engine */
/** @typedef {import("./line.js").FromPage} FromPage */
/** @typedef {import("../worker/page_line.js").Said} Said */

/**
 * @typedef {object} LateListener
 * @property {(engine: Engine) => InstanceType<Engine["Work"]>} loaded the code is here that talks to the runtime; gives
 *   who listens to it
 * @property {(error: import("./errors.js").TrackerError) => void} fail it is not, and will not be
 */

/** A page that is never idle is counted all the same. */
const IDLE_WAIT_MS = 1000;

/** The page's runtime as a tracker sees it: begun late, and until then a list of what it will be told. */
export class LateRuntime {
  #id;
  #given;
  #listener;
  /** @type {InstanceType<Engine["Runtime"]> | undefined} */
  #runtime;
  /** @type {Said[]} */
  #unsaid = [];
  #hasBegun = false;
  #isOver = false;

  /**
   * @param {string} id of the tracker
   * @param {import("./options.js").Given} given
   * @param {LateListener} listener hears of the code that talks to the runtime
   */
  constructor(id, given, listener) {
    this.#id = id;
    this.#given = given;
    this.#listener = listener;
  }

  get hasBegun() {
    return this.#hasBegun;
  }

  /** Python answers. */
  get hasStarted() {
    return this.#runtime?.hasStarted ?? false;
  }

  /** Starts the runtime in a moment in which the page has nothing to do. */
  beginSoon() {
    whenIdle(() => this.begin());
  }

  /** Starts the runtime, or joins the one that runs; once. What is being deleted is gone before. */
  begin() {
    if (!this.#hasBegun && !this.#isOver) {
      this.#hasBegun = true;
      erased().then(() => this.#isOver || askEarly(this.#given));
      Promise.all([loadEngine(), erased()]).then(
        ([engine]) => this.#join(engine),
        (error) => this.#isOver || this.#listener.fail(error),
      );
    }
  }

  /** @param {FromPage} message */
  post(message) {
    if (this.#runtime === undefined) {
      this.#unsaid.push(/** @type {Said} */ (message));
    } else {
      this.#runtime.post(message);
    }
  }

  /** The tracker has ended: what has not begun will not. */
  leave() {
    this.#isOver = true;
    this.#runtime?.leave(this.#id);
  }

  /**
   * The person has taken the consent back.
   *
   * @param {string} revocation names the taking back
   * @returns {Promise<void> | undefined} settles when the worker has ended the tracker and deleted what it stored
   */
  revoke(revocation) {
    this.#isOver = true;
    return this.#runtime?.revoke(this.#id, revocation);
  }

  /** @param {Engine} engine */
  #join(engine) {
    if (this.#isOver) {
      return;
    }
    const { assetBase, manifestSha384 } = this.#given;
    this.#runtime = engine.Runtime.at(assetBase, manifestSha384);
    const work = this.#listener.loaded(engine);
    this.#runtime.listen(this.#id, work);
    // Of a call that was refused when it was read there is nothing to say.
    work.open(this.#unsaid.splice(0).filter(({ input }) => input !== ""));
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
