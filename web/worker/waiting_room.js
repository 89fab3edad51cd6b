/** @file What pages say while Python starts, in order. */

import { needsConsent } from "./seat.js";

/** @typedef {import("./page_line.js").PageLine} PageLine */
/** @typedef {Exclude<import("./page_line.js").FromPage, { type: "Start" }>} Said */

export class WaitingRoom {
  /** @type {{ line: PageLine, message: Said, port: MessagePort }[]} */
  #waiting = [];

  /**
   * @param {PageLine} line
   * @param {Said} message
   * @param {MessagePort} port over which it came
   */
  enter(line, message, port) {
    this.#waiting.push({ line, message, port });
  }

  /** @returns {{ line: PageLine, message: Said, port: MessagePort }[]} all, who wait no more */
  leave() {
    return this.#waiting.splice(0);
  }

  /**
   * The consent was taken back: trackers that need one never begin, and their pages hear of it.
   *
   * @param {PageLine} [only] whose trackers; without it everybody's
   */
  endConsented(only) {
    this.#waiting = this.#waiting.filter(({ line, message }) => {
      const isEnded = message.type === "Open" && needsConsent(message.options) && (only ?? line) === line;
      if (isEnded) {
        line.post({ type: "Revoked", tracker: message.tracker });
      }
      return !isEnded;
    });
  }
}
