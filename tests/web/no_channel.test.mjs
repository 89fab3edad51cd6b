/** Consent in a page that may not talk to other tabs, as where the browser forbids it with the page's storage. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Tracker } from "../../web/dlt-web.js";
import { FakeDatabases, FakeWorkers, until } from "./fake_platform.js";

mock.timers.enable({ apis: ["setTimeout"] });
const databases = new FakeDatabases().install();
const workers = new FakeWorkers().install();
globalThis.BroadcastChannel = class {
  constructor() {
    throw new DOMException("The operation is insecure.", "SecurityError");
  }
};

const options = { licenseServer: "https://lts.test", assetBase: "/dlt/", consent: "required" };

test("what an earlier page load has stored is deleted", async (t) => {
  databases.add("dlt-web", "dlt-web-journal");
  const tracker = new Tracker({ ...options, handshakeCode: t.name });
  assert.deepEqual(await tracker.consent.revoke(), { discardedScans: 0 });
  assert.deepEqual(databases.names, []);
});

test("consent is given, and taken back", async (t) => {
  const tracker = new Tracker({ ...options, handshakeCode: t.name });
  tracker.consent.grant();
  mock.timers.tick(1);
  await until(() => workers.all[0]?.heard.some(({ type }) => type === "Open"));
  const [{ heard, say }] = workers.all;
  const revoked = tracker.consent.revoke();
  await until(() => heard.some(({ type }) => type === "Revoke"));
  say({ type: "Erased" });
  assert.deepEqual(await revoked, { discardedScans: 0 });
  assert.equal(tracker.consent.state, "revoked");
});
