/** A worker that a test drives: one store client, asked by `{op, …}`, answering `{value}` or `{error}`. */

import { commitToDatabase, openDatabase, readDatabase } from "../worker/database.js";
import { IndexedDbStore, MemoryStore } from "../worker/store.js";
import { failedCases } from "./store_contract.js";

/** @type {IndexedDbStore} */
let store;
let lostCount = 0;
let waitForLoss = () => {};

const change = (expectedRevision, put) => ({ expectedRevision, put, delete: [], isStrict: true });

const OPS = {
  contract: async ({ storage, databaseName }) =>
    failedCases((caseName) => {
      const shared = new MemoryStore();
      const name = `${databaseName} ${caseName}`;
      return () => (storage === "memory" ? shared : new IndexedDbStore({ databaseName: name }));
    }, storage),

  open: async ({ databaseName }) => {
    store = new IndexedDbStore({
      databaseName,
      onLost: () => {
        lostCount += 1;
        waitForLoss();
      },
    });
    return store.load();
  },

  /** Gives how often the database was opened for a load that found it being opened. */
  openAhead: async ({ databaseName }) => {
    const { open } = IDBFactory.prototype;
    let opens = 0;
    IDBFactory.prototype.open = function (...given) {
      opens += 1;
      return open.apply(this, given);
    };
    store = new IndexedDbStore({ databaseName });
    store.openAhead();
    await store.load();
    IDBFactory.prototype.open = open;
    return opens;
  },

  commit: ({ expectedRevision, put }) => store.commit(change(expectedRevision, put)),

  load: () => store.load(),

  forget: () => store.forget(),

  /** Begins to open the database, as a worker does that starts, and deletes it before anything was loaded. */
  openAheadAndForget: async ({ databaseName }) => {
    store = new IndexedDbStore({ databaseName });
    store.openAhead();
    await store.forget();
  },

  /** Gives the device's name, made by whoever commits first. */
  getOrCreate: async ({ name }) => {
    let { revision, records } = await store.load();
    while (records.device === undefined) {
      const outcome = await store.commit(change(revision, { device: name }));
      if (outcome.applied) {
        return name;
      }
      ({ revision, records } = outcome);
    }
    return records.device;
  },

  lost: async () => {
    while (lostCount === 0) {
      await new Promise((resolve) => {
        waitForLoss = resolve;
      });
    }
    lostCount = 0;
    return store.hasBeenPurged();
  },

  /** Runs one commit twice under its token, with other commits between. */
  repeat: async ({ databaseName, between }) => {
    const database = await openDatabase(databaseName, true, () => {});
    const { name } = (await readDatabase(database)).head;
    const ends = [await commitToDatabase(database, name, "token", change(0, { n: 1 }))];
    for (let revision = 1; revision <= between; revision += 1) {
      await commitToDatabase(database, name, `other-${revision}`, change(revision, { n: revision + 1 }));
    }
    ends.push(await commitToDatabase(database, name, "token", change(0, { n: "again" })));
    const { head, records } = await readDatabase(database);
    return { ends: ends.map(({ end, revision }) => ({ end, revision })), revision: head.revision, records };
  },

  /** Commits something of which one part can be written and the other cannot. */
  commitWhatCannotBeWritten: ({ expectedRevision }) => store.commit(change(expectedRevision, { a: 1, b: () => {} })),

  /** Commits something, over a new connection, of which one record cannot be written at first: its request fails. */
  commitOverFailedRequest: async ({ expectedRevision, put }) => {
    store.close();
    const { put: platformPut, add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (value, key) {
      if (this.name !== "records") {
        return platformPut.call(this, value, key);
      }
      IDBObjectStore.prototype.put = platformPut;
      return add.call(this, value, key); // where there is one already
    };
    return store.commit(change(expectedRevision, put));
  },

  /** Commits once more over a connection that broke unseen; then the database does not open so many times. */
  commitOverDeadConnection: async ({ expectedRevision, put, isLost = false, failedOpens = 0 }) => {
    const { transaction } = IDBDatabase.prototype;
    const { open: platformOpen } = IDBFactory.prototype;
    const { setTimeout } = globalThis;
    let isBroken = false;
    let opens = 0;
    IDBFactory.prototype.open = function (...given) {
      opens += 1;
      if (opens > failedOpens) {
        return platformOpen.apply(this, given);
      }
      throw new DOMException("Connection to Indexed Database server lost.", "UnknownError");
    };
    // The pauses between the runs, not the time that one may take.
    globalThis.setTimeout = (act, ms) => setTimeout(act, ms <= 4000 ? ms / 20 : ms);
    IDBDatabase.prototype.transaction = function (...given) {
      const made = transaction.apply(this, given);
      if (!isBroken) {
        isBroken = true;
        // As Safari does: the transaction reaches the disk, and the page hears of a lost connection.
        Object.defineProperty(made, "oncomplete", {
          set: (report) =>
            made.addEventListener("complete", () => {
              made.onabort?.(new Event("abort"));
              void report;
            }),
        });
        if (isLost) {
          queueMicrotask(() => made.abort());
        }
      }
      return made;
    };
    try {
      return await store.commit(change(expectedRevision, put));
    } finally {
      IDBDatabase.prototype.transaction = transaction;
      IDBFactory.prototype.open = platformOpen;
      globalThis.setTimeout = setTimeout;
    }
  },

  forbid: async () => {
    Object.defineProperty(globalThis, "indexedDB", {
      get() {
        throw new DOMException("storage is forbidden", "SecurityError");
      },
    });
  },
};

self.addEventListener("message", async ({ data: { id, op, ...given } }) => {
  try {
    self.postMessage({ id, value: (await OPS[op](given)) ?? null });
  } catch (error) {
    const { name, message, mayHaveCommitted } = error;
    self.postMessage({ id, error: { name, message, mayHaveCommitted } });
  }
});
