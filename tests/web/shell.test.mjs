/** The shell under a scripted decider in place of Python: inputs in, commands out, answers back in. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { CARRY_OUT, FOR_PAGES, Shell } from "../../web/worker/shell.js";
import { MemoryStore, StoreFailedError, StorePurgedError } from "../../web/worker/store.js";

/**
 * A shell whose decider gives commands by the type of the input.
 *
 * @param {Record<string, any>} script input type → list of commands, or function of the request
 * @param {any} store
 */
function shellWith(script, store = new MemoryStore()) {
  const requests = [];
  const said = [];
  let wake = () => {};
  const call = (text) => {
    const request = JSON.parse(text);
    requests.push(request);
    const answer = script[request.input.type] ?? [];
    const commands = typeof answer === "function" ? answer(request) : answer;
    queueMicrotask(() => wake());
    return JSON.stringify(Array.isArray(commands) ? { commands } : commands);
  };
  const shell = new Shell({ call, store, say: (message) => said.push(message) });
  const inputs = () => requests.map(({ tracker, input }) => `${tracker}:${input.type}`);
  const until = async (input) => {
    while (!inputs().includes(input)) {
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  };
  return { shell, requests, said, inputs, until };
}

/** Puts something in the place of a global for the length of a test. */
function replace(t, name, value) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  t.after(() => {
    if (before === undefined) delete globalThis[name];
    else Object.defineProperty(globalThis, name, before);
  });
}

const OPENED = '{"type":"TrackerOpened","options":{}}';
const COMMIT = { type: "Commit", expectedRevision: 0, put: { a: 1 }, delete: [], isStrict: false, answers: [] };

/** Runs with the console silent: what these tests provoke is also said there. */
async function quietly(run) {
  const real = { error: console.error, warn: console.warn };
  Object.assign(console, { error() {}, warn() {} });
  try {
    await run();
  } finally {
    Object.assign(console, real);
  }
}

test("each request has the tracker, both clocks and 64 fresh random bytes", () => {
  const { shell, requests } = shellWith({});
  shell.open("t", OPENED);
  shell.feedText("t", '{"type":"NetworkReturned"}');
  const [first, second] = requests;
  assert.deepEqual(first.input, JSON.parse(OPENED));
  assert.equal(first.tracker, "t");
  assert.ok(Number.isInteger(first.now.wallMs) && Number.isInteger(first.now.monotonicMs));
  assert.match(first.now.random, /^[0-9a-f]{128}$/);
  assert.notEqual(first.now.random, second.now.random);
  assert.ok(second.now.monotonicMs >= first.now.monotonicMs);
});

test("the store is loaded and committed to, and the answers come back as inputs", async () => {
  const { shell, requests, until } = shellWith({
    TrackerOpened: [{ type: "LoadStore" }],
    StoreLoaded: [COMMIT],
    Committed: [COMMIT],
  });
  shell.open("t", OPENED);
  await until("t:CommitConflicted");
  assert.deepEqual(
    requests.slice(1).map(({ input }) => input),
    [
      { type: "StoreLoaded", storage: "memory", revision: 0, records: {}, failure: null },
      { type: "Committed", revision: 1 },
      { type: "CommitConflicted", revision: 1, records: { a: 1 } },
    ],
  );
});

test("who asks for the journal is answered where there is none, too", async () => {
  const { shell, requests, until } = shellWith({ TrackerOpened: [{ type: "ReadJournal", handshakeCode: "code-1" }] });
  shell.open("t", OPENED);
  await until("t:JournalRead");
  assert.deepEqual(requests[1].input, { type: "JournalRead", calls: [], deviceSeed: null, pages: [] });
});

test("a journal that cannot be read is told from one in which nothing lies", async (t) => {
  const locks = { request() {}, query: async () => ({ held: [] }) };
  const broken = { open: () => assert.fail("the disk is broken") };
  replace(t, "indexedDB", broken);
  replace(t, "navigator", { locks });
  const { shell, requests, until } = shellWith({ TrackerOpened: [{ type: "ReadJournal", handshakeCode: "code-1" }] });
  shell.open("t", OPENED);
  await until("t:JournalRead");
  assert.deepEqual(requests[1].input, { type: "JournalRead", calls: [], deviceSeed: null, pages: null });
});

