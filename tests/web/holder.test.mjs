/** What components show of a tracker: license, storage and consent as they are now, and why there is no license. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { mock } from "node:test";
import { Holder } from "../../web/wrappers/holder.js";
import { FakeDatabases, FakeWorkers, until } from "./fake_platform.js";

mock.timers.enable({ apis: ["setTimeout"] });
new FakeDatabases().install();
const workers = new FakeWorkers().install();
const Channel = globalThis.BroadcastChannel;
globalThis.BroadcastChannel = class extends Channel {
  constructor(name) {
    super(name);
    this.unref(); // or Node would wait for what is said on it
  }
};

/** A component's hold on a tracker on a worker of its own, and all that it showed. */
function held(t, options = {}) {
  const shown = [];
  const assetBase = `/${encodeURIComponent(t.name)}/`;
  const given = { handshakeCode: t.name, licenseServer: "https://lts.test", assetBase, ...options };
  const letGo = new Holder().hold(given, (view) => shown.push(view));
  return { shown, letGo, now: () => shown.at(-1), tracker: shown[0].tracker };
}

/** The worker that a tracker begins with the next idle moment, or says that it has begun anew. */
async function begun() {
  const opened = () => workers.all.flatMap(({ heard }) => heard).filter(({ type }) => type === "Open").length;
  const known = opened();
  mock.timers.tick(1);
  await until(() => opened() > known);
  const worker = workers.all.at(-1);
  worker.say({ type: "Started", about: { name: "baked", why: null } });
  const { page } = worker.heard.find(({ type }) => type === "Start");
  const { tracker } = worker.heard.findLast(({ type }) => type === "Open");
  const obey = (...commands) => worker.say({ type: "Commands", tracker, commands });
  return { worker, tracker, page, obey };
}

/** What Python says when the license changed. */
function licensed(license) {
  const state = { deviceUuid: "u", storage: "indexeddb", license, pending: { scans: 0 }, deadLetters: [] };
  return [
    { type: "Mirror", state },
    { type: "Notify", event: "license", detail: license },
  ];
}

const REFUSED = { state: "refused", code: "QUOTA_EXHAUSTED", message: "The quota is used up." };
const refusalOf = (page) => ({ type: "Reject", call: `${page}/ready`, error: "LicenseError", ...REFUSED });

test("a license that is refused later is an error until it is granted again, and shown once", async (t) => {
  const { shown, now } = held(t);
  const { obey, page } = await begun();
  obey(...licensed({ state: "licensed" }), { type: "Resolve", call: `${page}/ready`, value: null });
  await until(() => false);
  assert.equal(now().error, null);
  obey(...licensed(REFUSED));
  const { error } = now();
  assert.deepEqual([error.name, error.code, error.message], ["LicenseError", REFUSED.code, REFUSED.message]);
  obey(...licensed(REFUSED));
  assert.equal(now().error, error);
  obey(...licensed({ ...REFUSED, code: "LICENSE_REVOKED" }));
  assert.equal(now().error.code, "LICENSE_REVOKED");
  obey(...licensed({ state: "offline" }));
  assert.equal(now().error, null);
  assert.ok(shown.every(Object.isFrozen));
});

test("a license that is refused at once is one error, though the tracker tells of it twice", async (t) => {
  const { now, shown } = held(t);
  const { obey, page } = await begun();
  obey(...licensed(REFUSED), refusalOf(page));
  await until(() => false);
  assert.equal(now().error.code, "QUOTA_EXHAUSTED");
  assert.equal(new Set(shown.map(({ error }) => error)).size, 2);
});

test("a tracker that cannot start is an error", async (t) => {
  const { now } = held(t);
  const { worker } = await begun();
  worker.say({
    type: "Refused",
    tracker: worker.heard[1].tracker,
    error: { name: "TrackerError", code: "OPTION_INVALID" },
  });
  await until(() => now().error !== null);
  assert.equal(now().error.code, "OPTION_INVALID");
});

test("consent is shown, and the tracker that begins anew with it is followed", async (t) => {
  const { now, tracker } = held(t, { consent: "required" });
  assert.equal(now().consent, "required");
  tracker.consent.grant();
  assert.equal(now().consent, "granted");
  const { worker } = await begun();
  const revoked = tracker.consent.revoke();
  await until(() => worker.heard.some(({ type }) => type === "Revoke"));
  worker.say({ type: "Erased" });
  await revoked;
  // What became of the promises of before is no error.
  assert.deepEqual([now().consent, now().error, now().license.state], ["revoked", null, "starting"]);
  tracker.consent.grant();
  const { obey, page } = await begun();
  obey(refusalOf(page));
  await until(() => now().error !== null);
  assert.deepEqual([now().consent, now().error?.code], ["granted", "QUOTA_EXHAUSTED"]);
});

test("a component that let its tracker go shows nothing more", async (t) => {
  const { shown, letGo } = held(t);
  const { obey } = await begun();
  letGo();
  const known = shown.length;
  obey(...licensed({ state: "licensed" }));
  assert.equal(shown.length, known);
});

test("a framework that renders on a server is told that React's hook is the browser's", () => {
  const script = readFileSync(new URL("../../web/wrappers/react.js", import.meta.url), "utf8");
  assert.ok(script.startsWith('"use client";\n'));
});
