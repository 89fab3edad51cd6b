/** The watch over a start, by a clock that the test turns. */

import assert from "node:assert/strict";
import test from "node:test";
import { StartWatch } from "../../web/page/start-watch.js";

/** A watch, and what it does. */
function watch(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const seen = [];
  const parts = { look: () => seen.push("look"), giveUp: (seconds) => seen.push(seconds) };
  return { watched: new StartWatch(parts), seen, wait: (seconds) => t.mock.timers.tick(seconds * 1000) };
}

test("it looks a while before it gives up, however often the start is tried", (t) => {
  const { watched, seen, wait } = watch(t);
  watched.begin();
  wait(44);
  watched.begin();
  assert.deepEqual(seen, []);
  wait(1);
  assert.deepEqual(seen, ["look"]);
  wait(14);
  assert.deepEqual(seen, ["look"]);
  wait(1);
  assert.deepEqual(seen, ["look", 60]);
});

test("stopped, it does neither, and the next start has all of its time", (t) => {
  const { watched, seen, wait } = watch(t);
  watched.begin();
  wait(44);
  watched.stop();
  wait(60);
  assert.deepEqual(seen, []);
  watched.begin();
  wait(44);
  assert.deepEqual(seen, []);
  wait(16);
  assert.deepEqual(seen, ["look", 60]);
});
