/** A page's line to a SharedWorker that may not start, and to a worker of the page's own in its place. */

import assert from "node:assert/strict";
import test from "node:test";
import { openLine } from "../../web/page/line.js";
import { FakeWorkers, fakePage, ownWorkers } from "./fake_platform.js";

const SCRIPT = "https://shop.test/dlt/worker/main.js";
const START = { type: "Start" };
const OPEN = { type: "Open" };
const INPUT = { type: "Input" };

Object.assign(globalThis, { location: fakePage().location });

/** A line, its SharedWorker, the workers of the page's own that are made for it, and what the page hears. */
function opened(t) {
  const workers = new FakeWorkers().install();
  const own = ownWorkers(t);
  const heard = [];
  const ends = { hear: ({ type }) => heard.push(type), die: (said) => heard.push(["died", said]) };
  const line = openLine(SCRIPT, "build", START, ends);
  return { line, shared: workers.all[0], own, heard };
}

const types = ({ heard }) => heard.map(({ type }) => type);

test("one that works hears each message once, and a good-bye at the end", (t) => {
  const { line, shared, own, heard } = opened(t);
  assert.deepEqual([line.isShared, line.isSilent], [true, true]);
  line.post(OPEN);
  shared.say({ type: "Started" });
  line.post(INPUT);
  assert.deepEqual([line.isShared, line.isSilent, heard], [true, false, ["Started"]]);
  shared.fail();
  line.end();
  assert.deepEqual([types(shared), shared.isClosed, own], [["Start", "Open", "Input", "Bye"], true, []]);
});

test("in place of one that does not start, one of the page's own hears all, and is ended with the line", (t) => {
  const { line, shared, own, heard } = opened(t);
  line.post(OPEN);
  shared.fail();
  line.post(INPUT);
  shared.fail();
  assert.deepEqual([own.length, own[0].heard], [1, ["Start", "Open", "Input"]]);
  assert.deepEqual([line.isShared, line.isSilent, types(shared)], [false, false, ["Start", "Open"]]);
  own[0].error({ preventDefault() {} });
  assert.deepEqual(heard, [["died", undefined]]);
  line.end();
  assert.equal(own[0].isTerminated, true);
});

test("a page that can have neither hears that there is none", (t) => {
  const { line, shared, heard } = opened(t);
  globalThis.Worker = class {
    constructor() {
      throw new Error("refused");
    }
  };
  line.post(OPEN);
  shared.fail();
  assert.deepEqual(heard, [["died", undefined]]);
});

test("a line that has ended makes no worker any more", (t) => {
  const { line, shared, own } = opened(t);
  line.end();
  shared.fail();
  assert.deepEqual([own, types(shared), shared.isClosed], [[], ["Start", "Bye"], true]);
});

test("of one in whose place another one came, what it says is heard still, and nothing comes of its failure", (t) => {
  const { line, shared, own, heard } = opened(t);
  line.post(OPEN);
  line.drop();
  shared.fail();
  shared.say({ type: "Commands" });
  assert.deepEqual([own, heard, types(shared), shared.isClosed], [[], ["Commands"], ["Start", "Open"], false]);
});

test("one of the page's own ends as another one comes in its place", (t) => {
  const { line, shared, own } = opened(t);
  shared.fail();
  line.drop();
  assert.equal(own[0].isTerminated, true);
});

test("where the browser refuses a SharedWorker, the page gets one of its own", (t) => {
  const { own } = opened(t);
  const heard = [];
  globalThis.SharedWorker = class {
    constructor() {
      throw new Error("refused");
    }
  };
  const line = openLine(SCRIPT, "build", START, { hear: ({ type }) => heard.push(type), die() {} });
  own[0].message({ data: { type: "Started" } });
  assert.deepEqual([own[0].heard, heard, line.isShared], [["Start"], ["Started"], false]);
});
