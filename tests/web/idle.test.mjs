/** When a tracker begins where the page has something to do: in an idle moment, after a second, or with the first scan. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Tracker } from "../../web/dlt-web.js";
import { FakeDatabases, FakeWorkers, until } from "./fake_platform.js";

mock.timers.enable({ apis: ["setTimeout"] });
new FakeDatabases().install();

/** A page whose idle moments come when the test says so. */
function busyPage(t, { hidden = false } = {}) {
  const asked = [];
  Object.assign(globalThis.document, { hidden });
  globalThis.requestIdleCallback = (begin, { timeout }) => asked.push({ begin, timeout });
  t.after(() => delete globalThis.requestIdleCallback);
  const workers = new FakeWorkers().install();
  const assetBase = `https://shop.test/${encodeURIComponent(t.name)}/`;
  return { asked, workers, tracker: new Tracker({ handshakeCode: t.name, licenseServer: "/lts", assetBase }) };
}

async function laterOn() {
  mock.timers.tick(60_000);
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise(setImmediate);
  }
}

test("it begins when the browser finds the page idle, after a second at the latest", async (t) => {
  const { asked, workers } = busyPage(t);
  await laterOn();
  assert.deepEqual([workers.all.length, asked.map(({ timeout }) => timeout)], [0, [1000]]);
  asked[0].begin();
  await until(() => workers.all.length === 1);
  assert.equal(workers.all.length, 1);
});

test("a scan waits for no idle moment", async (t) => {
  const { asked, workers, tracker } = busyPage(t);
  tracker.scan({ format: "qr_code", text: "A" });
  await until(() => workers.all.length === 1);
  assert.equal(workers.all.length, 1);
  // The idle moment comes all the same.
  asked[0].begin();
  await laterOn();
  assert.equal(workers.all.length, 1);
});

test("in the background, where idle moments are rare, it begins at once", async (t) => {
  const { asked, workers } = busyPage(t, { hidden: true });
  mock.timers.tick(0);
  await until(() => workers.all.length === 1);
  assert.deepEqual([workers.all.length, asked], [1, []]);
});
