/** @file What outlives the worker, in IndexedDB: the device, and the reports. */

import { keyOf } from "./queue.js";

/** @typedef {import("./queue.js").Report} Report */

const DATABASE = "js-tracker";
const DEVICE = "device";
const REPORTS = "reports";

export class Store {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** @returns {Promise<Store>} */
  static open() {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(DEVICE);
        request.result.createObjectStore(REPORTS);
      };
      request.onsuccess = () => resolve(new Store(request.result));
      request.onerror = () => reject(request.error);
    });
  }

  /**
   * Reads all; makes the device's name where there is none, in the same transaction, so that two tabs never make two.
   *
   * @returns {Promise<{ uuid: string, reports: Report[] }>}
   */
  async load() {
    const transaction = this.#database.transaction([DEVICE, REPORTS], "readwrite", { durability: "strict" });
    const device = transaction.objectStore(DEVICE);
    const found = device.get("uuid");
    const reports = transaction.objectStore(REPORTS).getAll();
    let uuid = "";
    found.onsuccess = () => {
      uuid = found.result ?? crypto.randomUUID();
      if (found.result === undefined) {
        device.put(uuid, "uuid");
      }
    };
    await completed(transaction);
    return { uuid, reports: reports.result };
  }

  /**
   * @param {{ put: Iterable<Report>, drop: Iterable<Report> }} change
   * @returns {Promise<void>} once it is on disk
   */
  async save({ put, drop }) {
    const transaction = this.#database.transaction(REPORTS, "readwrite", { durability: "relaxed" });
    const reports = transaction.objectStore(REPORTS);
    for (const report of put) {
      reports.put(report, keyOf(report));
    }
    for (const report of drop) {
      reports.delete(keyOf(report));
    }
    await completed(transaction);
  }
}

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
function completed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
