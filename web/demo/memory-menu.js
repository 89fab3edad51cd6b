/** The menu of the forget time and its mode, with the sentence that explains the ring. */
import { byId, element } from "./dom.js";
import { FORGET_TIMES_MS, MODES, readMode } from "./settings.js";

/** @typedef {import("./settings.js").Settings} Settings */

/** @type {Record<string, string>} */
const WORDS = {
  sliding: "Each sighting refills it. Once empty, the code counts again.",
  fixed: "A sighting does not refill it. Once empty, the code counts again.",
  session: "It stays closed: each code counts once until the page is closed.",
  off: "It is off: a code counts in every picture that it is in.",
};

export class MemoryMenu {
  #settings;
  #time = /** @type {HTMLSelectElement} */ (byId("forget-time"));
  #mode = /** @type {HTMLSelectElement} */ (byId("forget-mode"));

  /**
   * @param {Settings} settings changed here
   * @param {() => void} onChange
   */
  constructor(settings, onChange) {
    this.#settings = settings;
    this.#time.replaceChildren(...FORGET_TIMES_MS.map((ms) => element("option", { value: ms }, `${ms / 1000} s`)));
    this.#mode.replaceChildren(...MODES.map((mode) => element("option", { value: mode }, mode)));
    this.#time.addEventListener("change", () => {
      settings.forgetTimeMs = Number(this.#time.value);
      onChange();
    });
    this.#mode.addEventListener("change", () => {
      settings.mode = readMode(this.#mode.value);
      onChange();
    });
  }

  show() {
    const { forgetTimeMs, mode } = this.#settings;
    this.#time.value = String(forgetTimeMs);
    this.#mode.value = mode;
    const words = WORDS[forgetTimeMs === 0 ? "off" : mode];
    byId("memory-words").replaceChildren(element("strong", {}, "The ring is the memory."), ` ${words}`);
  }
}