test("a scan that comes along with its page is written before what nobody waits for is begun", async (t) => {
  const begun = [];
  t.mock.method(globalThis, "fetch", () => {
    begun.push("request");
    return new Promise(() => {});
  });
  const broken = { open: () => begun.push("journal") && assert.fail("the disk is broken") };
  replace(t, "indexedDB", broken);
  replace(t, "navigator", { locks: { request() {}, query: async () => ({ held: [] }) } });
  const store = new MemoryStore();
  const commit = t.mock.method(store, "commit", async () => {
    begun.push("commit");
    return { applied: true, revision: 1 };
  });
  const request = { type: "SendHttp", request: 1, method: "POST", url: "https://lts.test", body: {}, timeoutMs: 1000 };
  const journal = { type: "ReadJournal", handshakeCode: "code-1" };
  const { shell, until } = shellWith({ PageJoined: [journal, request], ScanSeen: [COMMIT] }, store);
  shell.open("t", OPENED);
  shell.feedText("t", '{"type":"PageJoined"}');
  shell.feedText("t", '{"type":"ScanSeen"}', "page/1");
  await until("t:JournalRead");
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(commit.mock.callCount(), 1);
  assert.equal(begun[0], "commit");
  assert.deepEqual(begun.toSorted(), ["commit", "journal", "request"]);
});

test("what is for the page goes to the page, in order", () => {
  const commands = [
    { type: "Mirror", state: {} },
    { type: "Recount", scans: 1, reports: 1 },
    { type: "Resolve", call: "c", value: 1 },
    { type: "Reject", call: "d", error: "LicenseError", code: "X", message: "m" },
    { type: "Notify", event: "scan", detail: null },
    { type: "HoldBeacon", requests: [] },
    { type: "AskToPersist" },
  ];
  const { shell, said } = shellWith({ TrackerOpened: commands });
  shell.open("t", OPENED);
  assert.deepEqual(said, [{ type: "Commands", tracker: "t", commands }]);
});

test("an unknown command ends the tracker with an error that names it", () =>
  quietly(async () => {
    for (const type of ["Explode", "toString", "__proto__"]) {
      const { shell, said } = shellWith({ TrackerOpened: [{ type }] });
      shell.open("t", OPENED);
      assert.equal(said[0].type, "Refused");
      assert.equal(said[0].error.code, "INTERNAL");
      assert.ok(said[0].error.message.includes(type));
    }
  }));

test("options that are refused end the tracker with that error", () => {
  const error = { name: "OptionError", code: "OPTION_INVALID", message: "handshakeCode …" };
  const { shell, said, inputs } = shellWith({ TrackerOpened: () => ({ error }) });
  shell.open("t", OPENED);
  shell.feedText("t", '{"type":"ScanSeen"}', "scan-1");
  assert.deepEqual(said, [{ type: "Refused", tracker: "t", error }]);
  assert.deepEqual(inputs(), ["t:TrackerOpened", "t:TrackerDropped"]);
});

test("a failure of one call rejects that call, and the tracker goes on", () =>
  quietly(async () => {
    const { shell, said, inputs } = shellWith({
      ScanSeen: () => {
        throw new Error("Traceback\n  File …\nValueError: boom");
      },
    });
    shell.open("t", OPENED);
    shell.feedText("t", '{"type":"ScanSeen"}', "scan-1");
    shell.feedText("t", '{"type":"NetworkReturned"}');
    assert.deepEqual(said, [
      {
        type: "Commands",
        tracker: "t",
        commands: [
          { type: "Reject", call: "scan-1", error: "DltError", code: "INTERNAL", message: "ValueError: boom" },
        ],
      },
    ]);
    assert.equal(inputs().at(-1), "t:NetworkReturned");
  }));

test("the last timer set is the one that fires, and none after it was stopped", async () => {
  const at = (milliseconds) => Math.ceil(performance.now()) + milliseconds;
  const { shell, inputs, until } = shellWith({
    TrackerOpened: () => [
      { type: "SetTimer", atMonotonicMs: at(1) },
      { type: "SetTimer", atMonotonicMs: at(20) },
    ],
    TimerFired: () => [
      { type: "SetTimer", atMonotonicMs: at(1) },
      { type: "SetTimer", atMonotonicMs: null },
    ],
    NetworkReturned: () => [{ type: "SetTimer", atMonotonicMs: 1e15 }],
  });
  shell.open("t", OPENED);
  await until("t:TimerFired");
  shell.open("u", OPENED);
  await until("u:TimerFired");
  assert.deepEqual(inputs(), ["t:TrackerOpened", "t:TimerFired", "u:TrackerOpened", "u:TimerFired"]);
  shell.feedText("t", '{"type":"NetworkReturned"}');
  shell.forget("t");
});

