/** Keeps the stand-in's books in IndexedDB, apart from the tracker's own database: its worker ends when it is idle. */

const DATABASE = "dlt-web-stand-in";
const STORE = "books";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

/** @returns {Promise<IDBDatabase>} */
async function open() {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(STORE));
  return done(opening);
}

/** @type {import("./server.js").Shelf} */
export const shelf = {
  async load() {
    const database = await open();
    try {
      return (await done(database.transaction(STORE).objectStore(STORE).get(STORE))) ?? null;
    } finally {
      database.close();
    }
  },
  async save(books) {
    const database = await open();
    try {
      const transaction = database.transaction(STORE, "readwrite");
      transaction.objectStore(STORE).put(books, STORE);
      await new Promise((resolve, reject) => {
        transaction.addEventListener("complete", resolve);
        transaction.addEventListener("abort", () => reject(transaction.error));
      });
    } finally {
      database.close();
    }
  },
};
