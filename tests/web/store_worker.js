/** A worker that a test drives: one store client, asked by `{op, …}`, answering `{value}` or `{error}`. */

import { deleteDatabase } from "../forget.js";
import { openDatabase } from "../worker/database.js";
import { appendCommit, commitToDatabase, readDatabase } from "../worker/revisions.js";
import { IndexedDbStore, MemoryStore } from "../worker/store.js";
import { failedCases } from "./store_contract.js";
import { wrongInHistory } from "./store_histories.js";

/** @type {IndexedDbStore} */
let store;
let lostCount = 0;
let waitForLoss = () => {};

const change = (expectedRevision, put, isStrict = true) => ({ expectedRevision, put, delete: [], isStrict });

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Has every write from now on abort its transaction for want of room, which Chromium says by that alone. */
function fillTheDisk() {
  const full = new WeakSet();
  const { get: platformError } = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, "error");
  Object.defineProperty(IDBTransaction.prototype, "error", {
    get() {
      return full.has(this) ? new DOMException("", "QuotaExceededError") : platformError.call(this);
    },
  });
  for (const name of ["put", "add"]) {
    const write = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (...given) {
      const { transaction } = this;
      full.add(transaction);
      transaction.commit = () => {};
      queueMicrotask(() => {
        try {
          transaction.abort();
        } catch {
          // By an earlier write.
        }
      });
      return write.apply(this, given);
    };
  }
}

