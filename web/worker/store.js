/**
 * @file The tracker's store: JSON records under one revision, changed by compare-and-swap.
 *
 * Two implementations, one contract (tests/web/store_contract.js):
 *
 * - `load()` → the content and its revision.
 * - `commit(change)` → `{applied: true, revision}`, or, when the store is not at `expectedRevision`, nothing changes
 *   and the answer is `{applied: false, revision, records}` with what it holds.
 *
 * The IndexedDB one may also reject, with `StorePurgedError` (the user deleted the site's data; `load()` gives what
 * the new database holds) or with `StoreFailedError` (it is of no use any more). One call at a time.
 */

import { deleteDatabase } from "../forget.js";
import { NoDatabaseError, openDatabase } from "./database.js";
import { randomHex } from "./random.js";
import { appendCommit, canAppend, commitToDatabase, isFull, readDatabase, readName } from "./revisions.js";

export { MemoryStore } from "./memory_store.js";

/** @typedef {Record<string, unknown>} Records record key → JSON value */
/** @typedef {"indexeddb" | "memory"} StorageKind */
/** @typedef {{ storage: StorageKind, revision: number, records: Records }} Content */
/** @typedef {{ expectedRevision: number, put: Records, delete: string[], isStrict: boolean }} Change */
/** @typedef {{ applied: true, revision: number } | { applied: false, revision: number, records: Records }} Outcome */

/**
 * @typedef {object} Store
 * @property {() => Promise<Content>} load
 * @property {(change: Change) => Promise<Outcome>} commit
 */

const DATABASE_NAME = "dlt-web";

/**
 * Before each repetition of a commit whose end was not seen, ms: whether it is on the disk decides how its scans are
 * told, and a database that fails twice at once may be there again in a moment.
 */
const COMMIT_PAUSES_MS = [0, 500, 1000, 2000, 4000];

/** Of opens that were aborted by a deletion under way; each waits in the browser's own queue, so none is a busy loop. */
const MAX_OPEN_ATTEMPTS = 5;

/**
 * How a database was left, and the connection over which that was seen.
 *
 * @typedef {import("./revisions.js").Standing & { connection: IDBDatabase | null }} Seen
 */

/** @type {Seen} no database yet */
const NOT_SEEN = { head: { revision: -1, name: "", tokens: [] }, lastKey: 0, logged: 0, connection: null };

/** The store was deleted while in use; a commit under way was not applied, or went with it. */
export class StorePurgedError extends Error {
  /** @override */
  name = "StorePurgedError";
}

/** The store cannot be used any more. */
export class StoreFailedError extends Error {
  /** @override */
  name = "StoreFailedError";

  /**
   * @param {string} message
   * @param {ErrorOptions & { mayHaveCommitted?: boolean }} [options] `mayHaveCommitted`: the end of the commit that was
   *   under way was not seen, so it may lie on the disk
   */
  constructor(message, { mayHaveCommitted = false, ...options } = {}) {
    super(message, options);
    this.mayHaveCommitted = mayHaveCommitted;
  }
}

/**
 * Keeps records in the origin's IndexedDB, shared with every tab and worker of the origin.
 *
 * @implements {Store}
 */
export class IndexedDbStore {
  #databaseName;
  #onLost;
  /** @type {IDBDatabase | null} */
  #database = null;
  /** @type {Promise<IDBDatabase> | null} while it is being opened */
  #opening = null;
  /** @type {Seen} the database as it was seen last; one of another name was deleted and made anew */
  #seen = NOT_SEEN;

  /**
   * @param {object} [options]
   * @param {string} [options.databaseName]
   * @param {() => void} [options.onLost] the connection was closed from outside; `hasBeenPurged()` tells why
   */
  constructor({ databaseName = DATABASE_NAME, onLost = () => {} } = {}) {
    this.#databaseName = databaseName;
    this.#onLost = onLost;
  }

  /** Begins to open the database for the first call to find it open, which is also the one that finds what goes wrong. */
  openAhead() {
    this.#open(true).catch(() => {});
  }

  /**
   * @returns {Promise<Content>}
   * @throws {StoreFailedError}
   */
  async load() {
    const read = async (/** @type {IDBDatabase} */ connection) => {
      const { standing, records } = await readDatabase(connection);
      this.#seen = { ...standing, connection };
      return { storage: /** @type {const} */ ("indexeddb"), revision: standing.head.revision, records };
    };
    return this.#repeated([0], read, true);
  }

