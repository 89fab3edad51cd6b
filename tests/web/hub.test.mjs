/** The hub between pages and shell, under a scripted shell: who is told what, and when a tracker ends. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { UnreachableError } from "../../web/worker/errors.js";
import { Hub } from "../../web/worker/hub.js";

const ABOUT = { name: "baked", why: null };

// A tracker without pages lingers for three minutes.
mock.timers.enable({ apis: ["setTimeout"] });

/** A hub with a shell that only notes what it is given. */
function hubOf({ boot = async (shell) => shell } = {}) {
  const heard = [];
  const shell = {
    open: (name, input) => heard.push(["open", name, JSON.parse(input)]),
    about: ABOUT,
    feedText: (name, input, call = null) => heard.push(["feed", name, JSON.parse(input), call]),
    forget: (name) => heard.push(["forget", name]),
    abandon: () => heard.push(["abandon"]),
    revoke: async (...only) => void heard.push(["revoke", ...only]),
  };
  const ends = [];
  const hub = new Hub({
    boot: () => boot(shell),
    erase: async () => void heard.push(["erase"]),
    end: () => ends.push("end"),
  });
  return { hub, heard, ends, inputs: () => heard.filter(([what]) => what === "feed").map(([, , input]) => input) };
}

/** A page's end of its port: says, and notes what it hears. */
function pageOn(hub, name) {
  const listeners = { message: [], close: [] };
  const heard = [];
  hub.connect({
    addEventListener: (type, listener) => listeners[type].push(listener),
    postMessage: (message) => heard.push(message),
    start() {},
  });
  const say = (data) => listeners.message.forEach((listen) => void listen({ data }));
  const close = () => listeners.close.forEach((listen) => void listen());
  say({ type: "Start", page: name, assetBase: "https://shop.test/", manifestSha384: "abc" });
  const open = (tracker, options = "{}", inputs = []) => say({ type: "Open", tracker, options, inputs });
  return { name, say, close, heard, open };
}

async function started() {
  const world = hubOf();
  const one = pageOn(world.hub, "one");
  const two = pageOn(world.hub, "two");
  await new Promise(setImmediate);
  return { ...world, one, two };
}

const input = (tracker, number, text = '{"type":"FlushRequested"}') => ({
  type: "Input",
  tracker,
  input: text,
  call: `one/${number}`,
  number,
});

test("what is said while Python starts is passed on in order, and everybody hears of the start", async () => {
  const { hub, heard } = hubOf();
  const page = pageOn(hub, "one");
  page.open("t");
  page.say(input("t", 1));
  assert.deepEqual(heard, []);
  await new Promise(setImmediate);
  assert.deepEqual(page.heard, [{ type: "Started", about: ABOUT }]);
  assert.deepEqual(
    heard.map(([what, , { type }]) => `${what} ${type}`),
    ["open TrackerOpened", "feed PageJoined", "feed FlushRequested"],
  );
});

test("Python is started once, whoever comes", async () => {
  let boots = 0;
  const { hub } = hubOf({
    boot: async (shell) => {
      boots += 1;
      return shell;
    },
  });
  pageOn(hub, "one");
  await new Promise(setImmediate);
  const late = pageOn(hub, "two");
  assert.equal(boots, 1);
  assert.deepEqual(late.heard, [{ type: "Started", about: ABOUT }]);
});

for (const [error, isUnreachable] of [
  [new Error("no wasm"), false],
  [new UnreachableError("no network"), true],
]) {
  test(`a start that fails is told to all pages, and the next page can try again: ${error.message}`, async () => {
    let boots = 0;
    const boot = () => {
      boots += 1;
      return Promise.reject(error);
    };
    const { hub, ends } = hubOf({ boot });
    const pages = [pageOn(hub, "one"), pageOn(hub, "two")];
    await new Promise(setImmediate);
    for (const { heard } of pages) {
      assert.deepEqual(heard, [{ type: "Failed", message: error.message, isUnreachable }]);
    }
    assert.deepEqual(ends, ["end"]);
    pageOn(hub, "three");
    assert.equal(boots, 2);
  });
}

