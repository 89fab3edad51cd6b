/**
 * @file Deletes one of our databases for good. Its content goes at once, whoever else has it open: deleting the database
 * itself waits until the last one lets go, and a frozen tab may never do that.
 */

/** Healthy ones take < 50 ms; a tab that is frozen keeps an empty database for as long as it is. */
const DELETE_TIMEOUT_MS = 3_000;

/**
 * @param {string} name
 * @param {(head: { name: string, revision: number } | undefined) => boolean} [isMeant] looks at the head of a database that
 *   has one, and says no where it is another one that was made meanwhile
 * @returns {Promise<void>} once its content is gone; rejects where storage is forbidden or broken
 */
export async function deleteDatabase(name, isMeant = () => true) {
  // Of whatever version: a build that knows a later one may have made it.
  const database = await openExisting(name);
  if (database === null || !(await empty(database, isMeant))) {
    return;
  }
  await new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase(name);
    setTimeout(resolve, DELETE_TIMEOUT_MS);
    deleting.onsuccess = resolve;
    deleting.onerror = () => reject(deleting.error);
  });
}

/**
 * Opens a database if it is there. `indexedDB.databases()` would tell, but not for the moment after.
 *
 * @param {string} name
 * @param {number} [version] none: the one that it has
 * @returns {Promise<IDBDatabase | null>} null where there is none, and none is made
 */
export function openExisting(name, version) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, version);
    let isNew = false;
    opening.onupgradeneeded = () => {
      isNew = true;
      // A database whose making is taken back was never there.
      opening.transaction?.abort();
    };
    opening.onerror = (event) => {
      event.preventDefault();
      if (isNew) {
        resolve(null);
      } else {
        reject(opening.error);
      }
    };
    opening.onsuccess = () => resolve(opening.result);
  });
}

/**
 * @param {IDBDatabase} database is closed
 * @param {(head: any) => boolean} isMeant
 * @returns {Promise<boolean>} whether it was the one that was meant
 */
function empty(database, isMeant) {
  database.onversionchange = () => database.close();
  return new Promise((resolve, reject) => {
    const names = [...database.objectStoreNames];
    if (names.length === 0) {
      resolve(true);
      return;
    }
    let wasMeant = false;
    const transaction = database.transaction(names, "readwrite", { durability: "strict" });
    const clear = (/** @type {unknown} */ head) => {
      wasMeant = isMeant(/** @type {any} */ (head));
      for (const store of wasMeant ? names.map((name) => transaction.objectStore(name)) : []) {
        if (store.autoIncrement) {
          // Keys are given once: who adds the next entry sees by its key that this was not the last one.
          store.add(null);
        }
        store.clear();
      }
    };
    if (names.includes("meta")) {
      const head = transaction.objectStore("meta").get("head");
      head.onsuccess = () => clear(head.result);
    } else {
      clear(undefined);
    }
    transaction.oncomplete = () => resolve(wasMeant);
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = (event) => event.preventDefault();
  }).finally(() => database.close());
}
