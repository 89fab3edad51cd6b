/** Lists that are opened page by page: read as far as they are open, and of what has not changed nothing again. */

import assert from "node:assert/strict";
import test from "node:test";
import { Opened } from "../../web/dashboard/opened.js";

/** A list as the server has it: pages by number, newest first, under one version. */
function makeList(numbers) {
  const list = { rows: numbers.map((number) => ({ number })), version: "v1", asked: [] };
  list.get = async (path, tag) => {
    list.asked.push(tag ? `${path} unless ${tag}` : path);
    if (tag === list.version) return { data: null, tag, isSame: true };
    const query = new URL(path, "http://x").searchParams;
    const older = list.rows.filter(({ number }) => number < Number(query.get("before") ?? Infinity));
    return { data: older.slice(0, Number(query.get("limit"))), tag: list.version, isSame: false };
  };
  list.since = () => list.asked.splice(0);
  return list;
}

const PATH = "/v1/admin/audit/latest";
const open = (list, isKept) => new Opened({ api: { get: list.get } }, PATH, 2, isKept);
const read = async (opened) => (await opened.read()).map(({ number }) => number);

test("what is open is read page by page, newest first, until there is no more", async () => {
  const list = makeList([9, 7, 5, 3, 1]);
  const opened = open(list);
  assert.deepEqual([await read(opened), opened.isMore], [[9, 7], true]);
  opened.pages = 9;
  list.since();
  assert.deepEqual([await read(opened), opened.isMore], [[9, 7, 5, 3, 1], false]);
  // The first page is the same, so only what was opened now is read.
  assert.deepEqual(list.since(), [`${PATH}?limit=2 unless v1`, `${PATH}?limit=2&before=7`, `${PATH}?limit=2&before=3`]);
});

test("as long as the list is the same, however much is open, one question without an answer is all", async () => {
  const list = makeList(Array.from({ length: 41 }, (_, at) => 41 - at));
  const opened = open(list);
  opened.pages = 20;
  assert.equal((await read(opened)).length, 40);
  assert.equal(list.since().length, 20);
  for (let look = 0; look < 3; look += 1) {
    assert.equal((await read(opened)).length, 40);
    assert.deepEqual(list.since(), [`${PATH}?limit=2 unless v1`]);
  }
  assert.equal(opened.isMore, true);
});

test("what changes is shown, also in the last page that is open", async () => {
  const list = makeList([9, 7, 5, 3, 1]);
  const opened = open(list);
  opened.pages = 2;
  await read(opened);
  list.rows[3].state = "delivered";
  list.version = "v2";
  assert.deepEqual((await opened.read()).at(-1), { number: 3, state: "delivered" });
});

test("of a list whose older entries stay as they are, only what is new is read", async () => {
  const list = makeList([9, 7, 5, 3, 1]);
  const opened = open(list, (fresh) => fresh.every(({ number }) => number !== 13));
  opened.pages = 3;
  await read(opened);
  list.since();
  list.rows.unshift({ number: 11 });
  list.version = "v2";
  assert.deepEqual(await read(opened), [11, 9, 7, 5, 3, 1]);
  assert.deepEqual(list.since(), [`${PATH}?limit=2 unless v1`]);
  assert.equal(opened.isMore, false);
  // An entry that says that older ones are others now: all that is open is read.
  list.rows.unshift({ number: 13 });
  list.version = "v3";
  assert.deepEqual(await read(opened), [13, 11, 9, 7, 5, 3]);
  assert.equal(list.since().length, 3);
  // More than a page came: nothing is left out between.
  list.rows.unshift({ number: 19 }, { number: 17 }, { number: 15 });
  list.version = "v4";
  assert.deepEqual(await read(opened), [19, 17, 15, 13, 11, 9]);
});

test("nothing is kept of a list that was put back to an earlier state", async () => {
  const list = makeList([9, 7, 5, 3, 1]);
  const opened = open(list, () => true);
  opened.pages = 2;
  await read(opened);
  list.rows = [6, 4, 2].map((number) => ({ number }));
  list.version = "v2";
  assert.deepEqual([await read(opened), opened.isMore], [[6, 4, 2], false]);
});

test("no more is kept than is open, however much comes while somebody looks", async () => {
  const list = makeList([3, 1]);
  const opened = open(list, () => true);
  opened.pages = 2;
  assert.deepEqual([await read(opened), opened.isMore], [[3, 1], false]);
  for (const number of [5, 7, 9]) {
    list.rows.unshift({ number });
    list.version = `v${number}`;
    await read(opened);
  }
  assert.deepEqual([await read(opened), opened.isMore], [[9, 7, 5, 3], true]);
});

test("a list that changes while it is read is read again", async () => {
  const list = makeList([9, 7, 5, 3, 1]);
  const opened = open(list, () => true);
  opened.pages = 2;
  const { get } = list;
  opened.desk.api.get = async (path, tag) => {
    const answer = await get(path, tag);
    list.version = "v2";
    return answer;
  };
  await read(opened);
  opened.desk.api.get = get;
  list.since();
  await read(opened);
  assert.deepEqual(list.since(), [`${PATH}?limit=2`, `${PATH}?limit=2&before=7`]);
});

test("a page that could not be read is read the next time, and what is there stays", async () => {
  const list = makeList([9, 7, 5, 3, 1]);
  const opened = open(list);
  opened.pages = 2;
  const { get } = list;
  opened.desk.api.get = (path, tag) => (path.includes("before") ? Promise.reject(new Error("away")) : get(path, tag));
  await assert.rejects(opened.read(), /away/);
  opened.desk.api.get = get;
  assert.deepEqual(await read(opened), [9, 7, 5, 3]);
});
