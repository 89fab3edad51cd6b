/** A page whose SharedWorker is slow or dead: what it says to the next one, and whom it believes. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Tracker } from "../../web/dlt-web.js";
import { Journal } from "../../web/page/journal.js";
import { StreamMemory } from "../../web/page/stream-memory.js";
import { FakeJournal, FakeWorkers, fakePage, ownWorkers, until } from "./fake_platform.js";

const A = { format: "qr_code", text: "A" };
const B = { format: "qr_code", text: "B" };

mock.timers.enable({ apis: ["setTimeout"] });
const journal = new FakeJournal().install();
const workers = new FakeWorkers().install();

/** A tracker on a worker whose Python is up. */
async function started(t) {
  const code = t.name;
  const assetBase = `https://${encodeURIComponent(code)}.test/`.replaceAll("%20", "-");
  const tracker = new Tracker({ handshakeCode: code, licenseServer: "https://lts.test", assetBase });
  const worker = await begun();
  const { tracker: id } = worker.heard.find(({ type }) => type === "Open");
  const obey = (one, ...commands) => one.say({ type: "Commands", tracker: id, commands });
  await until(() => journal.lockCount > 0);
  worker.say({ type: "Started" });
  await until(() => journal.lockCount === 0);
  return { tracker, worker, obey };
}

/** The worker of a tracker that was constructed just now, once the page has an idle moment. */
async function begun() {
  const known = workers.all.length;
  mock.timers.tick(1);
  await until(() => workers.all.length > known && workers.all.at(-1).heard.some(({ type }) => type === "Open"));
  return workers.all.at(-1);
}

/** Nobody answers for so long that the page starts another worker. */
function beImpatient() {
  const known = workers.all.length;
  for (let second = 0; second < 60 && workers.all.length === known; second += 1) {
    mock.timers.tick(1000);
  }
  assert.equal(workers.all.length, known + 1);
  return workers.all.at(-1);
}

/** Closes a tracker whose worker says yes. */
async function close(tracker, worker) {
  const known = callsOf(worker).length;
  const closing = tracker.close();
  await until(() => callsOf(worker).length > known);
  for (const call of callsOf(worker)) {
    worker.say({ type: "Commands", tracker: call.tracker, commands: [resolve(call, counted)] });
  }
  await closing;
}

const callsOf = ({ heard }) => heard.filter(({ type, call }) => type === "Input" && call !== null);
const resolve = ({ call }, value) => ({ type: "Resolve", call, value });
const video = { source: "video", stream: "main", timeMs: 0, calledWallMs: 0, calledMonotonicMs: 0 };
const counted = { results: [{ duplicate: false, symbology: "qr_code", forgetsAt: 1e12 }], scans: 1 };

test("calls that a dead worker did not answer are journalled while the next one starts", async (t) => {
  const { tracker, worker, obey } = await started(t);
  const first = tracker.scan(A);
  obey(worker, resolve(callsOf(worker)[0], counted));
  await first;
  const second = tracker.scan(B);
  const next = beImpatient();
  const [said] = callsOf(next);
  await until(() => journal.of(t.name).length === 2);
  assert.deepEqual(journal.of(t.name), [-1, said.number]);
  next.say({ type: "Started" });
  obey(next, resolve(said, counted));
  assert.equal((await second).scans, 1);
  await until(() => journal.lockCount === 0);
  assert.deepEqual([journal.of(t.name), journal.lockCount], [[], 0]);
});

test("Python that is lost while there is no network is loaded again once there is one, and calls wait for it", async (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const { tracker, worker, obey } = await started(t);
  const first = tracker.scan(A);
  worker.say({ type: "Restarted" });
  worker.say({ type: "Failed", message: "it could not be fetched", isUnreachable: true });
  const second = tracker.scan(B);
  assert.match(warn.mock.calls[0].arguments[0], /it could not be fetched\. It is tried again, and calls wait for it/);
  for (const waitMs of [1_000, 2_000, 4_000]) {
    const known = workers.all.length;
    mock.timers.tick(waitMs / 2 - 1);
    assert.equal(workers.all.length, known);
    mock.timers.tick(waitMs / 2 + 1);
    assert.equal(workers.all.length, known + 1);
    workers.all.at(-1).say({ type: "Failed", message: "it could not be fetched", isUnreachable: true });
  }
  mock.timers.tick(8_000);
  const last = workers.all.at(-1);
  assert.deepEqual(
    callsOf(last).map(({ number }) => number),
    [callsOf(worker)[0].number, callsOf(worker)[0].number + 1],
  );
  await until(() => journal.of(t.name).length === 2);
  last.say({ type: "Started" });
  obey(last, ...callsOf(last).map((call) => resolve(call, counted)));
  assert.deepEqual([(await first).scans, (await second).scans], [1, 1]);
  await close(tracker, last);
});

