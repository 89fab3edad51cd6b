/**
 * @file What the database holds, revision by revision, and how it gets to the next one.
 *
 * - `records` holds the records, and `meta` the head: the revision that they are of, a random name of the database (one
 *   that was deleted and made anew has another), and the random tokens of the last commits.
 * - `log` holds what was committed since: an entry a commit, in the order of their keys, which the database gives and
 *   never gives again. An entry counts only if it follows the token of the last one that counts. So who decided from a
 *   state that is not the last one any more may add an entry, and changes nothing by it: this is the compare-and-swap.
 *
 * An entry is one request, and its transaction can be told to end along with it, where a head that has to be looked at
 * before the end costs one more way to the browser's process and back. From time to time, and before anything is read,
 * the log is folded: what counts in it goes into the records and the head.
 *
 * A commit whose end was not seen can be run again under its token: if the first run reached the disk, the second finds
 * the token and changes nothing. Should the first get there later still, it follows no last token any more.
 */

import { guarded, runTransaction } from "./database.js";
import { randomHex } from "./random.js";

/** @typedef {import("./store.js").Records} Records */
/** @typedef {import("./store.js").Change} Change */
/** @typedef {import("./database.js").Stores} Stores */
/** @typedef {{ revision: number, name: string, tokens: string[] }} Head */

/**
 * How a database was left: `lastKey` is the last key of the log that was given, `logged` how many entries it holds.
 *
 * @typedef {{ head: Head, lastKey: number, logged: number }} Standing
 */

/** @typedef {{ standing: Standing, records: Records }} Found */

/**
 * One commit in the log; `follows` is the token of the one before, or the database's name where there was none.
 *
 * @typedef {{ token: string, follows: string, put: Records, delete: string[] }} Entry
 */

/**
 * @typedef {{ end: "applied", revision: number, standing: Standing }
 *   | { end: "conflict", standing: Standing, records: Records }
 *   | { end: "purged" }} CommitEnd
 */

/** @type {import("./database.js").StoreName[]} */
const ALL = ["meta", "records", "log"];
const HEAD = "head";

/** A second run comes seconds after the first; so many commits of other tabs may lie between and are told apart. */
const MAX_TOKEN_COUNT = 64;

/** What so many commits wrote is read again with each start, and folded with the next one, which takes some ms. */
const MAX_LOGGED = 128;

/**
 * Reads everything. A disk that is full takes not even what folds the log, and yet says whose device it is.
 *
 * @param {IDBDatabase} database
 * @returns {Promise<Found>}
 */
export async function readDatabase(database) {
  try {
    return await readFolding(database);
  } catch (error) {
    const found = isFull(error) ? await readOnly(database) : null;
    if (found === null) {
      throw error;
    }
    return found;
  }
}

/**
 * Tells whether something could not be written for want of room.
 *
 * @param {unknown} error
 */
