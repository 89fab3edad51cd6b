/** Panels are read again and again while somebody looks, one answer at a time, also when the server is away. */

import assert from "node:assert/strict";
import test from "node:test";
import { Live, RETRY_MS } from "../../web/dashboard/live.js";

/** A document that may be hidden, and its listeners. */
function makeDocument() {
  const listeners = new Set();
  globalThis.document = {
    hidden: false,
    addEventListener: (_name, listener) => listeners.add(listener),
    removeEventListener: (_name, listener) => listeners.delete(listener),
  };
  return {
    listeners,
    look(isLooking) {
      globalThis.document.hidden = !isLooking;
      for (const listener of listeners) listener();
    },
  };
}

const turns = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

function watched(refresh) {
  const told = [];
  const panel = { element: null, everyMs: 4_000, refresh };
  const watcher = { isUpdated: () => told.push("updated"), hasFailed: (error) => told.push(error.message) };
  return { told, panel, live: new Live([panel], watcher) };
}

test("a panel is read again some time after its answer came, and no more once it is left", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { listeners } = makeDocument();
  let reads = 0;
  const { told, live } = watched(async () => {
    reads += 1;
  });
  await live.start();
  context.mock.timers.tick(3_999);
  assert.equal(reads, 1);
  context.mock.timers.tick(1);
  await turns();
  assert.deepEqual([reads, told], [2, ["updated", "updated"]]);
  live.stop();
  context.mock.timers.tick(60_000);
  await turns();
  assert.deepEqual([reads, listeners.size], [2, 0]);
});

test("a server that is away is asked again later, and the page says so each time", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  makeDocument();
  const { told, live } = watched(async () => {
    throw new Error("away");
  });
  await live.start();
  context.mock.timers.tick(RETRY_MS - 1);
  await turns();
  assert.deepEqual(told, ["away"]);
  context.mock.timers.tick(1);
  await turns();
  assert.deepEqual(told, ["away", "away"]);
});

test("one panel that cannot be read is not drowned by others that can", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  makeDocument();
  let isBroken = true;
  const told = [];
  const good = { element: null, everyMs: 4_000, refresh: async () => {} };
  const odd = {
    ...good,
    refresh: async () => {
      if (isBroken) throw new Error("no advice");
    },
  };
  const watcher = { isUpdated: () => told.push("updated"), hasFailed: (error) => told.push(error.message) };
  const live = new Live([good, odd], watcher);
  await live.start();
  for (let times = 0; times < 2; times += 1) {
    context.mock.timers.tick(4_000);
    await turns();
  }
  // What stands there is old as long as one figure is.
  assert.deepEqual(told, ["updated", "no advice", "no advice"]);
  isBroken = false;
  context.mock.timers.tick(RETRY_MS);
  await turns();
  assert.equal(told.at(-1), "updated");
  live.stop();
});

test("what is wanted while it is being read is read once more, never twice at once", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  makeDocument();
  const ends = [];
  let atOnce = 0;
  const { panel, live } = watched(async () => {
    atOnce += 1;
    assert.equal(atOnce, 1);
    await new Promise((resolve) => ends.push(resolve));
    atOnce -= 1;
  });
  live.start();
  live.now(panel);
  live.now(panel);
  await turns();
  assert.equal(ends.length, 1);
  ends[0]();
  await turns();
  assert.equal(ends.length, 2);
});

test("nothing is read while nobody looks, and everything as soon as somebody does", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const page = makeDocument();
  let reads = 0;
  const { live } = watched(async () => {
    reads += 1;
  });
  await live.start();
  page.look(false);
  context.mock.timers.tick(60_000);
  await turns();
  assert.equal(reads, 1);
  page.look(true);
  await turns();
  assert.equal(reads, 2);
});