test("a start fails at once where it cannot be the network, and waits for it where there is none", async (t) => {
  t.mock.method(console, "warn", () => {});
  t.after(() => delete navigator.onLine);
  for (const isOnline of [true, undefined, false]) {
    navigator.onLine = isOnline;
    const options = { licenseServer: "https://lts.test", assetBase: `https://start.test/${isOnline}/` };
    const tracker = new Tracker({ handshakeCode: `${t.name} ${isOnline}`, ...options });
    const worker = await begun();
    const counting = tracker.scan(A);
    worker.say({ type: "Failed", message: "it could not be fetched", isUnreachable: true });
    if (isOnline !== false) {
      await assert.rejects(counting, { code: "LOAD_FAILED", message: /it could not be fetched/ });
      continue;
    }
    mock.timers.tick(1_000);
    const next = workers.all.at(-1);
    assert.notEqual(next, worker);
    next.say({ type: "Started" });
    const [call] = callsOf(next);
    next.say({ type: "Commands", tracker: call.tracker, commands: [resolve(call, counted)] });
    assert.equal((await counting).scans, 1);
    await close(tracker, next);
  }
});

/** What has run is loaded again, whatever kept it from starting; each of these has one worker fail. */
const FAILURES = {
  "a server that is overloaded": {
    fail: (worker) => worker.say({ type: "Failed", message: "it answered 503", isUnreachable: false }),
    named: /it answered 503\. It is tried again/,
  },
  "a portal that answers in its place": {
    fail: (worker) => worker.fail(),
    answer: async () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    named: /worker\/main\.js was refused: .*this one has text\/html/,
  },
  "a file that is gone": {
    fail: (worker) => worker.fail(),
    answer: async () => new Response("", { status: 404 }),
    named: /worker\/main\.js answered 404\./,
  },
  "a fetch that hangs": {
    fail: (worker) => {
      worker.say({ type: "Pong" });
      mock.timers.tick(60_000);
    },
    named: /did not start within 60 s, and the browser gave no reason.*'wasm-unsafe-eval'\. It is tried again/,
  },
};

for (const [what, { fail, answer = assert.fail, named }] of Object.entries(FAILURES)) {
  test(`Python that has run is loaded again after ${what}, no more often than the others`, async (t) => {
    const warn = t.mock.method(console, "warn", () => {});
    t.mock.method(globalThis, "fetch", answer);
    const { tracker, worker, obey } = await started(t);
    const known = workers.all.length;
    worker.say({ type: "Ended" });
    assert.equal(workers.all.length, known + 1);
    const scanned = tracker.scan(A);
    const names = new Set();
    for (const waitMs of [1_000, 2_000, 4_000]) {
      const failing = workers.all.at(-1);
      names.add(failing.name);
      const told = warn.mock.callCount();
      fail(failing);
      await until(() => warn.mock.callCount() > told);
      assert.match(warn.mock.calls.at(-1).arguments[0], named);
      const before = workers.all.length;
      mock.timers.tick(waitMs / 2 - 1);
      assert.equal(workers.all.length, before);
      mock.timers.tick(waitMs / 2 + 1);
      assert.equal(workers.all.length, before + 1);
    }
    // One that hangs is not the one that is connected to next; one that answers that it failed may be.
    assert.equal(names.size, what === "a server that is overloaded" ? 1 : 3);
    const last = workers.all.at(-1);
    last.say({ type: "Started" });
    obey(last, ...callsOf(last).map((call) => resolve(call, counted)));
    assert.equal((await scanned).scans, 1);
    await close(tracker, last);
  });
}

const LOST = { type: "Failed", message: "it could not be fetched", isUnreachable: true };

