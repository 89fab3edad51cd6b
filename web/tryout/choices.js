/** What can be chosen on the page: how long a barcode is remembered, in which mode, and what the stand-in's license says. */

import { byId, element } from "../demo/dom.js";
import { FORGET_TIMES_MS, MODES, readMode } from "../demo/settings.js";

const USUAL_FORGET_TIME_MS = 3000;

export class Choices {
  #time = /** @type {HTMLSelectElement} */ (byId("forget-time"));
  #mode = /** @type {HTMLSelectElement} */ (byId("forget-mode"));
  #license = /** @type {HTMLSelectElement} */ (byId("license"));

  /** @param {() => void} changed */
  constructor(changed) {
    this.#time.replaceChildren(...FORGET_TIMES_MS.map((ms) => element("option", { value: ms }, `${ms / 1000} s`)));
    this.#mode.replaceChildren(...MODES.map((mode) => element("option", { value: mode }, mode)));
    this.#time.value = String(USUAL_FORGET_TIME_MS);
    // A browser that comes back to the page may fill in what was chosen before.
    this.#license.value = this.#license.options[0].value;
    for (const select of [this.#time, this.#mode, this.#license]) select.addEventListener("change", changed);
  }

  get chosen() {
    return {
      forgetTimeMs: Number(this.#time.value),
      mode: readMode(this.#mode.value),
      handshakeCode: this.#license.value,
    };
  }
}
