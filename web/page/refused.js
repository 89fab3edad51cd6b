/** @file What stands behind a `Tracker` whose options could not even be read: it counts nothing and says why. */

import { explainPage } from "./explain.js";
import { ignorable } from "./promises.js";
import { NOTHING_KNOWN } from "./state.js";

/** Offers what a `SharedTracker` offers; every promise is rejected with the one error. */
export class RefusedTracker {
  state = NOTHING_KNOWN;
  /** @type {Pick<import("./consent.js").Consent, "state" | "grant" | "revoke">} */
  consent = { state: "not-required", grant() {}, revoke: () => this.#refusal() };
  #error;
  #constructedAt = Date.now();

  /** @param {import("./errors.js").TrackerError} error */
  constructor(error) {
    this.#error = error;
    /** @type {Promise<void>} */
    this.ready = this.#refusal();
  }

  /** @returns {Promise<never>} */
  call() {
    return this.#refusal();
  }

  /** @returns {Promise<never>} */
  scan() {
    return this.#refusal();
  }

  /** @returns {Promise<import("./explain.js").Explanation>} */
  async explain() {
    const timings = {
      constructedAt: this.#constructedAt,
      startedAfterMs: null,
      readyAfterMs: 0,
      firstScanAfterMs: null,
    };
    return explainPage({
      assetBase: "",
      manifestSha384: "",
      runtime: null,
      timings,
      waitingCalls: 0,
      readers: [],
      failure: this.#error,
      consent: this.consent.state,
      state: this.state,
      tracker: null,
    });
  }

  /** @returns {Promise<void>} there is nothing to close */
  async leave() {}

  /** @returns {Promise<never>} */
  #refusal() {
    return ignorable(Promise.reject(this.#error));
  }
}
