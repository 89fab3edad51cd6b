/** Consent as a page keeps it: before it nothing is done at all, after it is taken back nothing goes on. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Tracker } from "../../web/dlt-web.js";
import { FakeDatabases, FakeWorkers, until } from "./fake_platform.js";

const A = { format: "qr_code", text: "A" };

mock.timers.enable({ apis: ["setTimeout"] });
const databases = new FakeDatabases().install();
const workers = new FakeWorkers().install();

const Channel = globalThis.BroadcastChannel;
globalThis.BroadcastChannel = class extends Channel {
  constructor(name) {
    super(name);
    this.unref(); // or Node would wait for what is said on it
  }
};

/** What tabs say to each other; a channel hears all others of the process, as it would those of other tabs. */
const broadcast = () => new BroadcastChannel("dlt-web consent");

function made(t, options = {}) {
  t.after(endAll);
  // A worker of each test's own.
  const assetBase = `/${encodeURIComponent(t.name)}/`;
  return new Tracker({
    handshakeCode: t.name,
    licenseServer: "https://lts.test",
    assetBase,
    consent: "required",
    ...options,
  });
}

/** Ends every tracker of the page that was granted, though no worker answers any more. */
async function endAll() {
  const last = new Tracker({
    handshakeCode: "last",
    licenseServer: "https://lts.test",
    assetBase: "/last/",
    consent: "required",
  });
  const ended = last.consent.revoke();
  for (let turn = 0; turn < 100; turn += 1) {
    await new Promise((resolve) => void setImmediate(resolve));
  }
  mock.timers.tick(5000);
  await Promise.all([ended, last.close()]);
}

/** The worker that begins with the next idle moment. */
async function begun() {
  const known = workers.all.length;
  mock.timers.tick(1);
  await until(() => workers.all.length > known && workers.all.at(-1).heard.some(({ type }) => type === "Open"));
  return workers.all.at(-1);
}

/** A tracker on a worker whose Python is up, under a consent that was given. */
async function granted(t) {
  const tracker = made(t);
  tracker.consent.grant();
  const worker = await begun();
  worker.say({ type: "Started", about: { name: "baked", why: null } });
  const { tracker: id } = worker.heard.find(({ type }) => type === "Open");
  return { tracker, worker, id, obey: (...commands) => worker.say({ type: "Commands", tracker: id, commands }) };
}

const typesOf = ({ heard }) => heard.map(({ type }) => type);

/** Lets the worker say that it has deleted what it stored, as soon as it is told to. */
async function erased(worker) {
  await until(() => typesOf(worker).includes("Revoke"));
  worker.say({ type: "Erased" });
}

test("before it is given nothing begins: no worker, no storage, no request", async (t) => {
  const fetched = t.mock.method(globalThis, "fetch", assert.fail);
  const known = workers.all.length;
  const tracker = made(t);
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  tracker.ready.then(settle, settle);
  for (const call of [tracker.scan(A), tracker.flush(), tracker.explainScan(A)]) {
    await assert.rejects(call, { name: "TrackerError", code: "CONSENT_REQUIRED", message: /tracker\.consent/ });
  }
  mock.timers.tick(100_000);
  await until(() => false);
  assert.deepEqual([workers.all.length, databases.opened, fetched.mock.callCount()], [known, [], 0]);
  assert.deepEqual([isSettled, tracker.consent.state, tracker.license.state], [false, "required", "starting"]);
  await tracker.close();
});

test("a tracker that was closed before it was given says so to who waits", async (t) => {
  const tracker = made(t);
  const { ready } = tracker;
  await tracker.close();
  await assert.rejects(ready, { code: "TRACKER_CLOSED" });
});

test("once given it holds for the code, until the page is gone", async (t) => {
  const told = [];
  const tracker = made(t);
  tracker.addEventListener("consent", ({ detail }) => told.push(detail));
  tracker.consent.grant();
  tracker.consent.grant();
  assert.deepEqual([told, tracker.consent.state], [[{ state: "granted" }], "granted"]);
  const scanned = tracker.scan(A);
  const worker = await begun();
  const { call, tracker: id } = worker.heard.find(({ type }) => type === "Input");
  worker.say({ type: "Started" });
  worker.say({
    type: "Commands",
    tracker: id,
    commands: [{ type: "Resolve", call, value: { results: [], scans: 0 } }],
  });
  assert.equal((await scanned).scans, 0);
  assert.equal(made(t).consent.state, "granted");
  assert.equal(made(t, { handshakeCode: "another operator's" }).consent.state, "required");
});

