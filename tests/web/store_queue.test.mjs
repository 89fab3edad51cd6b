/** The queue of calls to the one store under all trackers of a worker. */

import assert from "node:assert/strict";
import test from "node:test";
import { MemoryStore } from "../../web/worker/store.js";
import { StoreQueue } from "../../web/worker/store_queue.js";

const change = (expectedRevision, put) => ({ expectedRevision, put, delete: [], isStrict: false });

test("a tracker that decides a conflict anew keeps its place before those that came after it", async () => {
  const store = new MemoryStore();
  await store.commit(change(0, {}));
  const order = [];
  let done;
  const isDone = new Promise((resolve) => {
    done = resolve;
  });
  const queue = new StoreQueue(
    store,
    (client, { type, revision }) => {
      order.push(`${client} ${type}`);
      if (type === "CommitConflicted") {
        queue.commit(client, change(revision, { [client]: 1 }));
      } else if (client === "second") {
        done();
      }
    },
    assert.fail,
  );
  queue.commit("first", change(0, { first: 1 })); // of an older state
  queue.commit("second", change(1, { second: 1 }));
  await isDone;
  assert.deepEqual(order, ["first CommitConflicted", "first Committed", "second CommitConflicted", "second Committed"]);
  assert.deepEqual((await store.load()).records, { first: 1, second: 1 });
});

/** A store on a disk that notes whether it is there: loading makes it, as opening a database does. */
function diskOf() {
  const disk = {
    isThere: false,
    loads: 0,
    loaded: Promise.resolve(),
    load: async () => {
      disk.loads += 1;
      disk.isThere = true;
      await disk.loaded;
      return { storage: "indexeddb", revision: 0, records: {} };
    },
    commit: assert.fail,
    hasBeenPurged: async () => !disk.isThere,
    forget: async () => {
      disk.isThere = false;
    },
  };
  return disk;
}

test("what is deleted while a tracker loads it stays deleted, once that tracker is forgotten", async () => {
  const disk = diskOf();
  let finish;
  disk.loaded = new Promise((resolve) => {
    finish = resolve;
  });
  const queue = new StoreQueue(disk, assert.fail);
  queue.load("under way");
  queue.load("waits for its turn");
  await null;
  assert.equal(disk.isThere, true);
  queue.forget("under way");
  queue.forget("waits for its turn");
  const erased = queue.erase();
  finish();
  await erased;
  await new Promise(setImmediate);
  assert.deepEqual([disk.isThere, disk.loads], [false, 1]);
});

test("one that was forgotten before it said that it cannot read the store takes no other into memory", async () => {
  const told = [];
  const queue = new StoreQueue(diskOf(), (client, { type }) => told.push(`${client} ${type}`));
  queue.load("one");
  queue.load("other");
  await queue.refresh("one");
  queue.abandon("one");
  queue.forget("one");
  await queue.refresh("other");
  assert.deepEqual(told, ["one StoreLoaded", "other StoreLoaded"]);
});
