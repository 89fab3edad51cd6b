/** @file The calls of an app that wait for their answers. */

import { ignorable } from "./promises.js";

/** @typedef {Extract<import("./line.js").FromPage, { type: "Input" }> & { call: string }} Message */
/**
 * A call, and the message that says it.
 *
 * @typedef {object} Call
 * @property {string} type of the input
 * @property {Message | null} message `null` for `ready`, which nobody says; without an input until it is written
 * @property {{ decoded: unknown, how: Omit<import("./journal.js").SaidScan, "barcodes"> | null } | null} given what the app
 *   handed over, until it is read
 * @property {import("./journal.js").SaidScan | null} scan
 */
/** @typedef {Call & { message: Message }} SaidCall */
/**
 * A call that waits for its answer.
 *
 * @typedef {Call & { resolve: (value: any) => void, reject: (error: import("./errors.js").TrackerError) => void }} Waiting
 */

/** The calls of one tracker, by name. */
export class Calls {
  /** @type {Map<string, Waiting>} */
  #waiting = new Map();

  get size() {
    return this.#waiting.size;
  }

  /**
   * @param {string} name
   * @param {Call} call
   * @returns {Promise<any>} which the app may ignore
   */
  promise(name, call) {
    return ignorable(
      new Promise((resolve, reject) => this.#waiting.set(name, Object.assign(call, { resolve, reject }))),
    );
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

  /** The calls that wait and are said, in order. */
  said() {
    return /** @type {(SaidCall & Waiting)[]} */ (
      [...this.#waiting.values()].filter(({ message }) => message !== null)
    );
  }

  /** @param {import("./errors.js").TrackerError} error every call that waits gets it */
  fail(error) {
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
    this.#waiting.clear();
  }
}
