/** The watch over calls that wait, by a clock that the test turns. */

import assert from "node:assert/strict";
import test from "node:test";
import { Patience } from "../../web/page/patience.js";

/** A watch whose worker is silent until the test has it say something. */
function watch(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const seen = [];
  const state = { isWaiting: true, isStarting: false };
  const patience = new Patience({
    isWaiting: () => state.isWaiting,
    isStarting: () => state.isStarting,
    ask: () => seen.push("ask"),
    giveUp: () => seen.push("give up"),
  });
  return { patience, seen, state, wait: () => t.mock.timers.tick(5000) };
}

test("a worker that is silent is asked, and given up when it stays so", (t) => {
  const { patience, seen, wait } = watch(t);
  patience.begin();
  assert.deepEqual(seen, []);
  wait();
  assert.deepEqual(seen, ["ask"]);
  wait();
  assert.deepEqual(seen, ["ask", "give up"]);
  assert.equal(patience.hasHeard, false);
});

test("one that answers the question is waited for again", (t) => {
  const { patience, seen, wait } = watch(t);
  patience.begin();
  wait();
  patience.hear();
  wait();
  assert.equal(patience.hasHeard, false);
  wait();
  assert.deepEqual(seen, ["ask", "ask"]);
});

test("one that says anything is not asked as long as it goes on", (t) => {
  const { patience, seen, wait } = watch(t);
  patience.begin();
  for (let round = 0; round < 3; round += 1) {
    patience.hear();
    wait();
  }
  assert.deepEqual(seen, []);
});

test("where no call waits any more, nobody is asked", (t) => {
  const { patience, seen, state, wait } = watch(t);
  patience.begin();
  state.isWaiting = false;
  wait();
  wait();
  assert.deepEqual(seen, []);
});

test("a second call that waits does not begin the wait anew; a stop ends it", (t) => {
  const { patience, seen, wait } = watch(t);
  patience.begin();
  t.mock.timers.tick(4999);
  patience.begin();
  t.mock.timers.tick(1);
  assert.deepEqual(seen, ["ask"]);
  patience.stop();
  wait();
  assert.deepEqual(seen, ["ask"]);
});

test("one that starts is given five times as long before it is asked, and before it is given up", (t) => {
  const { patience, seen, state, wait } = watch(t);
  const waitTimes = (/** @type {number} */ times) => Array.from({ length: times }, wait);
  state.isStarting = true;
  patience.begin();
  waitTimes(4);
  assert.deepEqual(seen, []);
  wait();
  assert.deepEqual(seen, ["ask"]);
  waitTimes(4);
  assert.deepEqual(seen, ["ask"]);
  wait();
  assert.deepEqual(seen, ["ask", "give up"]);
});
