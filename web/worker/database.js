/**
 * @file The IndexedDB database: how it is opened, and how a transaction on it runs; both time-boxed.
 *
 * A transaction lives only as long as its callbacks go on making requests, so nothing is awaited inside one.
 */

/** @typedef {"meta" | "records" | "log"} StoreName */
/** @typedef {Record<StoreName, IDBObjectStore>} Stores those that a transaction is over */

/** 1 had no `log`. A build that knows less than what it finds leaves the database alone and counts in memory. */
const VERSION = 2;

/** Safari may never answer the first open of a session, and a pending deletion blocks one; healthy ones take < 50 ms. */
const OPEN_TIMEOUT_MS = 5_000;

/** A transaction of a few records takes 1–3 ms; another tab's may be in front, a frozen tab's for ever. */
const TRANSACTION_TIMEOUT_MS = 10_000;

/** There is no such database, and none was to be made. */
export class NoDatabaseError extends Error {
  /** @override */
  name = "NoDatabaseError";
}

/**
 * Opens the database; one that is made has nothing in it.
 *
 * Where one may be made, so at a worker's start, an open that comes to nothing is tried once more: Safari's first one of a
 * session may hang, and what cannot be read for a moment would cost a device its name. Later an open is itself the second
 * try, after a connection that was lost.
 *
 * @param {string} databaseName
 * @param {boolean} mayCreate whether it is made if there is none
 * @param {(database: IDBDatabase) => void} onLost called once when the connection was closed from outside: data purged,
 *   database deleted, a newer version of it wanted, or the browser lost it
 * @returns {Promise<IDBDatabase>} rejects with `NoDatabaseError`, or as the browser does
 */
export function openDatabase(databaseName, mayCreate, onLost) {
  const open = () => openOnce(databaseName, mayCreate, onLost);
  return mayCreate ? open().catch(open) : open();
}

/**
 * @param {string} databaseName
 * @param {boolean} mayCreate
 * @param {(database: IDBDatabase) => void} onLost
 * @returns {Promise<IDBDatabase>}
 */
function openOnce(databaseName, mayCreate, onLost) {
  return timeBoxed("IndexedDB gave no answer to open()", OPEN_TIMEOUT_MS, (resolve, reject, onTimeout) => {
    // Where storage is forbidden the mere look at `indexedDB` may throw.
    const request = globalThis.indexedDB.open(databaseName, VERSION);
    let isLate = false;
    onTimeout(() => {
      isLate = true;
    });
    let isRefused = false;
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1 && !mayCreate) {
        isRefused = true;
        request.transaction?.abort();
        return;
      }
      if (oldVersion < 1) {
        request.result.createObjectStore("records");
        request.result.createObjectStore("meta");
      }
      request.result.createObjectStore("log", { autoIncrement: true });
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
 * Runs one read-write transaction.
 *
 * Read-write also to read: such transactions wait for each other across tabs, so what is read is never a state that
 * another one is about to replace.
 *
 * @template T
 * @param {IDBDatabase} database
 * @param {StoreName[]} names of the object stores that it is over
 * @param {"strict" | "relaxed"} durability
 * @param {(stores: Stores, finish: (result: T) => void) => void} run
 * @returns {Promise<T>} once the transaction is complete
 */
export function runTransaction(database, names, durability, run) {
  return timeBoxed("an IndexedDB transaction did not end", TRANSACTION_TIMEOUT_MS, (resolve, reject, onTimeout) => {
    const transaction = database.transaction(names, "readwrite", { durability });
    /** @type {{ value: T } | undefined} */
    let result;
    /** @type {DOMException | null} */
    let failure = null;
    transaction.oncomplete = () => (result ? resolve(result.value) : reject(new Error("a transaction had no result")));
    transaction.onabort = () => reject(transaction.error ?? failure ?? new Error("a transaction was aborted"));
    transaction.onerror = (event) => {
      // Else Firefox reports it to the whole worker; and the rest must not be written without what failed.
      event.preventDefault();
      failure ??= /** @type {IDBRequest} */ (event.target).error;
      abort(transaction);
    };
    onTimeout(() => abort(transaction));
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    try {
      run(/** @type {Stores} */ (stores), (value) => {
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
export function guarded(transaction, callback) {
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
