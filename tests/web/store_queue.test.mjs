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