  /**
   * @param {Change} change
   * @returns {Promise<Outcome>}
   * @throws {StorePurgedError | StoreFailedError}
   */
  async commit(change) {
    const token = randomHex(8);
    const seen = this.#seen;
    // Whoever decided from what was seen here is hardly ever too late. A run whose end was not seen may have been
    // applied, though, and is repeated with care.
    let mayAppend = canAppend(seen, change);
    const end = await this.#repeated(COMMIT_PAUSES_MS, async (connection) => {
      const appends = mayAppend && connection === seen.connection;
      mayAppend = false;
      const appended = appends ? await appendCommit(connection, seen, token, change) : null;
      const committed = appended ?? (await commitToDatabase(connection, seen.head.name, token, change));
      if (committed.end !== "purged") {
        this.#seen = { ...committed.standing, connection };
      }
      return committed;
    });
    if (end.end === "purged") {
      throw new StorePurgedError("the site's data was deleted");
    }
    return end.end === "applied"
      ? { applied: true, revision: end.revision }
      : { applied: false, revision: end.standing.head.revision, records: end.records };
  }

  /**
   * Tells whether the database is another one than was loaded.
   *
   * @returns {Promise<boolean>}
   * @throws {StoreFailedError}
   */
  async hasBeenPurged() {
    try {
      return (await this.#repeated([0], readName)) !== this.#seen.head.name;
    } catch (error) {
      if (error instanceof StorePurgedError) {
        return true;
      }
      throw error;
    }
  }

  /**
   * Deletes the database that was loaded, or was made ahead and holds nothing yet; another one that was made meanwhile
   * stays, for whoever made it. What is loaded next is a new one.
   *
   * @returns {Promise<void>} rejects as the browser does
   */
  async forget() {
    await this.#opening?.catch(() => {});
    this.close();
    const known = this.#seen.head.name;
    this.#seen = NOT_SEEN;
    await deleteDatabase(this.#databaseName, (head) =>
      known === "" ? head === undefined || head.revision === 0 : head?.name === known,
    );
  }

  /** Lets go of the database. */
  close() {
    this.#database?.close();
    this.#database = null;
  }

  /**
   * Runs something that may end unclearly (connection lost, time-out, abort), and again as long as it did.
   *
   * @template T
   * @param {number[]} pausesMs before each repetition
   * @param {(database: IDBDatabase) => Promise<T>} run safe to repeat
   * @param {boolean} [mayCreate] whether a database is made where there is none
   * @returns {Promise<T>}
   * @throws {StoreFailedError | StorePurgedError} the latter where there is none, and none may be made
   */
  async #repeated(pausesMs, run, mayCreate = false) {
    const first = await this.#open(mayCreate).catch((error) => {
      throw failedBecause(error);
    });
    let end = await this.#ranOnce(first, run);
    for (const pauseMs of pausesMs) {
      if ("result" in end) {
        return end.result;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      end = await this.#open(mayCreate).then(
        (database) => this.#ranOnce(database, run),
        (error) => ({ error }),
      );
      if ("error" in end && end.error instanceof NoDatabaseError) {
        throw failedBecause(end.error);
      }
    }
    if ("result" in end) {
      return end.result;
    }
    // Whether one of the runs has reached the disk, nobody knows.
    throw failedBecause(end.error, { mayHaveCommitted: true });
  }

  /**
   * @template T
   * @param {IDBDatabase} database
   * @param {(database: IDBDatabase) => Promise<T>} run
   * @returns {Promise<{ result: T } | { error: unknown }>}
   * @throws {StoreFailedError} the disk is full; a run that finds that has found that no run before it had written
   */
  async #ranOnce(database, run) {
    try {
      return { result: await run(database) };
    } catch (error) {
      this.close();
      if (isFull(error)) {
        throw new StoreFailedError("the disk, or this site's share of it, is full", { cause: error });
      }
      return { error };
    }
  }

  /**
   * @param {boolean} mayCreate
   * @returns {Promise<IDBDatabase>} rejects as the browser does, or with `NoDatabaseError`
   */
  async #open(mayCreate) {
    if (this.#database !== null) {
      return this.#database;
    }
    this.#opening ??= this.#openAnew(mayCreate).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /**
   * @param {boolean} mayCreate
   * @returns {Promise<IDBDatabase>}
   */
  async #openAnew(mayCreate) {
    const forget = (/** @type {IDBDatabase} */ lost) => {
      if (this.#database === lost) {
        this.#database = null;
      }
      this.#onLost();
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#database = await openDatabase(this.#databaseName, mayCreate, forget);
        return this.#database;
      } catch (error) {
        // Chromium aborts an open that was asked for while it deletes the site's data; the next one makes a new database.
        if (nameOf(error) !== "AbortError" || attempt === MAX_OPEN_ATTEMPTS) {
          throw error;
        }
      }
    }
  }
}

/**
 * @param {unknown} error
 * @param {{ mayHaveCommitted: boolean }} [failure]
 */
function failedBecause(error, failure) {
  if (error instanceof NoDatabaseError) {
    return new StorePurgedError("the site's data was deleted");
  }
  const message = `IndexedDB cannot be used: ${nameOf(error)}: ${messageOf(error)}`;
  return new StoreFailedError(message, { cause: error, ...failure });
}

/** @param {unknown} error */
function nameOf(error) {
  return error instanceof Error || error instanceof DOMException ? error.name : typeof error;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error || error instanceof DOMException ? error.message : String(error);
}
