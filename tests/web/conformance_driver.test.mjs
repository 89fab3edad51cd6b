/** What drives a page for the conformance suite: it answers within a time, whatever a tracker or a frame does. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { mock } from "node:test";

const SOURCE = readFileSync(new URL("../../src/dlt_web/testing/conformance/page/driver.js", import.meta.url), "utf8");
const CODE = "code";

/** A window as far as the driver looks at one, with the frames that it is given. */
function pageWith({ trackers = [], frames = [], document = {}, storage = emptyStorage() } = {}) {
  const scope = { frames, document, listeners: [] };
  scope.window = scope.top = scope;
  const addEventListener = (_type, hear) => scope.listeners.push(hear);
  const { localStorage, indexedDB } = storage;
  const given = {
    globalThis: scope,
    window: scope,
    top: scope,
    frames,
    document,
    addEventListener,
    localStorage,
    indexedDB,
  };
  new Function(...Object.keys(given), SOURCE)(...Object.values(given));
  scope[Symbol.for("dlt-web.trackers")].push(...trackers);
  return { scope, ...scope[Symbol.for("dlt-web.conformance")] };
}

/** As far as the driver uses it; what is made, is there at once. */
function emptyStorage() {
  const [items, databases] = [new Map(), new Set()];
  const answered = (result) => {
    const request = { result };
    setImmediate(() => request.onsuccess());
    return request;
  };
  return {
    localStorage: {
      getItem: (name) => items.get(name) ?? null,
      setItem: (name, value) => items.set(name, value),
      removeItem: (name) => items.delete(name),
    },
    indexedDB: {
      open: (name) => answered({ close: () => databases.add(name) }),
      deleteDatabase: (name) => answered(databases.delete(name)),
      databases: async () => [...databases].map((name) => ({ name, version: 1 })),
    },
  };
}

/** One kind of storage that nobody may look at. */
function forbidden(kind) {
  return { ...emptyStorage(), [kind]: undefined };
}

function tracker(methods) {
  return { explain: async () => ({ tracker: { options: { handshakeCode: CODE } } }), ...methods };
}

/** Lets so many ms pass, and what waits for them happen. */
async function pass(ms, step = 100) {
  for (let passed = 0; passed < ms; passed += step) {
    await new Promise(setImmediate);
    mock.timers.tick(step);
  }
  await new Promise(setImmediate);
}

test("a call that never ends is a failure after a minute", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const page = pageWith({ trackers: [tracker({ scan: () => new Promise(() => {}) })] });
  let outcome;
  page.call("scan", [CODE, [], {}]).then((value) => {
    outcome = value;
  });
  await pass(59_000, 1000);
  assert.equal(outcome, undefined);
  await pass(2_000, 1000);
  mock.timers.reset();
  assert.equal(outcome.error.message, "scan() did not come to an end within 60 s.");
});

test("what is asked of a frame is asked again until somebody hears it, and answered once", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const asked = [];
  const frame = { postMessage: (message) => asked.push(message) };
  const page = pageWith({ frames: [frame] });
  let outcome;
  page.callFrame("now", []).then((value) => {
    outcome = value;
  });
  await pass(1_000);
  assert.ok(asked.length >= 4, `${asked.length}`);
  assert.equal(new Set(asked.map(({ number }) => number)).size, 1);
  const say = (data, source = frame) => {
    for (const hear of page.scope.listeners) hear({ data: { number: asked[0].number, ...data }, source });
  };
  say({ "dlt-web.conformance": "heard" });
  const before = asked.length;
  await pass(1_000);
  assert.equal(asked.length, before);
  say({ "dlt-web.conformance": "answer", outcome: { value: "a stranger's" } }, {});
  await pass(100);
  assert.equal(outcome, undefined);
  say({ "dlt-web.conformance": "answer", outcome: { value: 7 } });
  await pass(100);
  mock.timers.reset();
  assert.deepEqual(outcome, { value: 7 });
});

test("a frame that never answers is a failure", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const page = pageWith({ frames: [{ postMessage: () => {} }] });
  let outcome;
  page.callFrame("now", []).then((value) => {
    outcome = value;
  });
  await pass(15_000);
  mock.timers.reset();
  assert.match(outcome.error.message, /The frame does not answer/);
});

