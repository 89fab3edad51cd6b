/** Tells screen readers what was counted, at most every two seconds, each change of the license, and new notices. */

import { number } from "./words.js";

const EVERY_MS = 2000;

export class Announcer {
  #region;
  #fresh = 0;
  #total = 0;
  #license = "";
  /** Those that are shown. */
  #notices = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {string[]} */
  #waiting = [];

  /** @param {HTMLElement} region a polite live region */
  constructor(region) {
    this.#region = region;
  }

  /** Duplicates are silent. @param {number} count */
  countScans(count) {
    if (count === 0) return;
    this.#fresh += count;
    this.#total += count;
    this.#schedule();
  }

  /** @param {string} words */
  sayLicense(words) {
    if (words === this.#license) return;
    this.#license = words;
    this.#waiting.push(`License: ${words}`);
    this.#schedule();
  }

  /** Each once, for as long as it is shown. @param {string[]} titles of all that are shown */
  sayNotices(titles) {
    const fresh = titles.filter((title) => !this.#notices.has(title));
    this.#notices = new Set(titles);
    if (fresh.length === 0) return;
    this.#waiting.push(...fresh.map((title) => `${title}.`));
    this.#schedule();
  }

  #schedule() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#fresh) this.#waiting.push(`${number(this.#fresh)} counted, ${number(this.#total)} in all.`);
      this.#fresh = 0;
      this.#region.textContent = this.#waiting.join(" ");
      this.#waiting = [];
    }, EVERY_MS);
  }
}