test("a timer never fires before its time on the clock that Python sees", async () => {
  let due = 0;
  const { shell, requests, until } = shellWith({
    TrackerOpened: ({ now }) => {
      due = now.monotonicMs + 15;
      return [{ type: "SetTimer", atMonotonicMs: due }];
    },
  });
  shell.open("t", OPENED);
  await until("t:TimerFired");
  assert.ok(requests.at(-1).now.monotonicMs >= due);
});

test("a forgotten tracker hears nothing more", async () => {
  const { shell, inputs } = shellWith({
    TrackerOpened: [{ type: "LoadStore" }, { type: "VerifyToken", token: "x", keys: null }],
  });
  shell.open("t", OPENED);
  shell.forget("t");
  shell.forget("t");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(inputs(), ["t:TrackerOpened", "t:TrackerDropped"]);
});

/** A store that is deleted at its first commit. */
class PurgedOnce extends MemoryStore {
  #isPurged = false;

  async commit(change) {
    if (!this.#isPurged) {
      this.#isPurged = true;
      throw new StorePurgedError("deleted");
    }
    return super.commit(change);
  }
}

test("a purge answers the commits under way of all trackers, and each is told once", async () => {
  const script = { TrackerOpened: [{ type: "LoadStore" }], NetworkReturned: [COMMIT] };
  const { shell, inputs, until } = shellWith(script, new PurgedOnce());
  shell.open("a", OPENED);
  shell.open("b", OPENED);
  await until("b:StoreLoaded");
  shell.feedText("a", '{"type":"NetworkReturned"}');
  shell.feedText("b", '{"type":"NetworkReturned"}');
  shell.open("c", OPENED);
  await until("c:StoreLoaded");
  shell.feedText("b", '{"type":"NetworkReturned"}');
  await until("b:Committed");
  assert.deepEqual(
    inputs().filter((input) => /Purged|Commit/.test(input)),
    ["a:StorePurged", "b:StorePurged", "b:Committed"],
  );
});

test("a commit that is asked for while the purged store is read again is answered once, by the purge", async () => {
  let isReading = () => {};
  const reading = new Promise((resolve) => {
    isReading = resolve;
  });
  let goOn = () => {};
  class SlowlyReadAgain extends PurgedOnce {
    #loadCount = 0;

    async load() {
      this.#loadCount += 1;
      if (this.#loadCount > 2) {
        isReading();
        await new Promise((resolve) => {
          goOn = resolve;
        });
      }
      return super.load();
    }
  }
  const script = { TrackerOpened: [{ type: "LoadStore" }], NetworkReturned: [COMMIT] };
  const { shell, inputs, until } = shellWith(script, new SlowlyReadAgain());
  shell.open("a", OPENED);
  shell.open("b", OPENED);
  await until("b:StoreLoaded");
  shell.feedText("a", '{"type":"NetworkReturned"}');
  await reading;
  shell.feedText("b", '{"type":"NetworkReturned"}');
  goOn();
  await until("b:StorePurged");
  shell.feedText("a", '{"type":"NetworkReturned"}');
  await until("a:Committed");
  assert.deepEqual(
    inputs().filter((input) => /Purged|Commit/.test(input)),
    ["a:StorePurged", "b:StorePurged", "a:Committed"],
  );
});

const FORETOLD = [
  { type: "Recount", scans: 1, reports: 1 },
  { type: "Resolve", call: "page/1", value: { scans: 1 } },
];
const SCAN = { ...COMMIT, answers: FORETOLD };

/** A store whose commits end when the test says so, and how. */
class HeldStore extends MemoryStore {
  #ends = [];

