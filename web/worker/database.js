/**
 * @file The IndexedDB side of the store: open, read, and commit, each time-boxed.
 *
 * Object store `meta` holds one entry, the head: the revision, a random name of the database (a database that was
 * deleted and made anew has another), and the random tokens of the last commits. A commit whose end was not seen can
 * be run again under its token: if the first run reached the disk, the second finds the token and changes nothing.
 *
 * A transaction lives only as long as its callbacks go on making requests, so nothing is awaited inside one.
 */

import { randomHex } from "./random.js";

/** @typedef {import("./store.js").Records} Records */
/** @typedef {import("./store.js").Change} Change */
/** @typedef {{ revision: number, name: string, tokens: string[] }} Head */
/** @typedef {{ head: Head, records: Records }} Found */

/**
 * `head` is what the database has now.
 *
 * @typedef {{ end: "applied", revision: number, head: Head }
 *   | { end: "conflict", head: Head, records: Records }
 *   | { end: "purged" }} CommitEnd
 */

const VERSION = 1;
const META = "meta";
const RECORDS = "records";
const HEAD = "head";

/** Safari may never answer the first open of a session, and a pending deletion blocks one; healthy ones take < 50 ms. */
const OPEN_TIMEOUT_MS = 5_000;

/** A transaction of a few records takes 1–3 ms; another tab's may be in front, a frozen tab's for ever. */
const TRANSACTION_TIMEOUT_MS = 10_000;

/** A second run comes seconds after the first; so many commits of other tabs may lie between and are told apart. */
const MAX_TOKEN_COUNT = 64;

/** There is no such database, and none was to be made. */
export class NoDatabaseError extends Error {
  /** @override */
  name = "NoDatabaseError";
}

/**
 * Opens the database.
 *
 * @param {string} databaseName
 * @param {boolean} mayCreate whether it is made if there is none
 * @param {(database: IDBDatabase) => void} onLost called once when the connection was closed from outside: data purged,
 *   database deleted, a newer version of it wanted, or the browser lost it
 * @returns {Promise<IDBDatabase>} rejects with `NoDatabaseError`, or as the browser does
 */
export function openDatabase(databaseName, mayCreate, onLost) {
  return timeBoxed("IndexedDB gave no answer to open()", OPEN_TIMEOUT_MS, (resolve, reject, onTimeout) => {
    // Where storage is forbidden the mere look at `indexedDB` may throw.
    const request = globalThis.indexedDB.open(databaseName, VERSION);
    let isLate = false;
    onTimeout(() => {
      isLate = true;
    });
    let isRefused = false;
    request.onupgradeneeded = () => {
      if (!mayCreate) {
        isRefused = true;
        request.transaction?.abort();
        return;
      }
      request.result.createObjectStore(RECORDS);
      request.result.createObjectStore(META).put(newHead(), HEAD);
    };
    request.onerror = (event) => {
      event.preventDefault();
      reject(isRefused ? new NoDatabaseError(`there is no database ${databaseName}`) : request.error);
    };
    request.onsuccess = () => {
      const database = request.result;
      if (isLate) {
        database.close();
        return;
      }
      const lose = () => {
        database.onclose = null;
        database.onversionchange = null;
        // Somebody waits to delete or upgrade: closing lets a running transaction finish, then makes room.
        database.close();
        onLost(database);
      };
      database.onclose = lose;
      database.onversionchange = lose;
      resolve(database);
    };
  });
}

/**
 * Reads everything.
 *
 * @param {IDBDatabase} database
 * @returns {Promise<Found>}
 */
export function readDatabase(database) {
  return runTransaction(database, "relaxed", ({ meta, records }, finish) => {
    meta.get(HEAD).onsuccess = ({ target }) => {
      const head = resultOf(target) ?? newHead();
      // Missing only if somebody emptied the object store by hand.
      meta.put(head, HEAD);
      readRecords(records, (content) => finish({ head, records: content }));
    };
  });
}

/**
 * Applies a change if the head is still the known one, and says null, with nothing changed, if it is not.
 *
 * Everything is asked of the database at once and undone if the head turns out to be another one: waiting for it before
 * the first write, and for the last write before the end, would be two more ways to the browser's process and back, of
 * four in all.
 *
 * @param {IDBDatabase} database
 * @param {Head} known the head as it was seen last
 * @param {string} token of this commit, run for the first time
 * @param {Change} change
 * @returns {Promise<CommitEnd | null>}
 */
export function commitAtOnce(database, known, token, change) {
  return runTransaction(database, change.isStrict ? "strict" : "relaxed", ({ meta, records }, finish) => {
    const { transaction } = meta;
    const head = following(known, token);
    meta.get(HEAD).onsuccess = guarded(transaction, ({ target }) => {
      const found = resultOf(target);
      if (found?.name !== known.name || found.revision !== known.revision) {
        finish(null);
        abort(transaction);
      }
    });
    write(records, change);
    // Requests succeed in order: here all have. One that is told to end earlier can no longer be aborted by one that fails.
    meta.put(head, HEAD).onsuccess = () => {
      finish({ end: "applied", revision: head.revision, head });
      transaction.commit();
    };
  });
}

/**
 * Applies a change if the database is still the one named and at the expected revision.
 *
 * @param {IDBDatabase} database
 * @param {string} name of the database as it was read
 * @param {string} token of this commit; the same for each run of it
 * @param {Change} change
 * @returns {Promise<CommitEnd>}
 */