/** Runs something with a twentieth of the pauses between a commit's runs, and not of the time that one run may take. */
async function withShortPauses(run) {
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (act, ms) => setTimeout(act, ms <= 4000 ? ms / 20 : ms);
  try {
    return await run();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}

const OPS = {
  contract: async ({ storage, databaseName }) =>
    failedCases((caseName) => {
      const shared = new MemoryStore();
      const name = `${databaseName} ${caseName}`;
      return () => (storage === "memory" ? shared : new IndexedDbStore({ databaseName: name }));
    }, storage),

  history: (given) => wrongInHistory(given),

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

  /** Opens a database whose disk takes nothing more. */
  openFull: ({ databaseName }) => {
    fillTheDisk();
    store = new IndexedDbStore({ databaseName });
    return store.load();
  },

  commit: ({ expectedRevision, put }) => store.commit(change(expectedRevision, put)),

  /** Commits, and gives what each transaction was told of how safely it has to be on the disk. */
  commitSeen: async ({ expectedRevision, put, isStrict }) => {
    const { transaction } = IDBDatabase.prototype;
    const seen = [];
    IDBDatabase.prototype.transaction = function (...given) {
      const made = transaction.apply(this, given);
      seen.push(made.durability);
      return made;
    };
    await store.commit(change(expectedRevision, put, isStrict));
    IDBDatabase.prototype.transaction = transaction;
    return seen;
  },

  /** Loads a database whose first open hangs, or fails, as Safari's first one may; gives how often it was opened. */
  openAfterTrouble: async ({ databaseName, hangs, times }) => {
    const { open } = IDBFactory.prototype;
    const { setTimeout } = globalThis;
    let opens = 0;
    IDBFactory.prototype.open = function (...given) {
      opens += 1;
      if (opens > times) {
        return open.apply(this, given);
      }
      if (hangs) {
        return new EventTarget();
      }
      throw new DOMException("Internal error opening backing store", "UnknownError");
    };
    // A hundredth of the time for which an open is waited for, where that one hangs.
    globalThis.setTimeout = (act, ms) => setTimeout(act, ms === 5_000 && opens < times ? 50 : ms);
    try {
      store = new IndexedDbStore({ databaseName });
      return { opens: (await store.load()) && opens, content: await store.load() };
    } finally {
      IDBFactory.prototype.open = open;
      globalThis.setTimeout = setTimeout;
    }
  },

  /** Commits so often in a row. */
  commitMany: async ({ expectedRevision, times }) => {
    for (let n = 1; n <= times; n += 1) {
      await store.commit(change(expectedRevision + n - 1, { n: expectedRevision + n }, false));
    }
  },

  /** Counts up in one record that all count in, and in one of its own; every so often strictly. */
  countUp: async ({ name, times, strictEach }) => {
    let { revision, records } = await store.load();
    let conflicts = 0;
    for (let mine = 1; mine <= times; ) {
      const put = { all: (records.all ?? 0) + 1, [name]: mine };
      const outcome = await store.commit(change(revision, put, mine % strictEach === 0));
      if (outcome.applied) {
        ({ revision } = outcome);
        records = { ...records, ...put };
        mine += 1;
      } else {
        ({ revision, records } = outcome);
        conflicts += 1;
      }
    }
    return conflicts;
  },

  /** Gives what the object stores hold. */
  inside: async ({ databaseName }) => {
    const database = await done(indexedDB.open(databaseName));
    const held = { version: database.version };
    for (const name of database.objectStoreNames) {
      held[name] = await done(database.transaction(name).objectStore(name).getAll());
    }
    database.close();
    return held;
  },

  /** Makes a database as builds did before there was a log. */
  makeEarlier: async ({ databaseName, head, records }) => {
    const opening = indexedDB.open(databaseName, 1);
    opening.onupgradeneeded = () => {
      const kept = opening.result.createObjectStore("records");
      for (const [key, value] of Object.entries(records)) {
        kept.put(value, key);
      }
      opening.result.createObjectStore("meta").put(head, "head");
    };
    (await done(opening)).close();
  },

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
    const { name } = (await readDatabase(database)).standing.head;
    const ends = [await commitToDatabase(database, name, "token", change(0, { n: 1 }))];
    for (let revision = 1; revision <= between; revision += 1) {
      await commitToDatabase(database, name, `other-${revision}`, change(revision, { n: revision + 1 }));
    }
    ends.push(await commitToDatabase(database, name, "token", change(0, { n: "again" })));
    const { standing, records } = await readDatabase(database);
    return { ends: ends.map(({ end, revision }) => ({ end, revision })), revision: standing.head.revision, records };
  },

  /** Runs one commit again under its token, and only then has its first run get there. */
  arriveLate: async ({ databaseName }) => {
    const database = await openDatabase(databaseName, () => {});
    const { standing } = await readDatabase(database);
    const { end } = await commitToDatabase(database, standing.head.name, "token", change(0, { n: 1 }));
    const late = await appendCommit(database, standing, "token", change(0, { n: 1, late: true }, false));
    const found = await readDatabase(database);
    return { end, late, revision: found.standing.head.revision, records: found.records };
  },

  /** Commits something of which one part can be written and the other cannot. */
  commitWhatCannotBeWritten: ({ expectedRevision }) =>
    withShortPauses(() => store.commit(change(expectedRevision, { a: 1, b: () => {} }))),

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

  /** Commits something as an entry in the log that cannot be added at first: its request fails, told to end or not. */
  commitOverFailedEntry: async ({ databaseName, expectedRevision, put }) => {
    const database = await done(indexedDB.open(databaseName));
    const taken = (await done(database.transaction("log").objectStore("log").getAllKeys())).at(-1);
    database.close();
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (value) {
      IDBObjectStore.prototype.add = add;
      return add.call(this, value, taken);
    };
    return { taken: typeof taken, committed: await store.commit(change(expectedRevision, put)) };
  },

  /** Has the database deleted, and commits when it is emptied already and nobody has heard of that. */
  commitOnceEmptied: async ({ databaseName, expectedRevision, put }) => {
    const { deleteDatabase: platformDelete } = IDBFactory.prototype;
    let committed;
    IDBFactory.prototype.deleteDatabase = () => {
      IDBFactory.prototype.deleteDatabase = platformDelete;
      const deleting = {};
      committed = store.commit(change(expectedRevision, put)).catch(({ name }) => name);
      committed.then(() => deleting.onsuccess());
      return deleting;
    };
    await deleteDatabase(databaseName);
    return committed;
  },

  /**
   * Commits once more over a connection that broke unseen; then the database does not open so many times, or the disk is
   * full.
   */
  commitOverDeadConnection: async ({ expectedRevision, put, isLost = false, failedOpens = 0, isFullThen = false }) => {
    const { transaction } = IDBDatabase.prototype;
    const { open: platformOpen } = IDBFactory.prototype;
    let isBroken = false;
    let opens = 0;
    IDBFactory.prototype.open = function (...given) {
      opens += 1;
      if (opens > failedOpens) {
        return platformOpen.apply(this, given);
      }
      throw new DOMException("Connection to Indexed Database server lost.", "UnknownError");
    };
    IDBDatabase.prototype.transaction = function (...given) {
      const made = transaction.apply(this, given);
      if (!isBroken) {
        isBroken = true;
        // As Safari does: the transaction reaches the disk, and the page hears of a lost connection.
        Object.defineProperty(made, "oncomplete", {
          set: (report) =>
            made.addEventListener("complete", () => {
              if (isFullThen) {
                fillTheDisk();
              }
              made.onabort?.(new Event("abort"));
              void report;
            }),
        });
        if (isLost) {
          made.commit = () => {};
          queueMicrotask(() => made.abort());
        }
      }
      return made;
    };
    try {
      return await withShortPauses(() => store.commit(change(expectedRevision, put)));
    } finally {
      IDBDatabase.prototype.transaction = transaction;
      IDBFactory.prototype.open = platformOpen;
    }
  },

  /**
   * Commits once more, and hears nothing of the end: it is on the disk, or another tab's transaction is before it for
   * longer than is waited, as that of one that is frozen.
   */
  commitOverSilence: async ({ databaseName, expectedRevision, put, isOnDisk }) => {
    const { transaction } = IDBDatabase.prototype;
    const { setTimeout } = globalThis;
    let wasGivenUp = false;
    if (!isOnDisk) {
      const database = await done(indexedDB.open(databaseName));
      const frozen = database.transaction(["meta", "log", "records"], "readwrite").objectStore("meta");
      const until = performance.now() + 3_000;
      const hold = () => {
        frozen.get("nothing").onsuccess = () => !wasGivenUp && performance.now() < until && hold();
      };
      hold();
      database.close(); // once that has ended
    }
    let runs = 0;
    IDBDatabase.prototype.transaction = function (...given) {
      const made = transaction.apply(this, given);
      runs += 1;
      wasGivenUp = runs > 1;
      for (const name of isOnDisk && runs === 1 ? ["oncomplete", "onabort", "onerror"] : []) {
        Object.defineProperty(made, name, { set: () => {} });
      }
      return made;
    };
    // A fortieth of the time that a transaction may take.
    globalThis.setTimeout = (act, ms) => setTimeout(act, ms === 10_000 ? 250 : ms);
    try {
      const committed = await withShortPauses(() => store.commit(change(expectedRevision, put)));
      return { wasGivenUp, ...committed };
    } finally {
      IDBDatabase.prototype.transaction = transaction;
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
