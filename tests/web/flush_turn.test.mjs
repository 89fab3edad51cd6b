/** Tabs with a runtime each, of one origin and store: they take turns in flushing, and no turn is waited for too long. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Shell } from "../../web/worker/shell.js";
import { MemoryStore } from "../../web/worker/store.js";

const FLUSH = '{"type":"FlushRequested","call":"c"}';
const SEND = { type: "SendHttp", request: 1, method: "POST", url: "https://lts.test", body: {}, timeoutMs: 1000 };
const COMMIT = { type: "Commit", expectedRevision: 0, put: { sent: true }, delete: [], isStrict: true, answers: [] };

/** Each test has a queue of its own, because the locks are the platform's. */
let queueCount = 0;

/** Lets whatever can go on go on: locks are granted in tasks of their own. */
const settle = () => new Promise((resolve) => void setTimeout(resolve, 20));

/** Requests that wait for the test to answer them. */
function holdRequests() {
  const answers = [];
  mock.method(globalThis, "fetch", () => new Promise((resolve) => void answers.push(() => resolve(new Response("")))));
  return answers;
}

/** Has the two seconds be over when the test says so. */
function holdTime() {
  const ends = [];
  mock.method(AbortSignal, "timeout", (ms) => {
    const end = new AbortController();
    ends.push(() => end.abort(new Error(`${ms} ms`)));
    assert.equal(ms, 2000);
    return end.signal;
  });
  return () => ends.forEach((end) => void end());
}

/** Has commits wait for the disk until the test says that it has them. */
function holdCommits(store) {
  const { commit } = store;
  let write = () => {};
  const isWritten = new Promise((resolve) => {
    write = resolve;
  });
  store.commit = async (change) => {
    await isWritten;
    return commit.call(store, change);
  };
  return write;
}

/** Trackers of one handshake code over one store, each in a worker of its own; each sends and then commits. */
function tabsOn(store, { takesTurns = true } = {}) {
  queueCount += 1;
  const handshakeCode = `code-${queueCount}`;
  const open = () => {
    const heard = [];
    const script = { TrackerOpened: [{ type: "LoadStore" }], FlushRequested: [SEND], HttpAnswered: [COMMIT] };
    const call = (text) => {
      const { input } = JSON.parse(text);
      heard.push(input);
      return JSON.stringify({ commands: script[input.type] ?? [] });
    };
    const shell = new Shell({ call, about: {}, store, say() {}, takesTurns });
    shell.open("t", JSON.stringify({ type: "TrackerOpened", options: { handshakeCode } }));
    const types = () => heard.map(({ type }) => type).slice(2);
    return { shell, heard, types, feed: (text) => shell.feedText("t", text), forget: () => shell.forget("t") };
  };
  return { open, lockName: `dlt-web flush ${handshakeCode}` };
}

test.afterEach(() => mock.restoreAll());

test("while one tab flushes another one's scans pass and its flush waits, and then knows what is sent", async () => {
  const answers = holdRequests();
  const store = new MemoryStore();
  const { open } = tabsOn(store);
  const [first, second] = [open(), open()];
  await settle();
  first.feed(FLUSH);
  second.feed(FLUSH);
  await settle();
  second.feed('{"type":"ScanSeen"}');
  assert.deepEqual([first.types(), second.types()], [["FlushRequested"], ["ScanSeen"]]);
  const written = holdCommits(store);
  answers[0]();
  await settle();
  assert.deepEqual([first.types(), second.types()], [["FlushRequested", "HttpAnswered"], ["ScanSeen"]]);
  written();
  await settle();
  assert.deepEqual(first.types(), ["FlushRequested", "HttpAnswered", "Committed"]);
  assert.deepEqual(second.types(), ["ScanSeen", "CommitConflicted", "FlushRequested"]);
  assert.deepEqual(second.heard.at(-2).records, { sent: true });
});

test("what comes while a tab has its turn needs no other one", async () => {
  const answers = holdRequests();
  const tab = tabsOn(new MemoryStore()).open();
  await settle();
  tab.feed(FLUSH);
  await settle();
  tab.feed('{"type":"TimerFired"}');
  tab.feed('{"type":"NetworkReturned"}');
  tab.feed('{"type":"CloseRequested","call":"d"}');
  assert.deepEqual(tab.types(), ["FlushRequested", "TimerFired", "NetworkReturned", "CloseRequested"]);
  answers[0]();
});