for (const authorize of ["start", "first-scan"]) {
  test(`ready waits ten seconds for Python that waits for the network, and says so: ${authorize}`, async (t) => {
    t.mock.method(console, "warn", () => {});
    t.after(() => delete navigator.onLine);
    navigator.onLine = false;
    const options = { licenseServer: "https://lts.test", assetBase: `https://ready.test/${authorize}/`, authorize };
    const tracker = new Tracker({ handshakeCode: t.name, ...options });
    const told = [];
    tracker.addEventListener("license", ({ detail }) => told.push(detail.state));
    const worker = await begun();
    let isReady = false;
    tracker.ready.then(() => {
      isReady = true;
    });
    worker.say(LOST);
    // One that joins meanwhile waits as long.
    const late = new Tracker({ handshakeCode: `${t.name} 2`, ...options });
    mock.timers.tick(1);
    await until(() => false);
    mock.timers.tick(9_998);
    await until(() => false);
    assert.deepEqual([isReady, told], [false, []]);
    mock.timers.tick(2);
    await Promise.all([tracker.ready, late.ready]);
    const isOffline = authorize === "start";
    assert.deepEqual(told, isOffline ? ["offline"] : []);
    for (const { license } of [tracker, late]) {
      assert.equal(license.state, isOffline ? "offline" : "starting");
      assert.equal(license.code, isOffline ? "LOAD_FAILED" : undefined);
    }
    const next = workers.all.at(-1);
    assert.notEqual(next, worker);
    next.say({ type: "Started" });
    const { tracker: id } = next.heard.find(({ type }) => type === "Open");
    const state = {
      deviceUuid: "u",
      storage: "indexeddb",
      license: { state: "licensed" },
      pending: {},
      deadLetters: [],
    };
    next.say({ type: "Commands", tracker: id, commands: [{ type: "Mirror", state }] });
    assert.equal(tracker.license.state, "licensed");
    // The absence is over, whatever time passes.
    mock.timers.tick(100_000);
    assert.equal(tracker.license.state, "licensed");
    await Promise.all([close(tracker, next), close(late, next)]);
  });
}

test("while Python waits for the network, flush() tells what is left, and explain() need not wait", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { tracker, worker, obey } = await started(t);
  const pending = { scans: 3, reports: 1, nextReportAt: null, accepted: 0 };
  obey(worker, {
    type: "Mirror",
    state: { deviceUuid: "u", storage: "memory", license: {}, pending, deadLetters: [] },
  });
  const before = tracker.flush();
  worker.say({ type: "Ended" });
  workers.all.at(-1).say(LOST);
  const left = { pendingScans: 3, pendingReports: 1 };
  assert.deepEqual(await Promise.all([before, tracker.flush()]), [left, left]);
  const given = Object.entries(fakePage());
  given.forEach(([name, value]) => void Object.defineProperty(globalThis, name, { value, configurable: true }));
  const { failure, tracker: known, waitingCalls } = await tracker.explain();
  given.forEach(([name]) => void delete globalThis[name]);
  assert.match(failure.message, /it could not be fetched/);
  assert.deepEqual([known, waitingCalls], [null, 1]); // ready
  mock.timers.tick(1_000);
  assert.deepEqual(callsOf(workers.all.at(-1)), []);
  workers.all.at(-1).say({ type: "Started" });
  await close(tracker, workers.all.at(-1));
});

test("a tracker that has nothing to count closes at once while Python waits for the network", async (t) => {
  t.mock.method(console, "warn", () => {});
  for (const isBefore of [true, false]) {
    const { tracker, worker } = await started({ name: `${t.name} ${isBefore}` });
    const closing = isBefore ? tracker.close() : null;
    worker.say(LOST);
    await (closing ?? tracker.close());
    await assert.rejects(tracker.scan(A), { code: "TRACKER_CLOSED" });
    const known = workers.all.length;
    mock.timers.tick(1_000_000);
    assert.equal(workers.all.length, known);
  }
});

test("one that has something to count lets go who closes it after a while, and counts it later", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { tracker, worker, obey } = await started(t);
  const scanned = tracker.scan(A);
  worker.say(LOST);
  let isClosed = false;
  const closing = tracker.close().then(() => {
    isClosed = true;
  });
  mock.timers.tick(9_999);
  await until(() => false);
  assert.equal(isClosed, false);
  mock.timers.tick(1);
  await closing;
  const last = workers.all.at(-1);
  last.say({ type: "Started" });
  const said = callsOf(last).map(({ input }) => JSON.parse(input).type);
  assert.deepEqual(said, ["ScanSeen", "CloseRequested"]);
  obey(last, ...callsOf(last).map((call) => resolve(call, counted)));
  assert.equal((await scanned).scans, 1);
  await until(() => last.heard.some(({ type }) => type === "Forget"));
  assert.equal(last.heard.at(-1).type, "Forget");
});

