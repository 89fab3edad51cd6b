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

import { openDatabase } from "./database.js";
import { randomHex } from "./random.js";
import { appendCommit, commitToDatabase, readDatabase, readName } from "./revisions.js";

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

/** What so many commits wrote is read again with each start, and folded with the next one, which takes some ms. */
const MAX_LOGGED = 128;

/** Of opens that were aborted by a deletion under way; each waits in the browser's own queue, so none is a busy loop. */
const MAX_OPEN_ATTEMPTS = 5;

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
 * Keeps records until the worker ends.
 *
 * @implements {Store}
 */
export class MemoryStore {
  #revision = 0;
  /** @type {Map<string, string>} as JSON text, so that nobody's later change of a value reaches in here */
  #records = new Map();

  /** @returns {Promise<Content>} */
  async load() {
    return { storage: "memory", revision: this.#revision, records: this.#copy() };
  }

  /**
   * @param {Change} change
   * @returns {Promise<Outcome>}
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

  /** @returns {Records} */
  #copy() {
    return Object.fromEntries([...this.#records].map(([key, text]) => [key, JSON.parse(text)]));
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
  /**
   * How the database was seen last, and over which connection: one of another name was deleted and made anew.
   *
   * @type {import("./revisions.js").Standing & { connection: IDBDatabase | null }}
   */
  #seen = { head: { revision: -1, name: "", tokens: [] }, lastKey: 0, logged: 0, connection: null };

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
    this.#open().catch(() => {});
  }

  /**
   * @returns {Promise<Content>}
   * @throws {StoreFailedError}
   */
  async load() {
    const records = await this.#repeated([0], async (connection) => {
      const found = await readDatabase(connection);
      this.#seen = { ...found.standing, connection };
      return found.records;
    });
    return { storage: "indexeddb", revision: this.#seen.head.revision, records };
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
    // applied, though, and is repeated with care. The first one is put among the records at once, with the device, which
    // others may look for there.
    const { revision } = seen.head;
    let mayAppend = change.expectedRevision === revision && revision > 0 && seen.logged < MAX_LOGGED;
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
    switch (end.end) {
      case "purged":
        throw new StorePurgedError("the site's data was deleted");
      case "applied":
        return { applied: true, revision: end.revision };
      case "conflict":
        return { applied: false, revision: end.standing.head.revision, records: end.records };
    }
  }

  /**
   * Tells whether the database is another one than was loaded.
   *
   * @returns {Promise<boolean>}
   * @throws {StoreFailedError}
   */
  async hasBeenPurged() {
    return (await this.#repeated([0], readName)) !== this.#seen.head.name;
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
   * @returns {Promise<T>}
   * @throws {StoreFailedError}
   */
  async #repeated(pausesMs, run) {
    const first = await this.#open().catch((error) => {
      throw failedBecause(error);
    });
    let end = await this.#ranOnce(first, run);
    for (const pauseMs of pausesMs) {
      if ("result" in end) {
        return end.result;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      end = await this.#open().then(
        (database) => this.#ranOnce(database, run),
        (error) => ({ error }),
      );
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
      if (nameOf(error) === "QuotaExceededError") {
        throw new StoreFailedError("the disk, or this site's share of it, is full", { cause: error });
      }
      return { error };
    }
  }

  /** @returns {Promise<IDBDatabase>} rejects as the browser does */
  async #open() {
    if (this.#database !== null) {
      return this.#database;
    }
    this.#opening ??= this.#openAnew().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** @returns {Promise<IDBDatabase>} */
  async #openAnew() {
    const forget = (/** @type {IDBDatabase} */ lost) => {
      if (this.#database === lost) {
        this.#database = null;
      }
      this.#onLost();
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#database = await openDatabase(this.#databaseName, forget);
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
