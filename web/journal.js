/**
 * @file What a page's scans leave on disk while its runtime starts, for the case that the tab is killed before: a keyed
 * digest in place of each barcode. The page writes it and deletes it again; a worker that starts later counts what pages
 * left that are gone.
 *
 * The key is random, of one page load, and never stored, so nobody can find out by trying which barcodes were seen; equal
 * digests of one page load mean equal barcodes, and that is all that counting needs. A page that lives holds a lock.
 *
 * Beside the calls lies a seed, random too: a device that is made while the journal holds calls is made of it, so that a
 * profile that is copied at that time, to be put back or cloned, is one device in each copy, and these calls count once.
 */

import { openExisting } from "./forget.js";

export const JOURNAL_NAME = "dlt-web-journal";
const VERSION = 1;
const CALLS = "calls";
/** Its key in the same object store: databases of pages that knew of no seed have that one only. Calls' keys are lists. */
const SEED = "seed";

/**
 * One call of `scan()`, as it lies on disk.
 *
 * @typedef {object} JournalledCall
 * @property {string} handshakeCode
 * @property {string} page
 * @property {number} number of the call within the page load; below 1 what an earlier runtime of the page has judged,
 *   which is known and counts nothing
 * @property {string} stream digest
 * @property {string} source
 * @property {number | null} timeMs
 * @property {number} calledWallMs
 * @property {number} calledMonotonicMs
 * @property {{ format: unknown, identifier?: unknown, text: string }[]} barcodes `text` is a digest
 */

/** Digests need WebCrypto, and whether a page lives is told by its lock: both exist in secure contexts only. */
export function canJournal() {
  return Boolean(globalThis.crypto?.subtle && globalThis.navigator?.locks && globalThis.indexedDB);
}

/** @param {string} page */
export function lockName(page) {
  return `${JOURNAL_NAME} ${page}`;
}

/**
 * What pages left that are gone.
 *
 * @typedef {object} Left
 * @property {JournalledCall[]} calls by page and number
 * @property {string | null} deviceSeed none where no page has written anything that lies here still, living ones included
 * @property {string[] | null} pages of which calls lie here, living ones included; none where it cannot be read
 */

/**
 * @param {JournalledCall[]} calls
 * @param {string} seed 128 random bits in hexadecimal digits, for the case that there is none
 * @returns {Promise<void>} rejects where the disk is full or storage is forbidden
 */
export async function writeCalls(calls, seed) {
  await inTransaction(await openJournal(), "readwrite", (store) => {
    for (const call of calls) {
      store.put(call, [call.handshakeCode, call.page, call.number]);
    }
    const known = store.get(SEED);
    known.onsuccess = () => known.result ?? store.put(seed, SEED);
  });
}

/**
 * Deletes what a page wrote under a handshake code; with the last calls of all, the seed.
 *
 * @param {string} handshakeCode
 * @param {string} page
 * @param {IDBTransactionDurability} [durability]
 * @returns {Promise<void>}
 */
export async function deleteCalls(handshakeCode, page, durability = "relaxed") {
  const run = (/** @type {IDBObjectStore} */ store) => {
    store.delete(rangeOf(handshakeCode, page));
    const left = store.count(rangeOf());
    left.onsuccess = () => left.result || store.delete(SEED);
  };
  await inJournal("readwrite", run, durability);
}

/**
 * Deletes what pages wrote under a handshake code that is counted, and the seed: there is a device by then.
 *
 * @param {string} handshakeCode
 * @param {string[]} pages
 * @returns {Promise<void>}
 */
export async function clearJournal(handshakeCode, pages) {
  await inJournal("readwrite", (store) => {
    for (const page of pages) {
      store.delete(rangeOf(handshakeCode, page));
    }
    store.delete(SEED);
  });
}

/**
 * Reads what pages left that are gone.
 *
 * A page takes its lock before it writes, and gives it back after it has deleted what was answered. A page without a
 * lock may thus have lived when its calls were read, and have had them answered since: only what still lies there once
 * the lock is known to be free was left.
 *
 * @param {string} handshakeCode
 * @returns {Promise<Left>}
 */
export async function readLeft(handshakeCode) {
  const { calls, deviceSeed } = await read(handshakeCode);
  const pages = [...new Set(calls.map(({ page }) => page))];
  if (calls.length === 0) {
    return { calls, deviceSeed, pages };
  }
  const { held = [] } = await navigator.locks.query();
  const living = new Set(held.map(({ name }) => name));
  const gone = new Set(pages.filter((page) => !living.has(lockName(page))));
  // A page that began to write only now is not among them, and may live.
  const left = gone.size === 0 ? [] : (await read(handshakeCode)).calls.filter(({ page }) => gone.has(page));
  return { calls: left, deviceSeed, pages };
}

/**
 * @param {string} handshakeCode
 * @returns {Promise<Pick<Left, "calls" | "deviceSeed">>} of all pages, living ones included
 */
async function read(handshakeCode) {
  const left = await inJournal("readonly", (store) => {
    const seed = store.get(SEED);
    const calls = store.getAll(rangeOf(handshakeCode));
    return () => ({ calls: calls.result, deviceSeed: seed.result ?? null });
  });
  return left ?? { calls: [], deviceSeed: null };
}

/** @param {string[]} start handshake code and page, or fewer of them */
function rangeOf(...start) {
  // A list sorts after every text and number.
  return IDBKeyRange.bound(start, [...start, []]);
}

/**
 * Opens the database for one transaction: an open connection would stand in the way of whoever deletes it.
 *
 * @template T
 * @param {IDBDatabase} database
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => (() => T) | void} run makes requests, and returns what reads their results
 * @param {IDBTransactionDurability} [durability]
 * @returns {Promise<T>}
 */
function inTransaction(database, mode, run, durability = "relaxed") {
  return new Promise((resolve, reject) => {
    database.onversionchange = () => database.close();
    try {
      const transaction = database.transaction(CALLS, mode, { durability });
      const readResults = run(transaction.objectStore(CALLS));
      /** @type {DOMException | null} */
      let failure = null;
      transaction.oncomplete = () => resolve(/** @type {T} */ (readResults?.()));
      transaction.onabort = () => reject(transaction.error ?? failure);
      transaction.onerror = (event) => {
        // Else Firefox reports it to the whole page. And the rest must not be done without what failed, nor called done.
        event.preventDefault();
        failure ??= /** @type {IDBRequest} */ (event.target).error;
        try {
          transaction.abort();
        } catch {
          // It has ended already, and tells so each request that was still to come.
        }
      };
    } catch (error) {
      reject(error);
    } finally {
      database.close();
    }
  });
}

/**
 * Runs a transaction where there is a journal: only what is written makes one.
 *
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => (() => T) | void} run
 * @param {IDBTransactionDurability} [durability]
 * @returns {Promise<T | undefined>} nothing where there is none
 */
async function inJournal(mode, run, durability) {
  const database = await openExisting(JOURNAL_NAME, VERSION);
  return database === null ? undefined : inTransaction(database, mode, run, durability);
}

/** @returns {Promise<IDBDatabase>} made where there is none */
function openJournal() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(JOURNAL_NAME, VERSION);
    opening.onupgradeneeded = () => opening.result.createObjectStore(CALLS);
    opening.onerror = (event) => {
      event.preventDefault();
      reject(opening.error);
    };
    opening.onsuccess = () => resolve(opening.result);
  });
}
