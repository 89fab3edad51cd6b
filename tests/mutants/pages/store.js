/** @file Where the honest tracker keeps its device and its reports: IndexedDB, or memory where there is none. */

import { keyOf } from "/js-tracker/queue.js";

const DATABASE = "honest-tracker";

/** @param {IDBRequest | IDBTransaction} work */
export function done(work) {
  return new Promise((resolve, reject) => {
    const yes = () => resolve(/** @type {any} */ (work).result);
    const no = () => reject(work.error ?? new Error("the storage gave up"));
    work.onsuccess = yes;
    work.oncomplete = yes;
    work.onerror = no;
    work.onabort = no;
  });
}

export class IndexedStore {
  kind = "indexeddb";
  isGone = false;
  #database;

  /**
   * @param {IDBDatabase} database
   * @param {() => void} gone called when somebody purges it
   */
  constructor(database, gone) {
    this.#database = database;
    const leave = () => {
      this.isGone = true;
      database.close();
      gone();
    };
    database.onclose = leave;
    database.onversionchange = leave;
  }

  /** @param {() => void} gone */
  static async open(gone) {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("device");
      request.result.createObjectStore("reports");
    };
    return new IndexedStore(await done(request), gone);
  }

  /** Reads all; makes the device in the same transaction where there is none. */
  async load(newUuid) {
    const transaction = this.#database.transaction(["device", "reports"], "readwrite");
    const device = transaction.objectStore("device");
    const found = device.get("uuid");
    const reports = transaction.objectStore("reports").getAll();
    let uuid;
    found.onsuccess = () => {
      uuid = found.result ?? newUuid();
      device.put(uuid, "uuid");
    };
    await done(transaction);
    return { uuid, reports: reports.result };
  }

  /** Reads and writes the device in two transactions, between which another tab may do the same. */
  async loadInTwoSteps(newUuid, pauseMs) {
    const found = await done(this.#database.transaction("device").objectStore("device").get("uuid"));
    const uuid = found ?? newUuid();
    await new Promise((resolve) => setTimeout(resolve, found === undefined ? pauseMs : 0));
    const transaction = this.#database.transaction("device", "readwrite");
    transaction.objectStore("device").put(uuid, "uuid");
    await done(transaction);
    return uuid;
  }

  async save({ put, drop }) {
    const transaction = this.#database.transaction("reports", "readwrite");
    const reports = transaction.objectStore("reports");
    for (const report of put) reports.put(report, keyOf(report));
    for (const report of drop) reports.delete(keyOf(report));
    await done(transaction);
  }
}

export class MemoryStore {
  kind = "memory";
  isGone = false;

  async load(newUuid) {
    return { uuid: newUuid(), reports: [] };
  }

  async save() {}
}
