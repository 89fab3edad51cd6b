/**
 * Loaded in a worker before its own code: breaks IndexedDB on a test's order, as browsers and disks do.
 *
 * Orders come over a BroadcastChannel, to all workers or to some by their names, which a roll-call gives, and the first one
 * out of `first_fault.txt`, because a worker opens its database as soon as it runs. Each order is answered by its own name
 * once it is in force.
 */

/** Read at once, since a module that waits does not hold up the one beside it; and never out of a cache. */
function readFirstFault() {
  const request = new XMLHttpRequest();
  request.open("GET", `${new URL("first_fault.txt", import.meta.url)}?${crypto.randomUUID()}`, false);
  request.send();
  return request.responseText;
}

const orders = new BroadcastChannel("storage-faults");
const platformOpen = IDBFactory.prototype.open;
const platformTransaction = IDBDatabase.prototype.transaction;
const { put: platformPut, add: platformAdd } = IDBObjectStore.prototype;
const { get: platformError } = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, "error");

/** @type {Set<IDBDatabase>} */
const open = new Set();
/** @type {WeakMap<IDBTransaction, DOMException>} */
const errors = new WeakMap();
/** What happens to the next write, if anything. @type {((store: IDBObjectStore) => void) | undefined} */
let atNextWrite;
let isFull = false;
/** What this worker is called in a roll-call. */
const me = crypto.randomUUID();
/** How it opens a database while nothing is wrong. */
let healthyOpen = platformOpen;
const NEWER_VERSION = 3;

/** Chromium says it through the transaction's abort only. */
function failForWantOfRoom({ transaction }) {
  errors.set(transaction, new DOMException("", "QuotaExceededError"));
  transaction.commit = () => {};
  queueMicrotask(() => {
    try {
      transaction.abort();
    } catch {
      // By an earlier write.
    }
  });
}

/** It is on the disk, and whoever waits for that hears of nothing but a connection that was lost. */
function hideTheEnd({ transaction }, meanwhile = () => {}) {
  transaction.oncomplete = () => {
    const { onabort } = transaction;
    meanwhile();
    FAULTS["the connection is closed"]();
    onabort?.call(transaction, new Event("abort"));
  };
}

const FAULTS = {
  none() {},

  "open() hangs"() {
    IDBFactory.prototype.open = () => new EventTarget();
  },

  "open() fails"() {
    IDBFactory.prototype.open = () => {
      const request = { error: new DOMException("Internal error opening backing store", "UnknownError") };
      queueMicrotask(() => request.onerror({ preventDefault() {} }));
      return request;
    };
  },

  "the API is missing"() {
    Object.defineProperty(globalThis, "indexedDB", { value: undefined });
  },

  "storage is forbidden"() {
    Object.defineProperty(globalThis, "indexedDB", {
      get() {
        throw new DOMException("The operation is insecure.", "SecurityError");
      },
    });
  },

  "the connection is closed"() {
    for (const database of open) {
      database.close();
      database.dispatchEvent(new Event("close"));
    }
    open.clear();
  },

  "the connection is closed, and open() fails"() {
    FAULTS["open() fails"]();
    FAULTS["the connection is closed"]();
  },

  "the connection is closed, and open() hangs"() {
    FAULTS["open() hangs"]();
    FAULTS["the connection is closed"]();
  },

  "the end of a commit is not seen"() {
    atNextWrite = hideTheEnd;
  },

  "the end of a commit is not seen, and open() fails"() {
    atNextWrite = (store) => hideTheEnd(store, FAULTS["open() fails"]);
  },

  /** No fault: it knows a newer version of the database, which has no more in it than today's. */
  "this is the newer build"() {
    healthyOpen = function (name, version) {
      const request = platformOpen.call(this, name, version && name === "dlt-web" ? NEWER_VERSION : version);
      // Before the code under test, which would make what is there.
      request.addEventListener("upgradeneeded", (event) => event.oldVersion === 2 && event.stopImmediatePropagation());
      return request;
    };
    IDBFactory.prototype.open = healthyOpen;
  },

  "a transaction is aborted"() {
    atNextWrite = (store) => store.transaction.abort();
  },

  "the connection dies in a commit"() {
    atNextWrite = (store) => {
      store.transaction.abort();
      FAULTS["the connection is closed"]();
      throw new DOMException("Connection to Indexed Database server lost.", "UnknownError");
    };
  },

  "the disk is full"() {
    atNextWrite = failForWantOfRoom;
  },

  "the disk takes nothing more"() {
    isFull = true;
  },
};

IDBDatabase.prototype.transaction = function (...given) {
  open.add(this);
  return platformTransaction.apply(this, given);
};
/** A commit adds to the log, or puts among the records. */
function write(platformWrite, storeName) {
  return function (...given) {
    const request = platformWrite.apply(this, given);
    if (isFull) {
      failForWantOfRoom(this);
    }
    if (atNextWrite !== undefined && this.name === storeName && given[0] !== null) {
      const strike = atNextWrite;
      atNextWrite = undefined;
      strike(this);
    }
    return request;
  };
}
IDBObjectStore.prototype.put = write(platformPut, "records");
IDBObjectStore.prototype.add = write(platformAdd, "log");
Object.defineProperty(IDBTransaction.prototype, "error", {
  get() {
    return errors.get(this) ?? platformError.call(this);
  },
});

orders.onmessage = ({ data }) => {
  if (data.whoIsHere) {
    orders.postMessage({ here: me });
  } else if (data.order !== undefined && (data.to?.includes(me) ?? true)) {
    IDBFactory.prototype.open = healthyOpen;
    isFull = false;
    FAULTS[data.order]();
    orders.postMessage({ done: data.order, name: me });
  }
};
FAULTS[readFirstFault()]();