test("what a page has for a tracker as it opens it is passed on at once, while Python starts and after", async () => {
  const { hub, inputs } = hubOf();
  const page = pageOn(hub, "one");
  page.open("a", "{}", [input("a", 1), input("a", 2)]);
  assert.deepEqual(inputs(), []);
  await new Promise(setImmediate);
  const flush = { type: "FlushRequested" };
  assert.deepEqual(inputs(), [{ type: "PageJoined", page: "one" }, flush, flush]);
  page.open("b", '{"b":1}', [input("b", 3)]);
  assert.deepEqual(inputs().slice(3), [{ type: "PageJoined", page: "one" }, flush]);
});

test("pages with equal options share a tracker, with others have one of their own", async () => {
  const { one, two, heard } = await started();
  one.open("a", '{"handshakeCode":"c"}');
  two.open("b", '{"handshakeCode":"c"}');
  two.open("d", '{"handshakeCode":"d"}');
  assert.deepEqual(
    heard.map(([what, name, given]) => [what, name, given.page ?? given.options.handshakeCode]),
    [
      ["open", "tracker-1", "c"],
      ["feed", "tracker-1", "one"],
      ["feed", "tracker-1", "two"],
      ["open", "tracker-2", "d"],
      ["feed", "tracker-2", "two"],
    ],
  );
});

test("each page hears what concerns it, under its own name of the tracker", async () => {
  const { hub, one, two } = await started();
  one.open("a");
  two.open("b");
  const mirror = { type: "Mirror", state: {} };
  const mine = { type: "Resolve", call: "one/1", value: 1 };
  const yours = { type: "Reject", call: "two/1", error: "E", code: "C", message: "m" };
  const persist = { type: "AskToPersist" };
  const license = { type: "Notify", event: "license", detail: {}, page: null };
  const scan = { type: "Notify", event: "scan", detail: {}, page: "two" };
  hub.say({ type: "Commands", tracker: "tracker-1", commands: [mirror, mine, yours, persist, license, scan] });
  assert.deepEqual(one.heard.slice(1), [
    { type: "Commands", tracker: "a", commands: [mirror, mine, persist, license] },
  ]);
  assert.deepEqual(two.heard.slice(1), [{ type: "Commands", tracker: "b", commands: [mirror, yours, license, scan] }]);
  hub.say({ type: "Commands", tracker: "tracker-1", commands: [mine] });
  assert.equal(two.heard.length, 2);
  const claim = { type: "ClaimCalls", page: "two" };
  hub.say({ type: "Commands", tracker: "tracker-1", commands: [claim] });
  assert.equal(one.heard.length, 3);
  assert.deepEqual(two.heard.slice(2), [{ type: "Commands", tracker: "b", commands: [claim] }]);
});

test("a refused tracker is told to its pages and gone; the same options may be tried again", async () => {
  const { hub, one, two, heard, inputs } = await started();
  one.open("a");
  two.open("b");
  hub.say({ type: "Refused", tracker: "tracker-1", error: { code: "OPTION_INVALID" } });
  assert.equal(one.heard.at(1).tracker, "a");
  assert.equal(two.heard.at(1).error.code, "OPTION_INVALID");
  const known = inputs().length;
  one.say(input("a", 1));
  assert.equal(inputs().length, known);
  one.open("c");
  assert.equal(heard.filter(([what]) => what === "open").length, 2);
});

test("a call that is said again over another port is passed on once, and answered over the newer port", async () => {
  const { hub, one, inputs } = await started();
  one.open("a");
  one.say(input("a", 1));
  one.say(input("a", 2));
  const again = pageOn(hub, "one");
  again.open("a");
  again.say(input("a", 1));
  again.say(input("a", 2));
  again.say(input("a", 3));
  assert.equal(inputs().filter(({ type }) => type === "FlushRequested").length, 3);
  assert.equal(inputs().filter(({ type }) => type === "PageJoined").length, 1);
  hub.say({ type: "Commands", tracker: "tracker-1", commands: [{ type: "Resolve", call: "one/3", value: 0 }] });
  assert.equal(again.heard.at(-1).commands[0].call, "one/3");
  one.close(); // the port of before: the page is there
  assert.equal(inputs().at(-1).type, "FlushRequested");
});

