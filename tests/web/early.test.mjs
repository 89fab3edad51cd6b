/** The shared worker that is bidden to start before the code is here that talks to it. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Tracker } from "../../web/dlt-web.js";
import { FakeDatabases, FakeWorkers, until } from "./fake_platform.js";

mock.timers.enable({ apis: ["setTimeout"] });
new FakeDatabases().install();
const Channel = globalThis.BroadcastChannel;
globalThis.BroadcastChannel = class extends Channel {
  constructor(name) {
    super(name);
    this.unref();
  }
};

/** Those of a tracker whose build lies in a folder of its own, which workers are known by. */
function optionsOf({ name }) {
  return { handshakeCode: name, licenseServer: "/lts", assetBase: `https://shop.test/${encodeURIComponent(name)}/` };
}

/** A tracker that begins to work, and the workers that are made from now on. */
function begun(t, options = {}) {
  const workers = new FakeWorkers().install();
  const given = { ...optionsOf(t), ...options };
  const tracker = new Tracker(given);
  mock.timers.tick(1);
  return { tracker, workers, given };
}

const types = ({ heard }) => heard.map(({ type }) => type);
const hasOpened = (worker) => worker !== undefined && types(worker).includes("Open");

// The first one: the code is loaded once for all of them.
test("it is asked for at once, once for all trackers, and what it said meanwhile is heard", async (t) => {
  const { tracker, workers, given } = begun(t);
  await null;
  assert.deepEqual(types(workers.all[0]), ["Start"]);
  assert.equal(workers.all[0].heard[0].assetBase, given.assetBase);
  workers.all[0].say({ type: "Started", about: { name: "baked", why: null } });
  await until(() => hasOpened(workers.all[0]));
  const explained = tracker.explain();
  mock.timers.tick(2_000);
  assert.deepEqual((await explained).runtime, { name: "baked", why: null });
  new Tracker({ ...given, handshakeCode: "another" });
  mock.timers.tick(1);
  await until(() => types(workers.all[0]).filter((type) => type === "Open").length === 2);
  assert.deepEqual([workers.all.length, types(workers.all[0])], [1, ["Start", "Open", "Input", "Open"]]);
});

test("its script did not load: a worker of the page's own hears all that was said, from the start", async (t) => {
  const own = ownWorkers(t);
  const { tracker, workers } = begun(t);
  await null;
  workers.all[0].fail();
  tracker.scan({ format: "qr_code", text: "A" });
  await until(() => own.length === 3);
  assert.deepEqual([own, workers.all.length], [["Start", "Open", "Input"], 1]);
});

test("a tracker that is closed at once asks for none, and leaves one that was asked for to the next", async (t) => {
  const workers = new FakeWorkers().install();
  const given = optionsOf(t);
  const first = new Tracker(given);
  first.close();
  mock.timers.tick(1);
  await null;
  assert.equal(workers.all.length, 0);
  const second = new Tracker(given);
  mock.timers.tick(1);
  await null;
  second.close();
  new Tracker(given);
  mock.timers.tick(1);
  await until(() => hasOpened(workers.all[0]));
  assert.deepEqual([workers.all.length, types(workers.all[0]).filter((type) => type === "Start").length], [1, 1]);
});

/** Notes in a list what a worker of a page's own hears. */
function ownWorkers(t) {
  const heard = [];
  globalThis.Worker = class {
    postMessage({ type, inputs = [] }) {
      heard.push(type, ...inputs.map((input) => input.type));
    }

    addEventListener() {}
  };
  t.after(() => delete globalThis.Worker);
  return heard;
}

test("none is asked for early from another origin, where it would not be shared", async (t) => {
  const heard = ownWorkers(t);
  const { workers } = begun(t, { assetBase: "https://cdn.test/dlt/" });
  await until(() => heard.length === 2);
  assert.deepEqual([heard, workers.all], [["Start", "Open"], []]);
});

test("none is asked for early by a tracker that may have to forget everything", async (t) => {
  const { tracker, workers } = begun(t, { consent: "required" });
  const firstHeard = new Promise((resolve) => {
    const { SharedWorker } = globalThis;
    globalThis.SharedWorker = class extends SharedWorker {
      constructor(...given) {
        super(...given);
        queueMicrotask(() => resolve(types(workers.all[0])));
      }
    };
  });
  tracker.consent.grant();
  mock.timers.tick(1);
  assert.deepEqual(await firstHeard, ["Start", "Open"]);
});