export function commitToDatabase(database, name, token, change) {
  return runTransaction(database, change.isStrict ? "strict" : "relaxed", ({ meta, records }, finish) => {
    meta.get(HEAD).onsuccess = guarded(meta.transaction, ({ target }) => {
      const head = resultOf(target);
      if (head?.name !== name) {
        finish({ end: "purged" });
        return;
      }
      const age = head.tokens.length - 1 - head.tokens.indexOf(token);
      if (age < head.tokens.length) {
        finish({ end: "applied", revision: head.revision - age, head });
      } else if (head.revision !== change.expectedRevision) {
        readRecords(records, (content) => finish({ end: "conflict", head, records: content }));
      } else {
        const next = following(head, token);
        write(records, change);
        meta.put(next, HEAD);
        finish({ end: "applied", revision: next.revision, head: next });
      }
    });
  });
}

/**
 * @param {Head} head
 * @param {string} token
 * @returns {Head} after one commit more
 */
function following({ revision, name, tokens }, token) {
  return { revision: revision + 1, name, tokens: [...tokens, token].slice(-MAX_TOKEN_COUNT) };
}

/**
 * @param {IDBObjectStore} records
 * @param {Change} change
 */
function write(records, change) {
  for (const [key, value] of Object.entries(change.put)) {
    records.put(value, key);
  }
  for (const key of change.delete) {
    records.delete(key);
  }
}

/** @returns {Head} */
function newHead() {
  return { revision: 0, name: randomHex(8), tokens: [] };
}

/**
 * @param {EventTarget | null} request
 * @returns {Head | undefined}
 */
function resultOf(request) {
  return /** @type {IDBRequest<Head | undefined>} */ (request).result;
}

/**
 * @param {IDBObjectStore} records
 * @param {(content: Records) => void} receive
 */
function readRecords(records, receive) {
  const keys = records.getAllKeys();
  const values = records.getAll();
  // Requests of a transaction are answered in order, so the keys are there too.
  values.onsuccess = () => receive(Object.fromEntries(keys.result.map((key, at) => [String(key), values.result[at]])));
}

/**
 * Runs one read-write transaction over both object stores.
 *
 * Read-write also to read: such transactions wait for each other across tabs, so what is read is never a state that
 * another one is about to replace.
 *
 * @template T
 * @param {IDBDatabase} database
 * @param {"strict" | "relaxed"} durability
 * @param {(stores: { meta: IDBObjectStore, records: IDBObjectStore }, finish: (result: T) => void) => void} run
 * @returns {Promise<T>} once the transaction is complete, or aborted after it had finished with null
 */
function runTransaction(database, durability, run) {
  return timeBoxed("an IndexedDB transaction did not end", TRANSACTION_TIMEOUT_MS, (resolve, reject, onTimeout) => {
    const transaction = database.transaction([META, RECORDS], "readwrite", { durability });
    /** @type {{ value: T } | undefined} */
    let result;
    /** @type {DOMException | null} */
    let failure = null;
    transaction.oncomplete = () => (result ? resolve(result.value) : reject(new Error("a transaction had no result")));
    transaction.onabort = () => {
      if (result?.value === null) {
        resolve(result.value); // taken back on purpose
      } else {
        reject(transaction.error ?? failure ?? new Error("a transaction was aborted"));
      }
    };
    transaction.onerror = (event) => {
      // Else Firefox reports it to the whole worker; and the rest must not be written without what failed.
      event.preventDefault();
      failure ??= /** @type {IDBRequest} */ (event.target).error;
      abort(transaction);
    };
    onTimeout(() => abort(transaction));
    const stores = { meta: transaction.objectStore(META), records: transaction.objectStore(RECORDS) };
    try {
      run(stores, (value) => {
        result = { value };
      });
    } catch (error) {
      abort(transaction); // nothing of it without the rest
      throw error;
    }
  });
}

/**
 * A callback that throws aborts its transaction, but also reports an error that nobody can catch.
 *
 * @param {IDBTransaction} transaction
 * @param {(event: Event) => void} callback
 * @returns {(event: Event) => void}
 */
function guarded(transaction, callback) {
  return (event) => {
    try {
      callback(event);
    } catch (error) {
      console.error("dlt-web: a change could not be written", error);
      abort(transaction);
    }
  };
}

/** @param {IDBTransaction} transaction */
function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

/**
 * @template T
 * @param {string} complaint
 * @param {number} timeoutMs
 * @param {(resolve: (value: T) => void, reject: (reason: unknown) => void, onTimeout: (run: () => void) => void) => void} run
 * @returns {Promise<T>}
 */
function timeBoxed(complaint, timeoutMs, run) {
  return new Promise((resolve, reject) => {
    let onTimeout = () => {};
    const timer = setTimeout(() => {
      onTimeout();
      reject(new Error(`${complaint} within ${timeoutMs} ms`));
    }, timeoutMs);
    const settle = (/** @type {() => void} */ how) => {
      clearTimeout(timer);
      how();
    };
    try {
      run(
        (value) => settle(() => resolve(value)),
        (reason) => settle(() => reject(reason)),
        (undo) => {
          onTimeout = undo;
        },
      );
    } catch (error) {
      settle(() => reject(error));
    }
  });
}
