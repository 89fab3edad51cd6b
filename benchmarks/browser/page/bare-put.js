/** @file The least that keeping something costs: one put in one transaction, from the page, in plain JavaScript. */

const STORE = "bare";

export class BarePut {
  /** @type {Promise<IDBDatabase> | undefined} */
  #database;
  #count = 0;

  /** @returns {Promise<void>} once the transaction is complete */
  async put() {
    this.#database ??= open();
    const database = await this.#database;
    this.#count += 1;
    const value = { count: this.#count, counts: { qr_code: this.#count } };
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, "readwrite", { durability: "relaxed" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      transaction.objectStore(STORE).put(value, "count");
    });
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(STORE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