test("a page in the back/forward cache hears nothing until it is back, and then how things stand", async () => {
  const { hub, one } = await started();
  one.open("a");
  one.say({ type: "Sleep" });
  const say = (...commands) => hub.say({ type: "Commands", tracker: "tracker-1", commands });
  say({ type: "Mirror", state: 1 }, { type: "Notify", event: "license", detail: {}, page: null });
  say({ type: "Recount", scans: 1, reports: 1 });
  say({ type: "Resolve", call: "one/1", value: 1 }, { type: "Mirror", state: 2 });
  say({ type: "Recount", scans: 2, reports: 1 });
  assert.equal(one.heard.length, 1);
  one.say({ type: "Wake" });
  assert.deepEqual(one.heard.slice(1), [
    {
      type: "Commands",
      tracker: "a",
      commands: [
        { type: "Resolve", call: "one/1", value: 1 },
        { type: "Mirror", state: 2 },
      ],
    },
    { type: "Commands", tracker: "a", commands: [{ type: "Recount", scans: 2, reports: 1 }] },
  ]);
  say({ type: "Mirror", state: 3 });
  assert.equal(one.heard.length, 4);
});

test("a page that closes a tracker and makes an equal one before that is done is answered for both", async () => {
  const { hub, one, inputs } = await started();
  one.open("a");
  one.say(input("a", 1, '{"type":"ScanSeen"}'));
  one.say(input("a", 2, '{"type":"CloseRequested"}'));
  one.open("b");
  const answers = [1, 2].map((number) => ({ type: "Resolve", call: `one/${number}`, value: null }));
  hub.say({ type: "Commands", tracker: "tracker-1", commands: answers });
  const told = one.heard.filter(({ type, tracker }) => type === "Commands" && tracker === "a");
  assert.deepEqual(told, [{ type: "Commands", tracker: "a", commands: answers }]);
  one.say({ type: "Forget", tracker: "a" });
  assert.equal(inputs().filter(({ type }) => type === "PageLeft").length, 0);
  one.say(input("b", 3));
  assert.equal(inputs().at(-1).type, "FlushRequested");
  one.say({ type: "Forget", tracker: "b" });
  assert.equal(inputs().at(-1).type, "PageLeft");
});

test("the calls of a page's trackers are passed on to a new worker, one tracker's after the other's", async () => {
  const { one, inputs } = await started();
  one.open("a", '{"handshakeCode":"c"}');
  one.say(input("a", 1));
  one.say(input("a", 3));
  one.open("b", '{"handshakeCode":"d"}');
  one.say(input("b", 2));
  one.say(input("b", 2));
  assert.equal(inputs().filter(({ type }) => type === "FlushRequested").length, 3);
});

test("a page that was in the back/forward cache as Python started hears of it when it is back", async () => {
  const { hub } = hubOf();
  const page = pageOn(hub, "one");
  page.open("t");
  page.say({ type: "Sleep" });
  await new Promise(setImmediate);
  const say = (...commands) => hub.say({ type: "Commands", tracker: "tracker-1", commands });
  say({ type: "Mirror", state: 1 });
  say({ type: "Mirror", state: 2 });
  hub.say({ type: "Refused", tracker: "tracker-1", error: { code: "OPTION_INVALID" } });
  assert.deepEqual(page.heard, []);
  page.say({ type: "Wake" });
  assert.deepEqual(page.heard, [
    { type: "Started", about: ABOUT },
    { type: "Commands", tracker: "t", commands: [{ type: "Mirror", state: 2 }] },
    { type: "Refused", tracker: "t", error: { code: "OPTION_INVALID" } },
  ]);
});

test("a page that says good-bye, or whose process is gone, leaves its trackers", async () => {
  const { one, two, inputs } = await started();
  one.open("a");
  two.open("b");
  one.say({ type: "Bye" });
  two.close();
  assert.deepEqual(
    inputs()
      .filter(({ type }) => type === "PageLeft")
      .map(({ page }) => page),
    ["one", "two"],
  );
});

test("a page whose process is gone before Python is up leaves what it had opened", async () => {
  const { hub, inputs } = hubOf();
  const page = pageOn(hub, "one");
  page.open("a");
  page.say(input("a", 1));
  page.close();
  await new Promise(setImmediate);
  assert.deepEqual(
    inputs().map(({ type }) => type),
    ["PageJoined", "FlushRequested", "PageLeft"],
  );
});

test("a good-bye over the port of before takes nothing off a page that has come back", async () => {
  const { hub, one, inputs } = await started();
  const again = pageOn(hub, "one");
  again.open("a");
  // The order of what comes over two ports is anybody's.
  one.say({ type: "Bye" });
  again.say(input("a", 1));
  assert.deepEqual(
    inputs().map(({ type }) => type),
    ["PageJoined", "FlushRequested"],
  );
  hub.say({ type: "Commands", tracker: "tracker-1", commands: [{ type: "Mirror", state: 1 }] });
  assert.equal(again.heard.at(-1).type, "Commands");
  const third = pageOn(hub, "one");
  third.open("a");
  assert.equal(inputs().filter(({ type }) => type === "PageJoined").length, 1);
});

