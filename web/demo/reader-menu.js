/** The menu of barcode readers: one of them, or all, to see that one printed code counts once whoever reads it. */
import { READERS } from "./decoder.js";
import { byId, element } from "./dom.js";
import { isThere } from "./readers/native.js";

/** @typedef {import("./decoder.js").Failure} Failure */
/** @typedef {import("./decoder.js").ReaderId} ReaderId */
/** @typedef {import("./settings.js").Settings} Settings */

/** Those that every browser can run, as the menu lists them. @type {ReaderId[]} */
const EVERYWHERE = ["zxing-wasm", "barcode-detector", "zxing-library", "quagga2"];
const ALL = "all";

export class ReaderMenu {
  #settings;
  #decoder;
  #onChange;
  #menu = /** @type {HTMLSelectElement} */ (byId("reader"));
  /** @type {ReaderId[]} */
  #there = [...EVERYWHERE];
  #turn = 0;

  /**
   * @param {Settings} settings changed here
   * @param {import("./decoder.js").Decoder} decoder
   * @param {{ changed: () => void, failed: (failures: Failure[], others: number) => void }} on `changed` when a choice was made; `failed` with those of it that could not be loaded, and how many could
   */
  constructor(settings, decoder, on) {
    this.#settings = settings;
    this.#decoder = decoder;
    this.#onChange = on;
    this.#menu.append(
      ...EVERYWHERE.map((id) => {
        const { name, limits } = READERS[id];
        return element("option", { value: id }, limits ? `${name}, ${limits}` : name);
      }),
      element("option", { value: ALL }, "All, in turn"),
    );
    this.#menu.addEventListener("change", () => void this.#choose(this.#menu.value));
    void this.#start();
  }

  async #start() {
    if (await isThere()) {
      this.#there.splice(1, 0, "native");
      this.#menu.options[0].after(element("option", { value: "native" }, `${READERS.native.name} of this browser`));
    }
    const wanted = this.#settings.reader;
    const isOffered = [...this.#menu.options].some(({ value }) => value === wanted);
    this.#settings.reader = EVERYWHERE[0]; // which reads until another one is loaded
    await this.#choose(isOffered ? wanted : this.#settings.reader);
  }

  /** @param {string} wanted one of the menu's values */
  async #choose(wanted) {
    const turn = ++this.#turn;
    this.#menu.value = wanted;
    this.#menu.setAttribute("aria-busy", "true");
    const readers = wanted === ALL ? this.#there : this.#there.filter((id) => id === wanted);
    const failures = await this.#decoder.load(readers);
    if (turn !== this.#turn) return; // another choice was made meanwhile
    const loaded = readers.filter((id) => !failures.some((failure) => failure.id === id));
    if (loaded.length) {
      this.#decoder.use(loaded);
      this.#settings.reader = wanted;
    }
    this.#menu.value = this.#settings.reader;
    this.#menu.removeAttribute("aria-busy");
    this.#onChange.changed();
    if (failures.length) this.#onChange.failed(failures, loaded.length);
  }
}