test("a worker that was given up may answer calls, and is believed nothing else", async (t) => {
  const { tracker, worker, obey } = await started(t);
  const answers = [tracker.scan(A), tracker.scan(B)];
  const next = beImpatient();
  const [first] = callsOf(worker);
  const state = { deviceUuid: "stale", storage: null, license: { state: "starting" }, pending: {}, deadLetters: [] };
  worker.say({ type: "Started" });
  obey(worker, resolve(first, counted), { type: "Mirror", state });
  assert.equal((await answers[0]).scans, 1);
  assert.equal(tracker.deviceUuid, null);
  const later = tracker.scan(A);
  // The next one starts still, so this is journalled; and it is not thought alive because the other one speaks.
  const { number } = callsOf(next).at(-1);
  await until(() => journal.of(t.name).includes(number));
  assert.equal(journal.of(t.name).includes(number), true);
  const known = workers.all.length;
  for (let second = 0; second < 58; second += 1) {
    mock.timers.tick(1000);
    obey(worker, { type: "Mirror", state });
  }
  assert.equal(workers.all.length, known + 1);
  const last = workers.all.at(-1);
  last.say({ type: "Started" });
  obey(last, ...callsOf(last).map((call) => resolve(call, counted)));
  assert.deepEqual(
    (await Promise.all([answers[1], later])).map(({ scans }) => scans),
    [1, 1],
  );
  await until(() => journal.lockCount === 0);
  assert.deepEqual(journal.of(t.name), []);
});

test("what is pending counts a scan by the time that its promise resolves, and is else as it was", async (t) => {
  const { tracker, worker, obey } = await started(t);
  const pending = { scans: 1, reports: 1, nextReportAt: 5, accepted: 2, attempts: 3, code: "X", message: "m" };
  const state = { deviceUuid: "d", storage: "indexeddb", license: { state: "licensed" }, pending, deadLetters: [] };
  obey(worker, { type: "Mirror", state });
  const seen = [];
  tracker.addEventListener("scan", () => seen.push(tracker.pending.scans));
  const answer = tracker.scan(A).then(() => seen.push(tracker.pending));
  const notify = { type: "Notify", event: "scan", detail: {}, page: null };
  obey(worker, { type: "Recount", scans: 2, reports: 4 }, resolve(callsOf(worker)[0], counted), notify);
  await answer;
  assert.deepEqual(seen, [2, { ...pending, scans: 2, reports: 4 }]);
  assert.deepEqual([tracker.deviceUuid, tracker.license.state, tracker.storage], ["d", "licensed", "indexeddb"]);
  assert.ok(Object.isFrozen(tracker.pending));
});

test("what may lie in a dead worker's memory only is sent as the next one starts", async (t) => {
  const { tracker, worker, obey } = await started(t);
  const request = { url: "https://lts.test/v1/usage-reports", body: { reports: [1] } };
  obey(worker, { type: "HoldBeacon", requests: [request] });
  tracker.scan(A);
  const fetched = t.mock.method(globalThis, "fetch", async () => new Response());
  const next = beImpatient();
  const [[url, { body, keepalive }]] = fetched.mock.calls.map((call) => call.arguments);
  assert.deepEqual([url, JSON.parse(body).reports, keepalive], [request.url, [1], true]);
  await until(() => journal.lockCount > 0);
  next.say({ type: "Started" });
  obey(next, ...callsOf(next).map((call) => resolve(call, counted)));
  await until(() => journal.lockCount === 0);
});

test("a journal that could not be written once is written again, and emptied in the end", async (t) => {
  const assetBase = "https://once.test/";
  new Tracker({ handshakeCode: t.name, licenseServer: "https://lts.test", assetBase }).scan(A);
  const worker = await begun();
  const { tracker: id } = worker.heard.find(({ type }) => type === "Open");
  const written = () => journal.of(t.name);
  journal.failures = 1;
  await until(() => journal.failures === 0);
  const tracker = new Tracker({ handshakeCode: t.name, licenseServer: "https://lts.test", assetBase });
  tracker.scan([{ ...B, format: () => {} }, A]);
  tracker.scan(B);
  const [, odd, last] = callsOf(worker);
  await until(() => written().length === 2);
  // What no reader gives keeps nothing else out; whoever counts the journal refuses it, as the tracker does.
  assert.deepEqual(written(), [odd.number, last.number]);
  worker.say({ type: "Started" });
  worker.say({ type: "Commands", tracker: id, commands: callsOf(worker).map((call) => resolve(call, counted)) });
  await until(() => written().length === 0);
  assert.deepEqual(written(), []);
});