test("a good-bye that waits for Python takes off what was opened before it, over its port, and not the page", async () => {
  const { hub, inputs } = hubOf();
  const one = pageOn(hub, "one");
  one.open("a");
  const again = pageOn(hub, "one");
  again.open("b");
  one.say({ type: "Bye" });
  one.close();
  await new Promise(setImmediate);
  again.say(input("b", 1));
  assert.deepEqual(
    inputs().map(({ type }) => type),
    ["PageJoined", "PageJoined", "FlushRequested"],
  );
  again.say({ type: "Forget", tracker: "b" });
  assert.equal(inputs().at(-1).type, "PageLeft");
  hub.restart();
  assert.equal(again.heard.at(-1).type, "Restarted");
});

test("a tracker waits three minutes for its next page; after the last one the worker ends, and says so", async () => {
  const { one, two, heard, ends } = await started();
  one.open("a");
  one.say({ type: "Forget", tracker: "a" });
  mock.timers.tick(179_999);
  two.open("b");
  assert.equal(heard.filter(([what]) => what === "open").length, 1);
  mock.timers.tick(1_000_000);
  assert.deepEqual(ends, []);
  two.say({ type: "Forget", tracker: "b" });
  mock.timers.tick(180_000);
  assert.deepEqual(heard.at(-1), ["forget", "tracker-1"]);
  assert.deepEqual([one.heard.at(-1), two.heard.at(-1), ends], [{ type: "Ended" }, { type: "Ended" }, ["end"]]);
});

test("a question is answered at once, also while Python starts", () => {
  const { hub } = hubOf();
  const page = pageOn(hub, "one");
  page.say({ type: "Ping" });
  assert.deepEqual(page.heard, [{ type: "Pong" }]);
});

test("what no page says is an error", async () => {
  const { one } = await started();
  assert.throws(() => one.say({ type: "Explode" }), /Explode/);
});

test("when Python is lost, another one starts, and pages say again what it has to know", async () => {
  const { hub, one, two, heard } = await started();
  one.open("t");
  two.open("u");
  one.say(input("t", 1));
  heard.length = one.heard.length = two.heard.length = 0;
  hub.restart();
  assert.deepEqual(heard, [["abandon"]]);
  // On its way when Python was lost, and said again after that: once is what the new one hears.
  one.say(input("t", 2));
  one.open("t");
  one.say(input("t", 1));
  one.say(input("t", 2));
  hub.say({ type: "Commands", tracker: "tracker-1", commands: [{ type: "Mirror" }] });
  assert.deepEqual([one.heard, two.heard], [[{ type: "Restarted" }], [{ type: "Restarted" }]]);
  await new Promise(setImmediate);
  const calls = heard.slice(1).map(([what, name, { type }, call]) => [what, name, type, call ?? null]);
  assert.deepEqual(calls, [
    ["open", "tracker-2", "TrackerOpened", null],
    ["feed", "tracker-2", "PageJoined", null],
    ["feed", "tracker-2", "FlushRequested", "one/1"],
    ["feed", "tracker-2", "FlushRequested", "one/2"],
  ]);
  assert.deepEqual(one.heard, [{ type: "Restarted" }, { type: "Started", about: ABOUT }]);
});

test("a page that leaves as Python is lost takes nothing of the new one away", async () => {
  const { hub, one, heard } = await started();
  one.open("t");
  heard.length = 0;
  const { push } = heard;
  heard.push = (...calls) => {
    heard.push = push;
    hub.restart();
    return push.apply(heard, calls);
  };
  one.say({ type: "Forget", tracker: "t" });
  one.open("t2");
  await new Promise(setImmediate);
  mock.timers.tick(200_000);
  assert.deepEqual(
    heard.filter(([what]) => what === "forget"),
    [],
  );
});

const CONSENTED = '{"handshakeCode":"c","consent":"required"}';