export function isFull(error) {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

/**
 * @param {IDBDatabase} database
 * @returns {Promise<Found>}
 */
function readFolding(database) {
  return runTransaction(database, ALL, "relaxed", (stores, finish) => {
    unfolded(stores, (head, entries) => {
      const { records, ...folded } = fold(head ?? newHead(), entries);
      writeFolded(stores, folded.head, records, (lastKey) => {
        readRecords(stores.records, (content) =>
          finish({ standing: { head: folded.head, lastKey, logged: 0 }, records: content }),
        );
      });
    });
  });
}

/**
 * @param {IDBDatabase} database
 * @returns {Promise<Found | null>} nothing where it is new
 */
function readOnly(database) {
  return runTransaction(database, ALL, "relaxed", (stores, finish) => {
    unfolded(stores, (head, entries) => {
      if (head === undefined) {
        finish(null);
        return;
      }
      const { records, ...folded } = fold(head, entries);
      readRecords(stores.records, (content) => {
        const changed = Object.entries({ ...content, ...Object.fromEntries(records) });
        const left = Object.fromEntries(changed.filter(([, value]) => value !== undefined));
        finish({ standing: unknownAfter(folded.head), records: left });
      });
    });
  });
}

/**
 * Reads which database it is.
 *
 * @param {IDBDatabase} database
 * @returns {Promise<string | undefined>} nothing where it is new, or was emptied by hand
 */
export function readName(database) {
  return runTransaction(database, ["meta"], "relaxed", ({ meta }, finish) => {
    meta.get(HEAD).onsuccess = ({ target }) => finish(headOf(target)?.name);
  });
}

/**
 * Tells whether a change may be an entry in the log. The first one is put among the records at once, with the device,
 * which others may look for there.
 *
 * @param {Standing} known
 * @param {Change} change
 */
export function canAppend({ head, logged }, { expectedRevision }) {
  return expectedRevision === head.revision && head.revision > 0 && logged < MAX_LOGGED;
}

/**
 * Applies a change by an entry in the log if nobody has touched that since; says null where it has to be looked at, for
 * the change may be applied or not.
 *
 * @param {IDBDatabase} database the one that was left so, over the same connection
 * @param {Standing} known
 * @param {string} token of this commit, run for the first time
 * @param {Change} change
 * @returns {Promise<CommitEnd | null>}
 */
export async function appendCommit(database, { head, lastKey, logged }, token, change) {
  const entry = { token, follows: lastOf(head), put: change.put, delete: change.delete };
  const key = await runTransaction(database, ["log"], durabilityOf(change), ({ log }, finish) => {
    log.add(entry).onsuccess = ({ target }) => finish(Number(/** @type {IDBRequest} */ (target).result));
    log.transaction.commit();
  });
  const standing = { head: following(head, token), lastKey: key, logged: logged + 1 };
  return key === lastKey + 1 ? { end: "applied", revision: standing.head.revision, standing } : null;
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
  return runTransaction(database, ALL, durabilityOf(change), (stores, finish) => {
    unfolded(stores, (found, entries) => {
      if (found?.name !== name) {
        if (found === undefined) {
          // It was emptied, to be deleted: nothing stays in it, nor what was added too late.
          stores.log.clear();
        }
        finish({ end: "purged" });
        return;
      }
      const { head, records } = fold(found, entries);
      const age = head.tokens.length - 1 - head.tokens.indexOf(token);
      if (age < head.tokens.length) {
        // With nothing written: the disk may have become full by this very commit, and it is there all the same.
        finish({ end: "applied", revision: head.revision - age, standing: unknownAfter(head) });
        return;
      }
      const isNext = head.revision === change.expectedRevision;
      const next = isNext ? following(head, token) : head;
      if (isNext) {
        merge(records, change);
      }
      writeFolded(stores, next, records, (lastKey) => {
        const standing = { head: next, lastKey, logged: 0 };
        if (isNext) {
          finish({ end: "applied", revision: next.revision, standing });
        } else {
          readRecords(stores.records, (content) => finish({ end: "conflict", standing, records: content }));
        }
      });
    });
  });
}

/** @param {Change} change */
function durabilityOf({ isStrict }) {
  return isStrict ? "strict" : "relaxed";
}

/**
 * Reads the head and the log.
 *
 * @param {Stores} stores
 * @param {(head: Head | undefined, entries: Entry[]) => void} receive may throw, which aborts the transaction
 */
function unfolded({ meta, log }, receive) {
  const head = meta.get(HEAD);
  // Requests of a transaction are answered in order, so the head is there by then.
  log.getAll().onsuccess = guarded(log.transaction, ({ target }) =>
    receive(head.result, /** @type {IDBRequest} */ (target).result),
  );
}

/**
 * Applies the entries that count.
 *
 * @param {Head} head
 * @param {Entry[]} entries in the order of their keys
 * @returns {{ head: Head, records: Map<string, unknown> }} the head after them, and the records that they changed; one
 *   that was deleted is undefined
 */
function fold(head, entries) {
  const records = new Map();
  for (const entry of entries) {
    if (entry.follows === lastOf(head)) {
      merge(records, entry);
      head = following(head, entry.token);
    }
  }
  return { head, records };
}

/**
 * @param {Map<string, unknown>} records
 * @param {Pick<Change, "put" | "delete">} change
 */
function merge(records, change) {
  for (const [key, value] of Object.entries(change.put)) {
    records.set(key, value);
  }
  for (const key of change.delete) {
    records.set(key, undefined);
  }
}

/**
 * Writes the head and the records that changed, and empties the log.
 *
 * @param {Stores} stores
 * @param {Head} head
 * @param {Map<string, unknown>} changed
 * @param {(lastKey: number) => void} receive gets the last key that the log has given
 */
function writeFolded({ meta, records, log }, head, changed, receive) {
  for (const [key, value] of changed) {
    if (value === undefined) {
      records.delete(key);
    } else {
      records.put(value, key);
    }
  }
  meta.put(head, HEAD);
  // Only a new key tells which was the last one: the log may be empty by now, and a copy of a database count anew.
  log.add(null).onsuccess = guarded(log.transaction, ({ target }) => {
    const lastKey = Number(/** @type {IDBRequest} */ (target).result);
    log.delete(IDBKeyRange.upperBound(lastKey));
    receive(lastKey);
  });
}

/**
 * @param {Head} head
 * @returns {Standing} where the log was left as it is: whoever commits next has to look at it
 */
function unknownAfter(head) {
  return { head, lastKey: 0, logged: MAX_LOGGED };
}

/** @param {Head} head */
function lastOf({ name, tokens }) {
  return tokens.at(-1) ?? name;
}

/**
 * @param {Head} head
 * @param {string} token
 * @returns {Head} after one commit more
 */
function following({ revision, name, tokens }, token) {
  return { revision: revision + 1, name, tokens: [...tokens, token].slice(-MAX_TOKEN_COUNT) };
}

/** @returns {Head} */
function newHead() {
  return { revision: 0, name: randomHex(8), tokens: [] };
}

/**
 * @param {EventTarget | null} request
 * @returns {Head | undefined}
 */
function headOf(request) {
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