test("a journal has one seed as long as it holds a call of any page and code, and then another", async () => {
  const once = { ...video, barcodes: [A] };
  const one = new Journal("seed-1", "page-1");
  const other = new Journal("seed-2", "page-2");
  one.begin([]);
  await one.note(1, once);
  const { seed } = journal;
  assert.match(seed, /^[0-9a-f]{32}$/);
  other.begin([]);
  await other.note(1, once);
  one.end();
  one.answered(1);
  await until(() => journal.of("seed-1").length === 0);
  assert.deepEqual([journal.of("seed-1"), journal.seed], [[], seed]);
  other.drop();
  await until(() => journal.lockCount === 0);
  assert.deepEqual([journal.of("seed-2"), journal.seed], [[], undefined]);
  const next = new Journal("seed-1", "page-3");
  next.begin([]);
  await next.note(1, once);
  assert.match(journal.seed, /^[0-9a-f]{32}$/);
  assert.notEqual(journal.seed, seed);
  next.drop();
  await until(() => journal.lockCount === 0);
});

test("who waits for the journal to be dropped waits no longer than for anything that a browser deletes", async (t) => {
  const { open } = indexedDB;
  t.after(() => {
    indexedDB.open = open;
    journal.lockCount -= 1; // it is never given back
  });
  let isWriting = false;
  indexedDB.open = () => {
    isWriting = true;
    return {}; // never answers, as Safari may
  };
  const noted = new Journal("silent", "page-1");
  noted.begin([]);
  noted.note(1, { ...video, barcodes: [A] });
  await until(() => isWriting);
  let isOver = false;
  const dropped = noted.drop().then(() => {
    isOver = true;
  });
  await until(() => false);
  mock.timers.tick(14_999);
  await until(() => false);
  assert.equal(isOver, false);
  mock.timers.tick(1);
  await dropped;
});

test("readings of one symbol are one barcode in the journal too, and those of two are two", async () => {
  const noted = new Journal("readings", "page-1");
  noted.begin([]);
  const readings = [
    { format: "upc_a", text: "036000291452" },
    { format: "ZBAR_EAN13", bytes: btoa("0036000291452") },
    { format: "RSS_14", text: "24012345678905" },
    { format: "databar", text: "(01)24012345678905" },
    { format: "code_128", text: "036000291452" },
  ];
  await noted.note(1, { ...video, barcodes: readings });
  const [{ value }] = [...journal.entries.values()].filter(({ key }) => key[0] === "readings");
  const [upcA, ean13, short, long, other] = value.barcodes.map(({ text }) => text);
  assert.deepEqual([upcA, short], [ean13, long]);
  assert.equal(new Set([upcA, short, other]).size, 3);
  assert.equal(value.barcodes.map(({ format }) => format).join(), readings.map(({ format }) => format).join());
  noted.drop();
  await until(() => journal.lockCount === 0);
});

test("a call that is answered while its digest is made is not journalled", async () => {
  const answered = new Journal("answered", "page-1");
  answered.begin([]);
  const noted = answered.note(1, { ...video, barcodes: [A] });
  answered.end();
  answered.answered(1);
  await noted;
  await until(() => journal.lockCount === 0);
  assert.deepEqual(journal.of("answered"), []);
});

test("where the runtime runs by the time that a call could be written, nobody opens the journal", async (t) => {
  const openCount = journal.openCount;
  const tracker = new Tracker({
    handshakeCode: t.name,
    licenseServer: "https://lts.test",
    assetBase: "https://on.test/",
  });
  const first = tracker.scan(A);
  const worker = await begun();
  worker.say({ type: "Started" });
  await until(() => journal.lockCount > 0);
  await new Promise((resolve) => setImmediate(resolve));
  const [call] = callsOf(worker);
  worker.say({ type: "Commands", tracker: call.tracker, commands: [resolve(call, counted)] });
  assert.equal((await first).scans, 1);
  await until(() => journal.lockCount === 0);
  await close(tracker, worker);
  assert.equal(journal.openCount, openCount);
});

/** What a page said last of its calls that a worker counts in memory. */
const claimOf = ({ heard }) =>
  heard
    .filter(({ input }) => input?.includes("CallsClaimed"))
    .map(({ input }) => JSON.parse(input))
    .at(-1);

/** A tracker whose worker has no disk, and asks for its calls; one of them is journalled. */
async function claimed(t, { isEmptied = true } = {}) {
  const options = {
    licenseServer: "https://lts.test",
    assetBase: `https://memory.test/${encodeURIComponent(t.name)}/`,
  };
  const tracker = new Tracker({ handshakeCode: t.name, ...options });
  const answer = tracker.scan(A);
  const worker = await begun();
  await until(() => journal.of(t.name).length === 1);
  worker.say({ type: "Started" });
  journal.failures = isEmptied ? 0 : 1;
  const [call] = callsOf(worker);
  const obey = (one, ...commands) => one.say({ type: "Commands", tracker: call.tracker, commands });
  obey(worker, { type: "ClaimCalls", page: call.call.split("/")[0] });
  assert.deepEqual([journal.of(t.name).length, claimOf(worker)], [1, undefined]);
  await until(() => claimOf(worker) !== undefined);
  return { tracker, worker, answer, call, obey };
}

