/**
 * What a page's journal and its line to a worker need of a browser, in Node: one object store of IndexedDB, locks, and
 * SharedWorkers whose words the test says.
 */

/** @param {IDBValidKey} key */
const textOf = (key) => JSON.stringify(key);

/** @param {IDBValidKey} key @param {unknown[]} start as many first members as it has say whether a list is in its range */
const begins = (key, start) => Array.isArray(key) && start.every((part, at) => part === key[at]);

/**
 * Holds what is journalled, and its seed; `failures` transactions to come are aborted. While it `cannotDelete`, each
 * request to delete fails, and with it its transaction unless the page prevents that. While it `holds`, that transactions
 * are complete is told when the test calls what waits in `held`.
 */
export class FakeJournal {
  /** @type {Map<string, { key: any[], value: any }>} */
  entries = new Map();
  failures = 0;
  cannotDelete = false;
  holds = false;
  /** @type {(() => void)[]} */
  held = [];
  /** @type {unknown[]} what handlers of the page threw */
  uncaught = [];
  lockCount = 0;
  openCount = 0;

  install() {
    const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
    define("indexedDB", { open: () => this.#open() });
    define("IDBKeyRange", { bound: (start) => start });
    define("navigator", { locks: { request: (_name, _options, run) => this.#request(run) } });
    return this;
  }

  /** Numbers of the calls that are written under a handshake code. */
  of(code) {
    const keys = [...this.entries.values()].map(({ key }) => key).filter(([one]) => one === code);
    return keys.map(([, , number]) => number).sort((one, other) => one - other);
  }

  /** What a device would be made of. */
  get seed() {
    return this.entries.get(textOf("seed"))?.value;
  }

  async #request(run) {
    await null;
    this.lockCount += 1;
    await run();
    this.lockCount -= 1;
  }

  #open() {
    this.openCount += 1;
    const opening = { result: { close() {}, transaction: () => this.#transaction() } };
    setImmediate(() => opening.onsuccess());
    return opening;
  }

  #transaction() {
    let isAborted = this.failures > 0;
    this.failures -= isAborted ? 1 : 0;
    const abort = () => {
      if (isAborted) {
        throw new Error("InvalidStateError");
      }
      isAborted = true;
      // Each request that was still to come is told.
      for (let left = steps.length - at; left > 1; left -= 1) {
        transaction.onerror({ preventDefault() {}, target: { error: new Error("AbortError") } });
      }
    };
    const transaction = { error: new Error("the disk says no"), objectStore: () => store, abort };
    const before = new Map(this.entries);
    /** @type {(() => void)[]} */
    const steps = [];
    let at = 0;
    const ask = (/** @type {() => unknown} */ read) => {
      /** @type {{ result?: unknown, onsuccess?: () => void }} */
      const request = {};
      steps.push(() => {
        request.result = read();
        request.onsuccess?.();
      });
      return request;
    };
    const within = (/** @type {unknown[] | string} */ range) =>
      [...this.entries].filter(([, { key }]) => key === range || (range !== "seed" && begins(key, range)));
    const store = {
      put: (value, key) => ask(() => this.entries.set(textOf(key), { key, value: structuredClone(value) })),
      get: (key) => ask(() => this.entries.get(textOf(key))?.value),
      count: (range) => ask(() => within(range).length),
      delete: (range) =>
        ask(() => {
          if (!this.cannotDelete) {
            within(range).forEach(([text]) => void this.entries.delete(text));
          } else {
            let isPrevented = false;
            const preventDefault = () => {
              isPrevented = true;
            };
            transaction.onerror({ preventDefault, target: { error: new Error("UnknownError") } });
            isAborted ||= !isPrevented;
          }
        }),
    };
    const run = () => {
      try {
        // Grows while it runs: who hears of one asks for more.
        for (; at < steps.length && !isAborted; at += 1) {
          steps[at]();
        }
      } catch (error) {
        this.uncaught.push(error);
        isAborted = true;
      }
      if (isAborted) {
        this.entries = before;
        transaction.onabort();
      } else if (this.holds) {
        this.held.push(() => transaction.oncomplete());
      } else {
        transaction.oncomplete();
      }
    };
    setImmediate(run);
    return transaction;
  }
}

/** What a page says of itself, by the global name. */
export function fakePage() {
  return {
    location: new URL("https://shop.test/"),
    window: { isSecureContext: true, addEventListener() {} },
    document: { visibilityState: "visible", baseURI: "https://shop.test/", addEventListener() {} },
  };
}

/** The databases of an origin by name, each with one empty object store; notes which were opened. */
export class FakeDatabases {
  /** @type {Set<string>} */
  #names = new Set();
  /** @type {string[]} */
  opened = [];
  /** @type {Error | null} what each opening fails with */
  failure = null;

  install() {
    const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
    const deleteDatabase = (name) => this.#answer(() => this.#names.delete(name));
    define("indexedDB", { open: (name) => this.#open(name), deleteDatabase });
    define("navigator", { onLine: true, userAgent: "fake" });
    Object.entries(fakePage()).forEach(([name, value]) => void define(name, value));
    globalThis.window.top = globalThis.window;
    return this;
  }

  get names() {
    return [...this.#names].sort();
  }

  /** @param {string[]} names */
  add(...names) {
    names.forEach((name) => void this.#names.add(name));
  }

  #open(name) {
    this.opened.push(name);
    const isNew = !this.#names.has(name);
    const store = { clear() {} };
    const transaction = { objectStore: () => store, abort() {} };
    const result = {
      objectStoreNames: ["records"],
      close() {},
      transaction: () => {
        setImmediate(() => transaction.oncomplete());
        return transaction;
      },
    };
    const opening = { result, transaction, error: this.failure };
    setImmediate(() => {
      if (this.failure === null && isNew) {
        opening.onupgradeneeded();
      }
      if (this.failure === null && !isNew) {
        opening.onsuccess();
      } else {
        opening.onerror({ preventDefault() {} });
      }
    });
    return opening;
  }

  #answer(act) {
    const request = { error: this.failure };
    setImmediate(() => {
      act();
      request.onsuccess();
    });
    return request;
  }
}

/**
 * SharedWorkers as a page sees them: what it said to each, and a way to have each say something, or not load. Who has
 * closed the port hears nothing; the script is there for a page that asks for it.
 */
export class FakeWorkers {
  /** @type {{ name: string, heard: any[], isClosed: boolean, say: (data: unknown) => void, fail: () => void }[]} */
  all = [];

  install() {
    const { all } = this;
    globalThis.fetch = async () => new Response("", { headers: { "content-type": "text/javascript" } });
    globalThis.SharedWorker = class {
      constructor(_url, { name }) {
        const listeners = [];
        const heard = [];
        const unheard = [];
        let isStarted = false;
        const tell = (data) => listeners.forEach((listen) => void listen({ data }));
        const say = (data) => void (isStarted ? worker.isClosed || tell(data) : unheard.push(data));
        const fail = () => [this.onerror, this.failed].forEach((hear) => void hear?.({ preventDefault() {} }));
        const worker = { name, heard, isClosed: false, say, fail };
        all.push(worker);
        this.port = {
          addEventListener: (_type, listen) => listeners.push(listen),
          postMessage: (message) => heard.push(message, ...(message.inputs ?? [])),
          start() {
            isStarted = true;
            queueMicrotask(() => unheard.splice(0).forEach(tell));
          },
          close() {
            worker.isClosed = true;
          },
        };
      }

      addEventListener(_type, listen) {
        this.failed = listen;
      }
    };
    return this;
  }
}

/** The workers of the page's own that are made in a test, each with the types of what it heard. */
export function ownWorkers(t) {
  const own = [];
  globalThis.Worker = class {
    heard = [];

    constructor() {
      own.push(this);
    }

    addEventListener(type, listen) {
      this[type] = listen;
    }

    postMessage(message) {
      this.heard.push(message.type);
    }

    terminate() {
      this.isTerminated = true;
    }
  };
  t.after(() => delete globalThis.Worker);
  return own;
}

/** Lets everything go on until it is so; digests are made in threads of their own. */
export async function until(isSo) {
  for (let turn = 0; turn < 20_000 && !isSo(); turn += 1) {
    await new Promise((resolve) => void setImmediate(resolve));
  }
}