test("two trackers of the code ask for it alike, or the second one is refused", (t) => {
  made(t);
  assert.throws(() => made(t, { consent: "not-required" }), { code: "OPTION_CONFLICT", message: /another consent\./ });
});

test("an option that is misspelt does not begin unasked", async (t) => {
  const known = workers.all.length;
  const tracker = made(t, { consent: "requird" });
  await assert.rejects(tracker.ready, {
    code: "OPTION_INVALID",
    message: /consent is not-required or required; found "requird"/,
  });
  await assert.rejects(tracker.consent.revoke(), { code: "OPTION_INVALID" });
  mock.timers.tick(100_000);
  await until(() => false);
  assert.equal(workers.all.length, known);
});

test("a tracker that needs none counts, and has none to take back", async (t) => {
  const tracker = made(t, { consent: undefined });
  assert.equal(tracker.consent.state, "not-required");
  await assert.rejects(tracker.consent.revoke(), { code: "OPTION_INVALID", message: /consent: "required"/ });
  await begun();
});

test("taken back: calls that wait are refused, the beacon is empty, the worker ends, and both databases go", async (t) => {
  const { tracker, worker, obey } = await granted(t);
  const said = [];
  broadcast().onmessage = ({ data }) => said.push(data);
  const told = [];
  tracker.addEventListener("consent", ({ detail }) => told.push(detail));
  obey({ type: "HoldBeacon", requests: [{ url: "https://lts.test/v1/usage-reports", body: { reports: [1] } }] });
  const state = { deviceUuid: "u", storage: "indexeddb", license: { state: "licensed" }, deadLetters: [] };
  obey({ type: "Mirror", state: { ...state, pending: { scans: 3, reports: 1, nextReportAt: null, accepted: 0 } } });
  const fetched = t.mock.method(globalThis, "fetch", assert.fail);
  const waiting = tracker.scan(A);
  databases.add("dlt-web", "dlt-web-journal", "the app's");
  const revoked = tracker.consent.revoke();
  assert.deepEqual([tracker.consent.state, tracker.deviceUuid, tracker.pending.scans], ["revoked", null, 0]);
  await assert.rejects(waiting, { code: "CONSENT_REQUIRED" });
  await assert.rejects(tracker.scan(A), { code: "CONSENT_REQUIRED" });
  await until(() => typesOf(worker).includes("Revoke"));
  assert.deepEqual(databases.names, ["dlt-web", "dlt-web-journal", "the app's"]);
  await erased(worker);
  assert.deepEqual(await revoked, { discardedScans: 3 });
  assert.deepEqual([databases.names, told], [["the app's"], [{ state: "revoked" }]]);
  assert.equal((await tracker.explain()).consent, "revoked");
  await tracker.close();
  await until(() => said.length > 0);
  assert.deepEqual([said.length, fetched.mock.callCount()], [1, 0]);
  mock.timers.tick(100_000);
  assert.equal(typesOf(worker).filter((type) => type === "Input").length, 1);
});

test("given anew it begins anew, once what was stored is gone", async (t) => {
  const { tracker, worker, id } = await granted(t);
  const { ready } = tracker;
  const revoked = tracker.consent.revoke();
  await assert.rejects(ready, { code: "CONSENT_REQUIRED" });
  tracker.consent.grant();
  assert.notEqual(tracker.ready, ready);
  const opened = () => worker.heard.filter(({ type }) => type === "Open").map(({ tracker: name }) => name);
  mock.timers.tick(1);
  await until(() => typesOf(worker).includes("Revoke"));
  assert.deepEqual(opened(), [id]);
  worker.say({ type: "Erased" });
  await revoked;
  await until(() => opened().length > 1);
  assert.equal(opened().length, 2);
  assert.equal(tracker.consent.state, "granted");
  // What the worker says of the one before concerns nobody.
  worker.say({ type: "Revoked", tracker: id });
  assert.equal(tracker.consent.state, "granted");
});

test("what another tab says is heard, and told to the own worker under the same name", async (t) => {
  const { tracker, worker } = await granted(t);
  broadcast().postMessage("a revocation");
  await until(() => tracker.consent.state === "revoked");
  assert.equal(tracker.consent.state, "revoked");
  assert.deepEqual(
    worker.heard.filter(({ type }) => type === "Revoke"),
    [{ type: "Revoke", revocation: "a revocation" }],
  );
  assert.equal(made(t).consent.state, "revoked");
});

