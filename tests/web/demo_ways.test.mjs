/** The charge ways compared: what was counted since, over midnight too, and what is shown without an answer. */

import assert from "node:assert/strict";
import test from "node:test";
import { Rises } from "../../web/demo/rises.js";

globalThis.document ??= { getElementById: () => null };
const { rowsOf } = await import("../../web/demo/ways.js");

/** An answer of the demo's server: of the day so many scans, and the most devices; so many scans ever, and devices now. */
const answer = (now, { today, most, scans, devices, concurrent, code = "200003-demo" }) => ({
  handshakeCode: code,
  now,
  chargeWay: "per_scan",
  scans,
  ways: [
    { name: "scan", chargeWay: "per_scan", deviceLifetimeDays: null, counted: today, atEnd: null },
    { name: "device-366", chargeWay: "per_device", deviceLifetimeDays: 366, counted: most, atEnd: devices },
    { name: "device-90", chargeWay: "per_device", deviceLifetimeDays: 90, counted: most, atEnd: devices },
    {
      name: "concurrent-device",
      chargeWay: "concurrent_device",
      deviceLifetimeDays: null,
      counted: most,
      atEnd: concurrent,
    },
  ],
});
const BEFORE = { today: 500, most: 9, scans: 700, devices: 9, concurrent: 2 };
const AFTER = { today: 20, most: 9, scans: 730, devices: 10, concurrent: 1 };

test("what was counted before and after midnight is added up, also where the page rested between", () => {
  const rises = new Rises();
  const first = rises.take(answer("2026-03-01T23:50:00.000Z", BEFORE));
  assert.deepEqual([...first.values()], [0, 0, 0, 0]);
  const next = rises.take(answer("2026-03-02T00:10:00.000Z", AFTER));
  // Of the 30 scans 10 are of the day before, which today's 20 do not hold.
  assert.deepEqual(Object.fromEntries(next), {
    scan: 30,
    "device-366": 1,
    "device-90": 1,
    "concurrent-device": -1,
  });
});

test("each code has a beginning of its own, and one that nobody knew begins once it is known", () => {
  const rises = new Rises();
  rises.take(answer("2026-03-01T10:00:00.000Z", BEFORE));
  const other = { ...BEFORE, scans: 3, concurrent: null, code: "200001-demo" };
  assert.deepEqual([...rises.take(answer("2026-03-01T10:01:00.000Z", other)).values()], [0, 0, 0, null]);
  const known = { ...other, scans: 5, concurrent: 4 };
  assert.deepEqual([...rises.take(answer("2026-03-01T10:02:00.000Z", known)).values()], [2, 0, 0, 0]);
  assert.equal(rises.take(answer("2026-03-01T10:03:00.000Z", { ...BEFORE, scans: 701 })).get("scan"), 1);
});

test("a row has today's figures, and what rose; what fell did not rise", () => {
  const risen = new Map([
    ["scan", 1230],
    ["device-366", 0],
    ["device-90", null],
    ["concurrent-device", -1],
  ]);
  const rows = rowsOf(answer("2026-03-02T00:10:00.000Z", AFTER), "per_scan", risen);
  assert.deepEqual(
    rows.map(({ name, isCharged, figures }) => [name, isCharged, figures.counted, figures.now, figures.risen]),
    [
      ["scan", true, "20", "", "+1,230"],
      ["device-366", false, "9", "", "none"],
      ["device-90", false, "9", "", ""],
      ["concurrent-device", false, "9", "1 now", "none"],
    ],
  );
});

test("without an answer each way has its row, the chosen one its mark, and none has a figure", () => {
  for (const [chargeWay, name] of [
    ["per_device", "device-366"],
    ["concurrent_device", "concurrent-device"],
    ["per_scan", "scan"],
  ]) {
    const rows = rowsOf(null, chargeWay, null);
    assert.deepEqual(
      rows.map(({ figures }) => figures),
      [null, null, null, null],
    );
    assert.deepEqual(
      rows.filter(({ isCharged }) => isCharged).map((row) => row.name),
      [name],
    );
  }
});
