/** @file The store where the browser gives none that lasts. */

/** @typedef {import("./store.js").Store} Store */

/**
 * Keeps records until the worker ends.
 *
 * @implements {Store}
 */
export class MemoryStore {
  #revision = 0;
  /** @type {Map<string, string>} as JSON text, so that nobody's later change of a value reaches in here */
  #records = new Map();

  /** @returns {Promise<import("./store.js").Content>} */
  async load() {
    return { storage: "memory", revision: this.#revision, records: this.#copy() };
  }

  /**
   * @param {import("./store.js").Change} change
   * @returns {Promise<import("./store.js").Outcome>}
   */
  async commit(change) {
    if (change.expectedRevision !== this.#revision) {
      return { applied: false, revision: this.#revision, records: this.#copy() };
    }
    for (const [key, value] of Object.entries(change.put)) {
      this.#records.set(key, JSON.stringify(value));
    }
    for (const key of change.delete) {
      this.#records.delete(key);
    }
    this.#revision += 1;
    return { applied: true, revision: this.#revision };
  }

  /** @returns {import("./store.js").Records} */
  #copy() {
    return Object.fromEntries([...this.#records].map(([key, text]) => [key, JSON.parse(text)]));
  }
}
