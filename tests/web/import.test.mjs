/** The module in Node, as a server that renders pages imports it. */

import assert from "node:assert/strict";
import test from "node:test";

test("importing does nothing and exports the public names", async () => {
  const before = Object.getOwnPropertyNames(globalThis);
  const loaded = await import("../../web/dlt-web.js");
  assert.deepEqual(Object.keys(loaded).sort(), ["LicenseError", "Tracker", "TrackerError"]);
  assert.deepEqual(Object.getOwnPropertyNames(globalThis), before);
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((name) => name === "Timeout"),
    [],
  );
});

test("a tracker that is constructed where no page is fails by its promises only", async () => {
  const { Tracker, TrackerError } = await import("../../web/dlt-web.js");
  const tracker = new Tracker({ handshakeCode: "x", licenseServer: "https://lts.example" });
  const scanned = tracker.scan({ format: "qr_code", text: "A" });
  for (const promise of [tracker.ready, scanned, tracker.scan([]), tracker.flush()]) {
    await assert.rejects(promise, (error) => error instanceof TrackerError && error.code === "LOAD_FAILED");
  }
  await tracker.close();
  await assert.rejects(tracker.scan([]), { code: "TRACKER_CLOSED" });
});

test("a promise that the app ignores is no unhandled rejection", async () => {
  const { Tracker } = await import("../../web/dlt-web.js");
  const seen = [];
  const listen = (reason) => seen.push(reason);
  process.on("unhandledRejection", listen);
  const tracker = new Tracker({ handshakeCode: "y", licenseServer: "/lts" });
  tracker.scan("no barcode");
  tracker.scan({ format: "qr_code", text: "A" });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  process.off("unhandledRejection", listen);
  assert.deepEqual(seen, []);
});

test("constructing with no options at all, or with odd ones, does not throw", async () => {
  const { Tracker } = await import("../../web/dlt-web.js");
  for (const options of [
    undefined,
    null,
    7,
    "x",
    [],
    { handshakeCode: Number.NaN, licenseServer: [1, "\u0000", null] },
  ]) {
    await new Tracker(options).close();
  }
});

test("a harness that put its list there before gets the page's trackers, and nobody else a trace of them", async () => {
  const { Tracker } = await import("../../web/dlt-web.js");
  const name = Symbol.for("dlt-web.trackers");
  const unseen = new Tracker({ handshakeCode: "unseen", licenseServer: "/lts" });
  assert.equal(name in globalThis, false);
  const list = [];
  globalThis[name] = list;
  const seen = [new Tracker({ handshakeCode: "seen", licenseServer: "/lts" }), new Tracker(undefined)];
  delete globalThis[name];
  assert.deepEqual(list, seen);
  await Promise.all([unseen, ...seen].map((tracker) => tracker.close()));
});