test("inputs at which a tracker may flush wait in order, each of them", async () => {
  const answers = holdRequests();
  const { open } = tabsOn(new MemoryStore());
  const [first, second] = [open(), open()];
  await settle();
  first.feed(FLUSH);
  await settle();
  for (const type of ["TimerFired", "NetworkReturned", "FlushRequested"]) {
    second.feed(`{"type":"${type}","call":"c"}`);
  }
  await settle();
  assert.deepEqual(second.types(), []);
  answers[0]();
  await settle();
  assert.deepEqual(second.types(), ["CommitConflicted", "TimerFired", "NetworkReturned", "FlushRequested"]);
});

test("a page that leaves and joins again at once is not held up, and does not leave after it has joined", async () => {
  holdRequests();
  const { open } = tabsOn(new MemoryStore());
  const [first, second] = [open(), open()];
  await settle();
  first.feed(FLUSH);
  await settle();
  second.feed('{"type":"CloseRequested","call":"c"}');
  second.feed('{"type":"PageJoined"}');
  assert.deepEqual(second.types(), ["CloseRequested", "PageJoined"]);
});

test("a flush that finds nothing to send passes the turn on", async () => {
  holdRequests();
  const { open } = tabsOn(new MemoryStore());
  const [first, second] = [open(), open()];
  await settle();
  first.feed('{"type":"TimerFired"}');
  second.feed(FLUSH);
  await settle();
  assert.deepEqual([first.types(), second.types()], [["TimerFired"], ["FlushRequested"]]);
});

test("a turn that never comes is waited for two seconds", async () => {
  holdRequests();
  const timeIsUp = holdTime();
  const { open, lockName } = tabsOn(new MemoryStore());
  // As a frozen tab does.
  navigator.locks.request(lockName, () => new Promise(() => {}));
  const tab = open();
  await settle();
  tab.feed(FLUSH);
  await settle();
  assert.deepEqual(tab.types(), []);
  timeIsUp();
  await settle();
  assert.deepEqual(tab.types(), ["FlushRequested"]);
});

test("a store that does not answer is waited for as long, and not longer", async () => {
  holdRequests();
  const timeIsUp = holdTime();
  const store = new MemoryStore();
  const tab = tabsOn(store).open();
  await settle();
  store.load = () => new Promise(() => {});
  tab.feed(FLUSH);
  await settle();
  assert.deepEqual(tab.types(), []);
  timeIsUp();
  await settle();
  assert.deepEqual(tab.types(), ["FlushRequested"]);
});

test("without locks everybody flushes at once", async () => {
  holdRequests();
  mock.getter(navigator, "locks", () => undefined);
  const { open } = tabsOn(new MemoryStore());
  const tabs = [open(), open()];
  await settle();
  tabs.forEach((tab) => void tab.feed(FLUSH));
  await settle();
  assert.deepEqual(
    tabs.map((tab) => tab.types()),
    [["FlushRequested"], ["FlushRequested"]],
  );
});

test("a worker that all tabs share waits for no turn", () => {
  holdRequests();
  const tab = tabsOn(new MemoryStore(), { takesTurns: false }).open();
  tab.feed(FLUSH);
  assert.deepEqual(
    tab.heard.map(({ type }) => type),
    ["TrackerOpened", "FlushRequested"],
  );
});

test("a tracker that is gone gives its turn back, and one that waited for it never flushes", async () => {
  holdRequests();
  const { open } = tabsOn(new MemoryStore());
  const [first, second, third] = [open(), open(), open()];
  await settle();
  for (const tab of [first, second, third]) {
    tab.feed(FLUSH);
  }
  await settle();
  second.forget();
  first.forget();
  await settle();
  assert.deepEqual(second.types(), ["TrackerDropped"]);
  assert.deepEqual(third.types(), ["FlushRequested"]);
});

test("a tracker that has a commit under way is told by its answer only", async () => {
  holdRequests();
  const store = new MemoryStore();
  const tab = tabsOn(store).open();
  await settle();
  await store.commit({ ...COMMIT, put: { other: true } });
  const { load } = store;
  let read = () => {};
  store.load = async () => {
    await new Promise((resolve) => {
      read = resolve;
    });
    return load.call(store);
  };
  tab.feed(FLUSH);
  await settle();
  tab.feed('{"type":"HttpAnswered"}'); // commits what it decides on the state of before
  read();
  await settle();
  assert.deepEqual(tab.types(), ["HttpAnswered", "FlushRequested", "CommitConflicted"]);
});