test("what a worker counts in memory is taken out of the journal before, and nothing is written there after", async (t) => {
  const { tracker, worker, answer, call, obey } = await claimed(t);
  const page = call.call.split("/")[0];
  assert.deepEqual([journal.of(t.name), claimOf(worker)], [[], { type: "CallsClaimed", page, unclear: [] }]);
  await until(() => journal.lockCount === 0);
  obey(worker, resolve(call, counted));
  await answer;
  const cut = tracker.scan(B);
  const { number } = callsOf(worker).at(-1);
  const next = beImpatient();
  // The worker that is unheard of may tell it from its memory, where the next one knows nothing of that.
  assert.deepEqual(claimOf(next).unclear, [number]);
  const types = next.heard.filter(({ type }) => type === "Input").map(({ input }) => JSON.parse(input).type);
  assert.deepEqual([types.at(0), types.at(-1)], ["CallsClaimed", "ScanSeen"]);
  await new Promise((done) => void setImmediate(done));
  await until(() => journal.of(t.name).length > 0 || journal.lockCount > 0);
  assert.deepEqual([journal.of(t.name), journal.lockCount], [[], 0]);
  next.say({ type: "Started" });
  obey(next, ...callsOf(next).map((one) => resolve(one, counted)));
  await cut;
  await close(tracker, next);
  // Nor by a tracker that is made anew: its worker may be the one that asked.
  const anew = new Journal(t.name, page);
  anew.begin([]);
  await anew.note(100, { ...video, barcodes: [A] });
  assert.deepEqual([journal.of(t.name), anew.isClaimed], [[], true]);
});

test("calls that cannot be taken out of the journal are named, and it is emptied once they are answered", async (t) => {
  const { tracker, worker, answer, call, obey } = await claimed(t, { isEmptied: false });
  assert.deepEqual([journal.of(t.name), claimOf(worker).unclear], [[call.number], [call.number]]);
  obey(worker, resolve(call, counted));
  await answer;
  await until(() => journal.lockCount === 0);
  assert.deepEqual(journal.of(t.name), []);
  await close(tracker, worker);
});

test("a journal from which nothing can be deleted is not called empty", async (t) => {
  const noted = new Journal(t.name, "page-1");
  noted.begin([]);
  await noted.note(1, { ...video, barcodes: [A] });
  journal.cannotDelete = true;
  assert.deepEqual([await noted.claim(), journal.of(t.name), journal.uncaught], [[1], [1], []]);
  journal.cannotDelete = false;
  noted.answered(1);
  await until(() => journal.of(t.name).length === 0);
});

test("what is written while the journal is being emptied lies there still", async (t) => {
  const noted = new Journal(t.name, "page-1");
  noted.begin([]);
  await noted.note(1, { ...video, barcodes: [A] });
  journal.holds = true;
  noted.end();
  noted.answered(1);
  await until(() => journal.held.length === 1);
  journal.holds = false;
  // Python starts anew before the page hears that the first call lies there no more.
  noted.begin([]);
  await noted.note(2, { ...video, barcodes: [B] });
  journal.held.splice(0).forEach((tell) => void tell());
  await new Promise((done) => void setImmediate(done));
  assert.deepEqual(journal.of(t.name), [2]);
  assert.deepEqual([await noted.claim(), journal.of(t.name)], [[], []]);
  await until(() => journal.lockCount === 0);
});

test("a journal that hangs keeps calls from being counted for two seconds", async (t) => {
  const { open } = indexedDB;
  const noted = new Journal(t.name, "page-1");
  noted.begin([]);
  await noted.note(1, { ...video, barcodes: [A] });
  indexedDB.open = () => ({});
  t.after(() => {
    indexedDB.open = open;
    journal.lockCount -= 1; // it is never given back
  });
  let unclear = null;
  noted.claim().then((numbers) => {
    unclear = numbers;
  });
  await new Promise((done) => void setImmediate(done));
  mock.timers.tick(1_999);
  await new Promise((done) => void setImmediate(done));
  assert.equal(unclear, null);
  mock.timers.tick(1);
  await until(() => unclear !== null);
  assert.deepEqual(unclear, [1]);
});

