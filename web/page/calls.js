/** @file The calls of an app that wait for their answers. */

import { ignorable } from "./promises.js";

/** @typedef {import("./errors.js").TrackerError} TrackerError */
/**
 * A call that waits for its answer, and the message that says it.
 *
 * @typedef {object} Waiting
 * @property {(value: any) => void} resolve
 * @property {(error: TrackerError) => void} reject
 * @property {Extract<import("./line.js").FromPage, { type: "Input" }> | null} message `null` for `ready`, which nobody says
 * @property {import("./journal.js").SaidScan | null} scan
 */

/** The calls of one tracker, by name. */
export class Calls {
  /** @type {Map<string, Waiting>} */
  #waiting = new Map();

  get size() {
    return this.#waiting.size;
  }

  /**
   * @param {string} call
   * @param {Waiting["message"]} message
   * @param {Waiting["scan"]} scan
   * @returns {Promise<any>} which the app may ignore
   */
  promise(call, message, scan) {
    return ignorable(new Promise((resolve, reject) => this.#waiting.set(call, { resolve, reject, message, scan })));
  }

  /**
   * Hands over a call that is answered.
   *
   * @param {string} call
   */
  take(call) {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    return waiting;
  }

  /** What says the calls that wait, in order, and what was scanned with each. */
  said() {
    return [...this.#waiting.values()].flatMap(({ message, scan }) => (message === null ? [] : [{ message, scan }]));
  }

  /** @param {TrackerError} error every call that waits gets it */
  fail(error) {
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
    this.#waiting.clear();
  }
}
