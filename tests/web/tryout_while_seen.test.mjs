/** The try-out asks its stand-in only while somebody looks. */

import assert from "node:assert/strict";
import test from "node:test";
import { whileSeen } from "../../web/tryout/while-seen.js";

class Page extends EventTarget {
  hidden = false;

  /** @param {boolean} hidden */
  turn(hidden) {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

test("it is done at once and each second, not while the page is hidden, and at once when it is seen again", (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const page = new Page();
  let done = 0;
  whileSeen(() => (done += 1), 1000, page);
  assert.equal(done, 1);
  context.mock.timers.tick(3000);
  assert.equal(done, 4);
  page.turn(true);
  context.mock.timers.tick(60_000);
  assert.equal(done, 4);
  page.turn(false);
  assert.equal(done, 5);
  context.mock.timers.tick(1000);
  assert.equal(done, 6);
});

test("a page that says twice that it is visible has one clock, and one that begins hidden has none", (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const page = new Page();
  page.hidden = true;
  let done = 0;
  whileSeen(() => (done += 1), 1000, page);
  context.mock.timers.tick(5000);
  assert.equal(done, 0);
  page.turn(false);
  page.turn(false);
  context.mock.timers.tick(1000);
  assert.equal(done, 3);
});
