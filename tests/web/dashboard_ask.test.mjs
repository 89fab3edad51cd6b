/** Forms send once, however often somebody presses. */

import assert from "node:assert/strict";
import test from "node:test";
import { oneAtATime } from "../../web/dashboard/ask.js";

test("what is at work is not begun once more, and is again once it has ended or failed", async () => {
  let times = 0;
  /** @type {(error?: Error) => void} */
  let end = () => {};
  const press = oneAtATime(() => {
    times += 1;
    return new Promise((resolve, reject) => {
      end = (error) => (error ? reject(error) : resolve(undefined));
    });
  });
  const first = press();
  await press();
  assert.equal(times, 1);
  end();
  await first;
  const second = press();
  assert.equal(times, 2);
  end(new Error("away"));
  await assert.rejects(second, /away/);
  press();
  assert.equal(times, 3);
});