test("what another tracker of the page and its code has journalled is taken back along with it", async (t) => {
  const [one, other, stranger] = [t.name, t.name, `${t.name} 2`].map((code) => new Journal(code, "page-1"));
  for (const [at, each] of [one, other, stranger].entries()) {
    each.begin([]);
    await each.note(at + 1, { ...video, barcodes: [A] });
  }
  const late = one.note(4, { ...video, barcodes: [B] });
  assert.deepEqual(await other.claim(), []);
  await late;
  await one.note(5, { ...video, barcodes: [B] });
  one.begin([]);
  await one.note(6, { ...video, barcodes: [B] });
  assert.deepEqual([journal.of(t.name), journal.of(`${t.name} 2`)], [[], [3]]);
  await Promise.all([one, other, stranger].map((each) => each.drop()));
  await until(() => journal.lockCount === 0);
  assert.deepEqual(journal.of(`${t.name} 2`), []);
});

test("calls that were told to nobody before are not among those that another worker may have counted", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { tracker, worker, obey } = await started(t);
  const answers = [tracker.scan(A)];
  worker.say({ type: "Restarted" });
  worker.say({ type: "Failed", message: "it could not be fetched", isUnreachable: true });
  answers.push(tracker.scan(B));
  mock.timers.tick(1_000);
  const next = workers.all.at(-1);
  next.say({ type: "Started" });
  const page = callsOf(next)[0].call.split("/")[0];
  obey(next, { type: "ClaimCalls", page });
  await until(() => claimOf(next) !== undefined);
  assert.deepEqual(claimOf(next).unclear, [callsOf(worker)[0].number]);
  obey(next, ...callsOf(next).map((call) => resolve(call, counted)));
  await Promise.all(answers);
  await close(tracker, next);
});

test("what was seen is remembered with the time that it was judged by", () => {
  const memory = new StreamMemory(3000);
  const note = (barcode, timeMs, forgetsAt) => {
    memory.note({ ...video, barcodes: [barcode], timeMs, calledMonotonicMs: timeMs }, [{ forgetsAt }]);
  };
  note(B, 5000, 8000);
  note(A, 1000, 8000); // a time before the last one counts as the last one
  note(B, 7000, 10_000); // a duplicate is answered at once,
  note(B, 6000, 9000); // and what counted when it is on disk
  assert.deepEqual(
    memory.told().map(({ barcodes, timeMs }) => [barcodes[0].text, timeMs]),
    [
      ["A", 5000],
      ["B", 7000],
    ],
  );
});

/** What the server answers who asks for the script of a worker that says nothing, and what becomes of its tracker. */
const SILENT = {
  "whose script is not there": {
    answer: () => new Response("", { status: 404 }),
    named: /main\.js answered 404\..*assetBase/,
  },
  "whose script is gone": { answer: () => new Response("", { status: 410 }), named: /main\.js answered 410\./ },
  "in whose place the server gives a page": {
    answer: () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    named: /was refused: .*this one has text\/html/,
  },
  "whose script is there": {
    answer: () => new Response("", { headers: { "content-type": "application/javascript" } }),
  },
  "whose server wants a password": { answer: () => new Response("", { status: 403 }) },
  "whose server is overloaded": { answer: () => new Response("", { status: 503 }) },
  "whose network fails": { answer: () => Promise.reject(new TypeError("Failed to fetch")) },
  "and is heard while its script is asked for": {
    answer: (worker) => {
      worker.say({ type: "Pong" });
      return new Response("", { status: 404 });
    },
  },
};

for (const [what, { answer, named }] of Object.entries(SILENT)) {
  test(`a worker that is silent for a minute ${what}: ${named ? "the page says so" : "nobody knows why"}`, async (t) => {
    t.mock.method(console, "warn", () => {});
    const assetBase = `https://${Object.keys(SILENT).indexOf(what)}.silent.test/`;
    const tracker = new Tracker({ handshakeCode: t.name, licenseServer: "https://lts.test", assetBase });
    const worker = await begun();
    const asked = t.mock.method(globalThis, "fetch", async () => answer(worker));
    let isSettled = false;
    const ready = tracker.ready.finally(() => {
      isSettled = true;
    });
    ready.catch(() => {});
    mock.timers.tick(44_999);
    assert.equal(asked.mock.callCount(), 0);
    mock.timers.tick(1);
    await until(() => isSettled);
    mock.timers.tick(14_999);
    await until(() => isSettled);
    assert.deepEqual([asked.mock.callCount(), isSettled], [1, false]);
    mock.timers.tick(1);
    await assert.rejects(ready, named ? { code: "LOAD_FAILED", message: named } : { code: "LOAD_TIMEOUT" });
    assert.deepEqual([asked.mock.callCount(), worker.heard.at(-1).type], [1, "Bye"]);
  });
}