test("a consent that is taken back ends the trackers of all pages, once for each time it is", async () => {
  const { hub, heard, one, two } = await started();
  one.open("a", CONSENTED);
  two.open("b", CONSENTED);
  heard.length = 0;
  one.say({ type: "Revoke", revocation: "r" });
  hub.say({ type: "Revoked", tracker: "tracker-1" });
  await new Promise(setImmediate);
  assert.deepEqual(heard, [["revoke"]]);
  assert.deepEqual(one.heard.slice(1), [{ type: "Revoked", tracker: "a" }, { type: "Erased" }]);
  assert.deepEqual(two.heard.slice(1), [{ type: "Revoked", tracker: "b" }]);
  // The other page has heard of it from the first one, and is late: the first one's was given anew.
  one.open("a2", CONSENTED);
  heard.length = 0;
  two.say({ type: "Revoke", revocation: "r" });
  await new Promise(setImmediate);
  assert.deepEqual(heard, []);
  assert.deepEqual(two.heard.at(-1), { type: "Erased" });
  two.say({ type: "Revoke", revocation: "s" });
  assert.deepEqual(heard, [["revoke"]]);
});

test("a tracker whose consent is taken back while Python starts never begins; others do", async () => {
  const { hub, heard } = hubOf();
  const page = pageOn(hub, "one");
  page.open("a", CONSENTED);
  page.say(input("a", 1));
  page.open("b", '{"handshakeCode":"c","consent":"not-required"}');
  page.say({ type: "Revoke", revocation: "r" });
  assert.deepEqual(heard, [["erase"]]);
  await new Promise(setImmediate);
  const opened = heard.filter(([what]) => what === "open").map(([, , { options }]) => options.consent);
  assert.deepEqual(opened, ["not-required"]);
  assert.equal(heard.filter(([, , given]) => given?.type === "FlushRequested").length, 0);
  assert.deepEqual(page.heard[0], { type: "Revoked", tracker: "a" });
  assert.ok(page.heard.some(({ type }) => type === "Erased"));
});

test("a page in the back/forward cache hears that the consent was taken back when it wakes", async () => {
  const { hub, one, two } = await started();
  one.open("a", CONSENTED);
  two.open("b", CONSENTED);
  two.say({ type: "Sleep" });
  one.say({ type: "Revoke", revocation: "r" });
  hub.say({ type: "Revoked", tracker: "tracker-1" });
  assert.equal(two.heard.length, 1);
  two.say({ type: "Wake" });
  assert.deepEqual(two.heard.slice(1), [{ type: "Revoked", tracker: "b" }]);
});

test("a tracker that was opened after the worker heard that it was taken back, and before its page did, ends", async () => {
  const { hub, heard, one, two } = await started();
  one.open("a", CONSENTED);
  one.say({ type: "Revoke", revocation: "r" });
  hub.say({ type: "Revoked", tracker: "tracker-1" });
  two.open("b", CONSENTED);
  two.open("other", '{"handshakeCode":"c"}');
  await new Promise(setImmediate);
  heard.length = 0;
  two.say({ type: "Revoke", revocation: "r" });
  assert.deepEqual(heard, [["revoke", ["tracker-2"]]]);
  await new Promise(setImmediate);
  assert.deepEqual(two.heard.at(-1), { type: "Erased" });
});

test("where the first page's was given anew, the late page leaves it to that one", async () => {
  const { hub, heard, one, two } = await started();
  one.open("a", CONSENTED);
  one.say({ type: "Revoke", revocation: "r" });
  hub.say({ type: "Revoked", tracker: "tracker-1" });
  one.open("a2", CONSENTED);
  two.open("b", CONSENTED);
  await new Promise(setImmediate);
  heard.length = 0;
  two.say({ type: "Revoke", revocation: "r" });
  await new Promise(setImmediate);
  assert.deepEqual(heard, [["feed", "tracker-2", { type: "PageLeft", page: "two" }, null]]);
  assert.deepEqual(two.heard.slice(-2), [{ type: "Revoked", tracker: "b" }, { type: "Erased" }]);
});

test("one that waits for Python meanwhile never begins either", async () => {
  const { hub, heard } = hubOf();
  const [one, two] = [pageOn(hub, "one"), pageOn(hub, "two")];
  one.say({ type: "Revoke", revocation: "r" });
  one.open("a", CONSENTED);
  two.open("b", CONSENTED);
  two.say({ type: "Revoke", revocation: "r" });
  assert.deepEqual(two.heard, [{ type: "Revoked", tracker: "b" }]);
  await new Promise(setImmediate);
  const joined = heard.filter(([what]) => what === "feed").map(([, , { page }]) => page);
  assert.deepEqual(joined, ["one"]);
});