/** A tracker that names its code from a moment on, and until then is silent for as long as a slow start keeps it so. */
function slow(handshakeCode, fromMs, scans) {
  const beganMs = Date.now();
  const named = () => (Date.now() - beganMs < fromMs ? null : { options: { handshakeCode } });
  const explain = () => {
    if (named() !== null) return Promise.resolve({ tracker: named() });
    return new Promise((resolve) => setTimeout(() => resolve({ tracker: null }), 2000));
  };
  const scan = async (barcodes) => scans.push([handshakeCode, barcodes.length]);
  return { explain, scan, ready: new Promise(() => {}) };
}

/** What becomes of a call, once there is something. */
function outcomeOf(page, name, ...given) {
  const seen = { outcome: undefined };
  page.call(name, given).then((value) => {
    seen.outcome = value;
  });
  return seen;
}

test("one of several trackers is scanned with early only once it has named its code", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const scans = [];
  const page = pageWith({ trackers: [slow("other", 2500, scans), slow(CODE, 4500, scans)] });
  const answers = [];
  for (let passed = 0; passed < 12_000 && answers.at(-1) !== "early"; passed += 3000) {
    const seen = outcomeOf(page, "scanEarly", CODE, [{ text: "1" }], false);
    await pass(3000);
    assert.equal(seen.outcome.error, undefined);
    answers.push(seen.outcome.value);
  }
  mock.timers.reset();
  assert.deepEqual(answers, [null, null, "early"]);
  assert.deepEqual(scans, [[CODE, 1]]);
});

test("where no tracker has the code, nothing is scanned early", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const scans = [];
  const page = pageWith({ trackers: [slow("other", 0, scans), slow("another", 0, scans)] });
  const seen = outcomeOf(page, "scanEarly", CODE, [{ text: "1" }], false);
  await pass(1000);
  mock.timers.reset();
  assert.deepEqual([seen.outcome, scans], [{ value: null }, []]);
});

test("an older tracker of the code is not kept for the newer one that was only slow", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const [old, young] = [[], []];
  const page = pageWith({ trackers: [slow(CODE, 0, old), slow(CODE, 2500, young)] });
  const flushed = [];
  for (const one of page.scope[Symbol.for("dlt-web.trackers")]) {
    one.flush = async () => flushed.push(one);
  }
  for (let calls = 0; calls < 2; calls += 1) {
    outcomeOf(page, "flush", CODE);
    await pass(3000);
  }
  mock.timers.reset();
  assert.deepEqual(flushed, page.scope[Symbol.for("dlt-web.trackers")]);
});

test("a tracker is asked for its code once, as long as the page makes no other", async () => {
  let asked = 0;
  const explain = async () => {
    asked += 1;
    return { tracker: { options: { handshakeCode: CODE } } };
  };
  const page = pageWith({ trackers: [tracker({ explain, flush: async () => {} })] });
  await page.call("flush", [CODE]);
  await page.call("flush", [CODE]);
  assert.equal(asked, 1);
});

test("a mark is seen in either kind of storage, until it is removed", async () => {
  const outside = emptyStorage();
  const page = pageWith({ storage: outside });
  assert.deepEqual(await page.call("hasStored", ["mark"]), { value: false });
  assert.deepEqual(await page.call("store", ["mark"]), { value: true });
  for (const parted of ["localStorage", "indexedDB"]) {
    const framed = pageWith({ storage: { ...outside, [parted]: emptyStorage()[parted] } });
    assert.deepEqual(await framed.call("hasStored", ["mark"]), { value: true }, `${parted} alone is parted`);
  }
  assert.deepEqual(await pageWith().call("hasStored", ["mark"]), { value: false });
  await page.call("unstore", ["mark"]);
  assert.deepEqual(await page.call("hasStored", ["mark"]), { value: false });
});

test("storage that may not be looked at shows and keeps no mark", async () => {
  for (const kind of ["localStorage", "indexedDB"]) {
    const page = pageWith({ storage: forbidden(kind) });
    assert.deepEqual(await page.call("hasStored", ["mark"]), { value: false });
    assert.deepEqual(await page.call("store", ["mark"]), { value: false });
    assert.deepEqual(await page.call("unstore", ["mark"]), { value: null });
  }
});