test("a worker that has said something is not asked about, and one that comes late is welcome", async (t) => {
  const asked = t.mock.method(globalThis, "fetch", async () => new Response("", { status: 404 }));
  const options = { licenseServer: "https://lts.test", assetBase: "https://late.test/" };
  const tracker = new Tracker({ handshakeCode: t.name, ...options });
  const worker = await begun();
  worker.say({ type: "Pong" });
  mock.timers.tick(59_999);
  assert.equal(asked.mock.callCount(), 0);
  worker.say({ type: "Started" });
  mock.timers.tick(60_000);
  assert.equal(asked.mock.callCount(), 0);
  await close(tracker, worker);
});

test("Python that starts anew in its worker has a minute, too", async (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const { tracker, worker } = await started(t);
  worker.say({ type: "Restarted" });
  mock.timers.tick(59_999);
  assert.equal(warn.mock.callCount(), 0);
  mock.timers.tick(1);
  assert.match(warn.mock.calls.at(-1).arguments[0], /did not start within 60 s/);
  mock.timers.tick(1_000);
  workers.all.at(-1).say({ type: "Started" });
  await close(tracker, workers.all.at(-1));
});

const wasBidFarewell = ({ heard, isClosed }) => isClosed || heard.some(({ type }) => type === "Bye");

test("Python that has run is loaded again whatever its server says, and beside it nothing of a worker before", async (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const asked = t.mock.method(globalThis, "fetch", async () => new Response("", { status: 404 }));
  const own = ownWorkers(t);
  const { tracker, worker } = await started(t);
  worker.say({ type: "Ended" });
  const silent = workers.all.at(-1);
  mock.timers.tick(60_000);
  assert.match(
    warn.mock.calls.at(-1).arguments[0],
    /did not start within 60 s, and the browser gave no reason.*It is tried again/,
  );
  mock.timers.tick(1_000);
  const next = workers.all.at(-1);
  assert.notEqual(next, silent);
  silent.fail();
  assert.deepEqual([asked.mock.callCount(), own, wasBidFarewell(silent)], [0, [], false]);
  next.say({ type: "Started" });
  await close(tracker, next);
});

test("beside the worker in place of a silent one, nothing is made when that one's failure is told late", async (t) => {
  const own = ownWorkers(t);
  const options = { licenseServer: "https://lts.test", assetBase: "https://told-late.test/" };
  const tracker = new Tracker({ handshakeCode: t.name, ...options });
  const silent = await begun();
  const scanned = tracker.scan(A);
  await until(() => callsOf(silent).length === 1);
  const next = beImpatient();
  silent.fail();
  assert.deepEqual([own, wasBidFarewell(silent), callsOf(next).length], [[], false, 1]);
  next.say({ type: "Started" });
  const [call] = callsOf(next);
  next.say({ type: "Commands", tracker: call.tracker, commands: [resolve(call, counted)] });
  assert.equal((await scanned).scans, 1);
  await close(tracker, next);
});

test("a page that is busy starts nothing before it is idle, or scans", async (t) => {
  const known = workers.all.length;
  const options = { licenseServer: "https://lts.test", assetBase: "https://busy.test/" };
  const idle = new Tracker({ handshakeCode: `${t.name} 1`, ...options });
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise(setImmediate);
  }
  assert.equal(workers.all.length, known);
  const scanning = new Tracker({ handshakeCode: `${t.name} 2`, ...options });
  scanning.scan(A);
  await until(() => workers.all.length > known);
  const worker = workers.all.at(-1);
  await until(() => callsOf(worker).length === 1);
  assert.deepEqual(
    worker.heard.map(({ type }) => type),
    ["Start", "Open", "Input"],
  );
  mock.timers.tick(1);
  await until(() => worker.heard.filter(({ type }) => type === "Open").length === 2);
  assert.equal(workers.all.length, known + 1);
  worker.say({ type: "Started" });
  await Promise.all([idle, scanning].map((tracker) => close(tracker, worker)));
  await until(() => journal.lockCount === 0);
});

test("a tracker that is closed before it began starts nothing", async (t) => {
  const known = workers.all.length;
  const tracker = new Tracker({ handshakeCode: t.name, licenseServer: "https://lts.test" });
  await tracker.close();
  mock.timers.tick(1);
  await assert.rejects(tracker.ready, { code: "TRACKER_CLOSED" });
  await assert.rejects(tracker.scan(A), { code: "TRACKER_CLOSED" });
  assert.equal(workers.all.length, known);
});