test("what the worker says is heard: another tab has taken it back, or the site's data was deleted", async (t) => {
  const { tracker, worker, id } = await granted(t);
  const waiting = tracker.scan(A);
  worker.say({ type: "Revoked", tracker: id });
  await assert.rejects(waiting, { code: "CONSENT_REQUIRED" });
  assert.equal(tracker.consent.state, "revoked");
  assert.equal(typesOf(worker).includes("Revoke"), false);
});

test("a worker that hangs keeps nobody from deleting what is stored", async (t) => {
  const { tracker } = await granted(t);
  databases.add("dlt-web");
  const revoked = tracker.consent.revoke();
  await until(() => false);
  mock.timers.tick(5000);
  await revoked;
  assert.deepEqual(databases.names, ["the app's"]);
});

test("what an earlier page load has stored is deleted by one that was never granted", async (t) => {
  const known = workers.all.length;
  databases.add("dlt-web", "dlt-web-journal");
  const tracker = made(t);
  assert.deepEqual(await tracker.consent.revoke(), { discardedScans: 0 });
  assert.deepEqual([databases.names, tracker.consent.state], [["the app's"], "revoked"]);
  assert.equal(workers.all.length, known);
});

test("a tracker that was closed takes it back for its worker too, and begins no more", async (t) => {
  const { tracker, worker, id } = await granted(t);
  const closing = tracker.close();
  await until(() => typesOf(worker).includes("Input"));
  const { call } = worker.heard.find(({ type }) => type === "Input");
  worker.say({ type: "Commands", tracker: id, commands: [{ type: "Resolve", call, value: null }] });
  await closing;
  const revoked = tracker.consent.revoke();
  await erased(worker);
  await revoked;
  assert.equal(tracker.consent.state, "revoked");
  tracker.consent.grant();
  mock.timers.tick(100_000);
  await until(() => false);
  assert.equal(typesOf(worker).filter((type) => type === "Open").length, 1);
});

test("taken back while a tracker closes that waits for the network, nothing is tried again", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { tracker, worker } = await granted(t);
  const other = made(t, { handshakeCode: `${t.name} 2` });
  const waiting = tracker.scan(A);
  worker.say({ type: "Failed", message: "it could not be fetched", isUnreachable: true });
  const closing = tracker.close();
  const known = workers.all.length;
  const revoked = other.consent.revoke();
  await assert.rejects(waiting, { code: "CONSENT_REQUIRED" });
  await Promise.all([closing, revoked]);
  mock.timers.tick(1_000_000);
  await until(() => false);
  assert.equal(workers.all.length, known);
});

/** A tracker that was granted, whose worker's script did not load, and is asked for to find out why. */
async function unloaded(t, answer) {
  const warned = t.mock.method(console, "warn", () => {});
  navigator.onLine = false;
  t.after(() => {
    navigator.onLine = true;
  });
  const tracker = made(t);
  tracker.consent.grant();
  const worker = await begun();
  const asked = t.mock.method(globalThis, "fetch", () => answer);
  worker.fail();
  await until(() => asked.mock.callCount() > 0);
  assert.equal(asked.mock.callCount(), 1);
  return { tracker, warned, known: workers.all.length };
}

test("taken back while the page finds out why the worker did not load, nothing is tried again", async (t) => {
  let fail;
  const answer = new Promise((_resolve, reject) => {
    fail = reject;
  });
  const { tracker, known } = await unloaded(t, answer);
  const revoked = tracker.consent.revoke();
  await until(() => false);
  mock.timers.tick(5000); // nothing is there that could say that it has deleted what it stored
  await revoked;
  fail(new TypeError("Failed to fetch"));
  await until(() => false);
  mock.timers.tick(1_000_000);
  await until(() => false);
  assert.equal(workers.all.length, known);
});

test("a server that does not even answer keeps nobody from trying again", async (t) => {
  const { warned, known } = await unloaded(t, new Promise(() => {}));
  mock.timers.tick(10_000);
  await until(() => false);
  assert.match(warned.mock.calls[0].arguments[0], /worker\/main\.js did not come within 10 s/);
  mock.timers.tick(1000);
  assert.equal(workers.all.length, known + 1);
});

test("what cannot be deleted is said, and counting has ended all the same", async (t) => {
  const { tracker, worker } = await granted(t);
  databases.failure = new DOMException("the disk says no", "UnknownError");
  const revoked = tracker.consent.revoke();
  await erased(worker);
  await assert.rejects(revoked, { code: "STORE_FAILED", message: /the disk says no.*call revoke\(\) again/ });
  databases.failure = null;
  assert.equal(tracker.consent.state, "revoked");
  await tracker.consent.revoke();
});
