/**
 * @file What a page's scans leave on disk while its runtime starts, for the case that the tab is killed before: a keyed
 * digest in place of each barcode. The page writes it and deletes it again; a worker that starts later counts what pages
 * left that are gone.
 *
 * The key is random, of one page load, and never stored, so nobody can find out by trying which barcodes were seen; equal
 * digests of one page load mean equal barcodes, and that is all that counting needs. A page that lives holds a lock.
 */

const DATABASE_NAME = "dlt-web-journal";
const CALLS = "calls";

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
  return `${DATABASE_NAME} ${page}`;
}

/**
 * @param {JournalledCall[]} calls
 * @returns {Promise<void>} rejects where the disk is full or storage is forbidden
 */
export async function writeCalls(calls) {
  await inTransaction("readwrite", (store) => {
    for (const call of calls) {
      store.put(call, [call.handshakeCode, call.page, call.number]);
    }
  });
}

/**
 * Deletes what pages wrote under a handshake code.
 *
 * @param {string} handshakeCode
 * @param {string[]} pages
 * @returns {Promise<void>}
 */
export async function deleteCalls(handshakeCode, pages) {
  await inTransaction("readwrite", (store) => {
    for (const page of pages) {
      store.delete(rangeOf(handshakeCode, page));
    }
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
 * @returns {Promise<JournalledCall[]>} by page and number
 */
export async function readLeftCalls(handshakeCode) {
  const written = await readCalls(handshakeCode);
  if (written.length === 0) {
    return [];
  }
  const { held = [] } = await navigator.locks.query();
  const living = new Set(held.map(({ name }) => name));
  const gone = new Set(written.map(({ page }) => page).filter((page) => !living.has(lockName(page))));
  // A page that began to write only now is not among them, and may live.
  return gone.size === 0 ? [] : (await readCalls(handshakeCode)).filter(({ page }) => gone.has(page));
}

/**
 * @param {string} handshakeCode
 * @returns {Promise<JournalledCall[]>} by page and number
 */
function readCalls(handshakeCode) {
  return inTransaction("readonly", (store) => store.getAll(rangeOf(handshakeCode)));
}

/**
 * @param {string} handshakeCode
 * @param {string} [page]
 */
function rangeOf(handshakeCode, page) {
  const start = page === undefined ? [handshakeCode] : [handshakeCode, page];
  // A list sorts after every text and number.
  return IDBKeyRange.bound(start, [...start, []]);
}

/**
 * Opens the database for one transaction: an open connection would stand in the way of whoever deletes it.
 *
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<any> | void} run
 * @returns {Promise<any>} what the returned request gave
 */
function inTransaction(mode, run) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE_NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(CALLS);
    opening.onerror = (event) => {
      event.preventDefault();
      reject(opening.error);
    };
    opening.onsuccess = () => {
      const database = opening.result;
      database.onversionchange = () => database.close();
      try {
        const transaction = database.transaction(CALLS, mode, { durability: "relaxed" });
        const request = run(transaction.objectStore(CALLS));
        transaction.oncomplete = () => resolve(request?.result);
        transaction.onabort = () => reject(transaction.error);
        transaction.onerror = (event) => event.preventDefault();
      } catch (error) {
        reject(error);
      } finally {
        database.close();
      }
    };
  });
}
