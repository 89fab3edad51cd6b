/** Lists that are opened page by page: read in order, as far as they are open, and no further than they go. */

import assert from "node:assert/strict";
import test from "node:test";
import { Opened } from "../../web/dashboard/opened.js";

test("what is open is read page by page, newest first, until there is no more", async () => {
  const asked = [];
  const numbers = [9, 7, 5, 3, 1];
  const get = async (path) => {
    asked.push(path);
    const query = new URL(path, "http://x").searchParams;
    const older = numbers.filter((number) => number < Number(query.get("before") ?? Infinity));
    return { data: older.slice(0, Number(query.get("limit"))).map((number) => ({ number })) };
  };
  const opened = new Opened({ api: { get } }, "/v1/admin/audit/latest", 2);
  const read = async () => (await opened.read()).map(({ number }) => number);
  assert.deepEqual([await read(), opened.isMore], [[9, 7], true]);
  opened.pages = 2;
  assert.deepEqual([await read(), opened.isMore], [[9, 7, 5, 3], true]);
  opened.pages = 9;
  assert.deepEqual([await read(), opened.isMore], [[9, 7, 5, 3, 1], false]);
  assert.deepEqual(asked.slice(3), [
    "/v1/admin/audit/latest?limit=2",
    "/v1/admin/audit/latest?limit=2&before=7",
    "/v1/admin/audit/latest?limit=2&before=3",
  ]);
});
