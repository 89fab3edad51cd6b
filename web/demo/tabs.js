/** How many tabs of this origin are open: they greet each other over a channel. */

const CHANNEL = "dlt-web demo tabs";
/** A tab that was killed says no goodbye; the living repeat themselves. */
const REPEAT_MS = 4000;

export class OpenTabs extends EventTarget {
  #channel = new BroadcastChannel(CHANNEL);
  #name = String(Math.random());
  /** @type {Map<string, number>} other tabs, with when they were heard last */
  #others = new Map();

  constructor() {
    super();
    this.#channel.addEventListener("message", ({ data }) => this.#hear(data));
    this.#say("hello");
    setInterval(() => {
      this.#say("here");
      for (const [name, heardAt] of this.#others) {
        // A tab in the background runs its timers once a minute at worst.
        if (performance.now() - heardAt > 75_000) this.#others.delete(name);
      }
    }, REPEAT_MS);
    addEventListener("pagehide", () => this.#say("bye"));
    addEventListener("pageshow", () => this.#say("hello"));
  }

  /** This one included. */
  get count() {
    return this.#others.size + 1;
  }

  /** @param {{ word: string, name: string }} message */
  #hear({ word, name }) {
    const before = this.#others.size;
    if (word === "bye") this.#others.delete(name);
    else this.#others.set(name, performance.now());
    if (word === "hello") this.#say("here");
    if (this.#others.size !== before) this.dispatchEvent(new Event("change"));
  }

  /** @param {string} word */
  #say(word) {
    this.#channel.postMessage({ word, name: this.#name });
  }
}