  async commit(change) {
    await new Promise((resolve, reject) => this.#ends.push({ resolve, reject }));
    return super.commit(change);
  }

  /** @param {Error} [error] */
  end(error) {
    const { resolve, reject } = this.#ends.shift();
    error === undefined ? resolve() : reject(error);
  }

  get isCommitting() {
    return this.#ends.length > 0;
  }
}

/** A shell with a tracker that has a scan on its way to the disk. */
async function scanning(script = {}) {
  const store = new HeldStore();
  const made = shellWith({ TrackerOpened: [{ type: "LoadStore" }], ScanSeen: [SCAN], ...script }, store);
  made.shell.open("t", OPENED);
  await made.until("t:StoreLoaded");
  made.shell.feedText("t", '{"type":"ScanSeen"}', "page/1");
  while (!store.isCommitting) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { ...made, store, told: () => made.said.flatMap(({ commands }) => commands) };
}

test("a page is told of its scan as soon as that is on disk, before Python is", async () => {
  const when = [];
  const { store, until, requests, told } = await scanning({
    Committed: () => {
      when.push([...told()]);
      return [];
    },
  });
  assert.deepEqual(told(), []);
  store.end();
  await until("t:Committed");
  assert.deepEqual(when, [FORETOLD]);
  assert.deepEqual(requests.at(-1).input, { type: "Committed", revision: 1 });
});

test("what a page was told along with the commit, and of other things meanwhile, comes before it", async () => {
  const other = { type: "Resolve", call: "page/2", value: { scans: 0 } };
  const { shell, store, until, told } = await scanning({
    ScanSeen: [{ type: "Mirror", state: {} }, SCAN],
    NetworkReturned: [other],
  });
  shell.feedText("t", '{"type":"NetworkReturned"}');
  store.end();
  await until("t:Committed");
  assert.deepEqual(told(), [{ type: "Mirror", state: {} }, other, ...FORETOLD]);
});

for (const [why, error, news] of /** @type {const} */ ([
  ["was purged", new StorePurgedError("deleted"), "StorePurged"],
  ["failed", new StoreFailedError("the disk is full"), "StoreFailed"],
  ["ended unseen", new StoreFailedError("lost", { mayHaveCommitted: true }), "StoreFailed"],
])) {
  test(`no page is told of a scan whose commit ${why}`, () =>
    quietly(async () => {
      const { store, until, told } = await scanning({ [news]: [COMMIT] });
      store.end(error);
      await until(`t:${news}`);
      if (news === "StorePurged") {
        while (!store.isCommitting) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        store.end();
      }
      await until("t:Committed");
      assert.deepEqual(told(), []);
    }));
}

test("of a commit that another tab made impossible a page is told what was decided anew", async () => {
  const anew = { type: "Resolve", call: "page/1", value: "anew" };
  const { store, until, told } = await scanning({
    CommitConflicted: [{ ...COMMIT, expectedRevision: 1, answers: [anew] }],
  });
  await MemoryStore.prototype.commit.call(store, COMMIT);
  store.end();
  await until("t:CommitConflicted");
  assert.deepEqual(told(), []);
  store.end();
  await until("t:Committed");
  assert.deepEqual(told(), [anew]);
});

test("a tracker that was forgotten meanwhile tells nobody anything", async () => {
  const { shell, store, told } = await scanning();
  shell.forget("t");
  store.end();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(told(), []);
});

test("a store that fails is replaced by an empty one in memory", () =>
  quietly(async () => {
    const broken = {
      load: async () => ({ storage: "indexeddb", revision: 3, records: {} }),
      commit: () => Promise.reject(new StoreFailedError("the disk is full")),
    };
    const { shell, requests, until } = shellWith(
      { TrackerOpened: [{ type: "LoadStore" }], StoreLoaded: [COMMIT], StoreFailed: [COMMIT] },
      broken,
    );
    shell.open("t", OPENED);
    await until("t:Committed");
    assert.deepEqual(
      requests.slice(1).map(({ input }) => input),
      [
        { type: "StoreLoaded", storage: "indexeddb", revision: 3, records: {}, failure: null },
        { type: "StoreFailed", reason: "the disk is full", mayHaveCommitted: false },
        { type: "Committed", revision: 1 },
      ],
    );
  }));

test("only the tracker whose commit ended unseen hears that it may be on the disk", () =>
  quietly(async () => {
    const unseen = new StoreFailedError("connection lost", { mayHaveCommitted: true });
    const broken = {
      load: async () => ({ storage: "indexeddb", revision: 3, records: {} }),
      commit: () => Promise.reject(unseen),
    };
    const { shell, requests, until } = shellWith(
      { TrackerOpened: [{ type: "LoadStore" }], TimerFired: [COMMIT] },
      broken,
    );
    shell.open("a", OPENED);
    shell.open("b", OPENED);
    await until("b:StoreLoaded");
    shell.feedText("a", '{"type":"TimerFired"}');
    shell.feedText("b", '{"type":"TimerFired"}');
    await until("b:StoreFailed");
    const told = requests.filter(({ input }) => input.type === "StoreFailed");
    assert.deepEqual(
      told.map(({ tracker, input }) => [tracker, input.mayHaveCommitted]),
      [
        ["a", true],
        ["b", false],
      ],
    );
  }));

test("a store that cannot be opened is replaced before anybody saw it", () =>
  quietly(async () => {
    const broken = { load: () => Promise.reject(new StoreFailedError("no IndexedDB")), commit: assert.fail };
    const { shell, requests, until } = shellWith({ TrackerOpened: [{ type: "LoadStore" }] }, broken);
    shell.open("t", OPENED);
    await until("t:StoreLoaded");
    const memory = { storage: "memory", revision: 0, records: {} };
    assert.deepEqual(requests[1].input, { type: "StoreLoaded", ...memory, failure: "no IndexedDB" });
  }));

test("after the last tracker that counted in memory the next one finds the disk again", () =>
  quietly(async () => {
    const disk = { storage: "indexeddb", revision: 3, records: {} };
    let isBroken = true;
    const store = {
      load: () => (isBroken ? Promise.reject(new StoreFailedError("no IndexedDB")) : Promise.resolve(disk)),
      commit: assert.fail,
    };
    const { shell, requests, until } = shellWith({ TrackerOpened: [{ type: "LoadStore" }] }, store);
    const loaded = (/** @type {string} */ name) =>
      requests.find(({ tracker, input }) => tracker === name && input.type === "StoreLoaded").input;
    for (const name of ["a", "b"]) {
      shell.open(name, OPENED);
      await until(`${name}:StoreLoaded`);
      isBroken = false;
    }
    assert.deepEqual([loaded("a").failure, loaded("b").failure], ["no IndexedDB", "no IndexedDB"]);
    shell.forget("a");
    shell.forget("b");
    shell.open("c", OPENED);
    await until("c:StoreLoaded");
    assert.deepEqual(loaded("c"), { type: "StoreLoaded", ...disk, failure: null });
  }));

test("the shell carries out every command that Python may give, and no other", async () => {
  const source = await readFile(new URL("../../src/dlt_web/messages.py", import.meta.url), "utf8");
  const start = source.indexOf("\nCommand = (");
  const union = source.slice(start, source.indexOf("\n)", start));
  const commands = union.match(/\b[A-Z]\w+/g).filter((name) => name !== "Command");
  assert.deepEqual([...Object.keys(CARRY_OUT), ...FOR_PAGES].sort(), commands.sort());
});

test("a store that a tracker cannot read is left alone, and every tracker of the page goes on in memory", () =>
  quietly(async () => {
    const store = new MemoryStore();
    const unreadable = { type: "Commit", expectedRevision: 0, put: { device: "of a later version" }, delete: [] };
    await store.commit({ ...unreadable, isStrict: false });
    const { shell, until, requests } = shellWith(
      {
        TrackerOpened: [{ type: "LoadStore" }],
        StoreLoaded: ({ tracker }) => (tracker === "b" ? [{ type: "AbandonStore" }] : []),
        StoreFailed: ({ tracker }) => (tracker === "b" ? [COMMIT] : []),
      },
      store,
    );
    shell.open("a", OPENED);
    await until("a:StoreLoaded");
    shell.open("b", OPENED);
    await until("a:StoreFailed");
    await until("b:Committed");
    assert.equal(requests.at(-1).input.revision, 1);
    assert.deepEqual((await store.load()).records, { device: "of a later version" });
  }));

test("a tracker that comes after a purge does not hide it from those that were there", async () => {
  const store = new MemoryStore();
  store.hasBeenPurged = async () => store.isPurged;
  const { shell, until, inputs } = shellWith({ TrackerOpened: [{ type: "LoadStore" }] }, store);
  shell.open("a", OPENED);
  await until("a:StoreLoaded");
  store.isPurged = true;
  shell.open("b", OPENED);
  await until("b:StoreLoaded");
  assert.ok(inputs().indexOf("a:StorePurged") < inputs().indexOf("b:StoreLoaded"));
  assert.ok(inputs().includes("a:StorePurged"));
});

const CONSENTED = '{"type":"TrackerOpened","options":{"handshakeCode":"c","consent":"required"}}';

/** A store on a disk that says how often it was deleted, and is found deleted when told. */
class DeletableStore extends MemoryStore {
  isPurged = false;
  forgetCount = 0;
  loadCount = 0;

