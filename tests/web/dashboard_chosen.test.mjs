/** A device that was chosen stays so while the list shows others, and no longer than there is something to release. */

import assert from "node:assert/strict";
import test from "node:test";
import { awayWords, goneOf } from "../../web/dashboard/chosen.js";
import { pathOf } from "../../web/dashboard/devices.js";

const listed = (uuids, more = {}) =>
  uuids.map((deviceUuid) => ({ deviceUuid, seated: true, unseated: false, ...more }));
const path = (more = {}) => pathOf({ code: "c/1", which: "all", search: "", limit: 2, ...more });
const shown = (rows, more = {}) => ({ rows, path: path(), next: null, isComplete: true, ...more });
const gone = (page) => goneOf(["b", "d"], page);

test("what a search has not come to yet stays chosen", () => {
  assert.deepEqual(gone(shown(listed(["a"]), { isComplete: false })), []);
  assert.deepEqual(gone(shown([], { isComplete: false })), []);
});

test("another page, a search for a name or for a kind says nothing of those that it leaves out", () => {
  assert.deepEqual(gone(shown(listed(["a"]), { path: path({ search: "till" }) })), []);
  assert.deepEqual(gone(shown([], { path: path({ which: "unseated" }) })), []);
  assert.deepEqual(gone(shown([], { path: path({ which: "clone" }) })), []);
  // The page ends before d, the next one begins behind b.
  assert.deepEqual(gone(shown(listed(["a", "b"]), { next: "/next" })), []);
  assert.deepEqual(gone(shown(listed(["d", "e"]), { path: `${path()}&after=c%2F1%2Fb` })), []);
  // Of UUIDs that begin with d, b is none.
  assert.deepEqual(gone(shown([], { path: `${path()}&uuid=d` })), ["d"]);
});

test("what a whole list lacks where it would be is gone, as is what is released", () => {
  assert.deepEqual(gone(shown(listed(["a", "b"]))), ["d"]);
  assert.deepEqual(gone(shown(listed(["a", "c"]), { next: "/next" })), ["b"]);
  assert.deepEqual(gone(shown(listed(["c"]), { path: `${path()}&after=c%2F1%2Fb` })), ["d"]);
  assert.deepEqual(gone(shown(listed(["b", "d"], { seated: false }))), ["b", "d"]);
  // Released is released, however it was found.
  const found = listed(["b"], { seated: false });
  assert.deepEqual(gone(shown(found, { path: path({ search: "till" }), isComplete: false })), ["b"]);
});

test("who releases is told of those that are not in sight", () => {
  assert.equal(awayWords(["a"], listed(["a"])), "");
  assert.equal(awayWords(["a", "0123456789"], listed(["a"])), "1 chosen device not in this list: 01234567.");
  const many = ["1", "2", "3", "4", "5", "6"];
  assert.equal(awayWords(many, []), "6 chosen devices not in this list: 1, 2, 3, 4, 5 and others.");
});
