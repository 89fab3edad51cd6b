/** Which part of a list of devices is shown, and of how many. */

import assert from "node:assert/strict";
import test from "node:test";
import { lengthOf, partWords } from "../../web/dashboard/list-place.js";

const LENGTHS = { devices: 200, unseatedDevices: 4, devicesWithGaps: 2, clonedDevices: 1, listedDevices: 1_212 };

test("each list has its own length, and what a search finds has none that is known", () => {
  const found = (which, search = "") => lengthOf(LENGTHS, { which, search });
  assert.deepEqual(
    ["all", "unseated", "gap", "clone"].map((which) => found(which)),
    [1_212, 4, 2, 1],
  );
  assert.equal(found("all", "till"), null);
  assert.equal(found("unseated", "till"), null);
  // Nothing is searched among odd ones: what was typed for another list is not asked for there.
  assert.equal(found("gap", "till"), 2);
  assert.equal(lengthOf(null, { which: "all", search: "" }), null);
  assert.equal(lengthOf({ ...LENGTHS, listedDevices: null }, { which: "all", search: "" }), null);
});

test("a page says which ones it shows, of how many", () => {
  assert.equal(partWords({ first: 1, shown: 7, isEnd: false }, 1_212), "1 to 7 of 1,212");
  assert.equal(partWords({ first: 1_208, shown: 5, isEnd: true }, 1_212), "1,208 to 1,212 of 1,212");
  assert.equal(partWords({ first: 8, shown: 1, isEnd: true }, 8), "8 of 8");
  assert.equal(partWords({ first: 1, shown: 0, isEnd: true }, 0), "");
});

test("what is seen goes before what was counted, and what is not known is many", () => {
  assert.equal(partWords({ first: 1, shown: 7, isEnd: false }, null), "1 to 7 of many");
  assert.equal(partWords({ first: 1, shown: 7, isEnd: true }, null), "1 to 7 of 7");
  // A device came, or went, between the two answers.
  assert.equal(partWords({ first: 1, shown: 7, isEnd: false }, 7), "1 to 7 of many");
  assert.equal(partWords({ first: 1, shown: 6, isEnd: true }, 7), "1 to 6 of 6");
});