  async load() {
    this.loadCount += 1;
    return super.load();
  }

  async commit(change) {
    if (this.isPurged) {
      throw new StorePurgedError("gone");
    }
    return super.commit(change);
  }

  async hasBeenPurged() {
    return this.isPurged;
  }

  async forget() {
    this.forgetCount += 1;
  }
}

test("a consent that is taken back ends whoever needs one, and the others go on with a new store", async () => {
  const store = new DeletableStore();
  const { shell, requests, said, inputs, until } = shellWith({ TrackerOpened: [{ type: "LoadStore" }] }, store);
  shell.open("t", CONSENTED);
  shell.open("u", OPENED);
  await until("u:StoreLoaded");
  await shell.revoke();
  await until("u:StorePurged");
  assert.deepEqual(requests.find(({ input }) => input.type === "TrackerRevoked").input, {
    type: "TrackerRevoked",
    handshakeCode: "c",
  });
  assert.deepEqual(said, [{ type: "Revoked", tracker: "t" }]);
  assert.equal(store.forgetCount, 1);
  shell.feedText("t", '{"type":"TimerFired"}');
  assert.equal(inputs().at(-1), "u:StorePurged");
});

test("where nobody may go on, nothing is loaded after the consent was taken back", async () => {
  const store = new DeletableStore();
  const { shell, inputs, until } = shellWith({ TrackerOpened: [{ type: "LoadStore" }], StoreLoaded: [COMMIT] }, store);
  shell.open("t", CONSENTED);
  await until("t:StoreLoaded");
  await shell.revoke();
  shell.storeQueue.check();
  await new Promise(setImmediate);
  assert.deepEqual([store.forgetCount, store.loadCount], [1, 1]);
  assert.equal(inputs().at(-1), "t:TrackerRevoked");
});

test("one tracker's consent is taken back late: what is stored goes with it, unless another's was given since", async () => {
  for (const hasAnother of [false, true]) {
    const store = new DeletableStore();
    const { shell, said, until } = shellWith({ TrackerOpened: [{ type: "LoadStore" }] }, store);
    shell.open("t", CONSENTED);
    await until("t:StoreLoaded");
    shell.open("v", hasAnother ? CONSENTED.replace('"c"', '"d"') : CONSENTED.replace('"required"', '"not-required"'));
    await until("v:StoreLoaded");
    await shell.revoke(["t"]);
    assert.deepEqual(said, [{ type: "Revoked", tracker: "t" }]);
    assert.equal(store.forgetCount, hasAnother ? 0 : 1);
  }
});

test("a store that is found deleted ends whoever needs consent: the person may have taken it back", async () => {
  const store = new DeletableStore();
  const { shell, said, inputs, until } = shellWith({ TrackerOpened: [{ type: "LoadStore" }] }, store);
  shell.open("t", CONSENTED);
  await until("t:StoreLoaded");
  store.isPurged = true;
  shell.storeQueue.check();
  await until("t:TrackerRevoked");
  await new Promise(setImmediate);
  assert.deepEqual([said, store.loadCount], [[{ type: "Revoked", tracker: "t" }], 1]);
  // One that comes now has been agreed to since.
  shell.open("v", CONSENTED.replace('"c"', '"d"'));
  await until("v:StoreLoaded");
  assert.equal(inputs().at(-1), "v:StoreLoaded");
});

test("what is being sent for a tracker whose consent is taken back is given up", async (t) => {
  let isAborted = false;
  const fetched = t.mock.method(globalThis, "fetch", (_url, { signal }) => {
    signal.addEventListener("abort", () => {
      isAborted = true;
    });
    return new Promise(() => {});
  });
  const request = { type: "SendHttp", request: 1, method: "POST", url: "https://lts.test", body: {}, timeoutMs: 1000 };
  const { shell } = shellWith({ TrackerOpened: [request] }, new DeletableStore());
  shell.open("t", CONSENTED);
  while (fetched.mock.callCount() === 0) {
    await new Promise(setImmediate);
  }
  await shell.revoke();
  assert.equal(isAborted, true);
});

test("a store that cannot be deleted is told to who asked for it", async () => {
  const store = new DeletableStore();
  store.forget = () => Promise.reject(new Error("the disk says no"));
  const { shell, until } = shellWith({ TrackerOpened: [{ type: "LoadStore" }] }, store);
  shell.open("t", CONSENTED);
  await until("t:StoreLoaded");
  await assert.rejects(shell.revoke(), /the disk says no/);
});
