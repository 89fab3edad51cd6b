/** The small drawings of the overview's advisor: every day is in them, and they say in words what they show. */

import assert from "node:assert/strict";
import test from "node:test";
import { orderOf, timeWords, unitOf } from "../../web/dashboard/advisor.js";
import { courseWords, dayOfMost, drawCourse, pointsOf } from "../../web/dashboard/course.js";

const FROM = Date.UTC(2026, 9, 26);
const course = (days, kind = "concurrent_device") => ({ days, fromMs: FROM, kind });

/** As much of a document as drawing needs: what was made, with its attributes. */
globalThis.document ??= /** @type {any} */ ({
  createElementNS: (_space, tag) => ({
    tag,
    attributes: {},
    children: [],
    setAttribute(name, value) {
      this.attributes[name] = value;
    },
    append(...children) {
      this.children.push(...children);
    },
  }),
});

test("each day is a point, and of a year so many days that all have room", () => {
  assert.deepEqual(
    pointsOf(course([1, 0, 2])).map(({ value, first }) => [value, first]),
    [
      [1, 0],
      [0, 1],
      [2, 2],
    ],
  );
  const year = Array.from({ length: 366 }, (_, day) => day);
  const scans = pointsOf(course(year, "scan"));
  assert.equal(scans.length, 31);
  assert.equal(
    scans.reduce((sum, { value }) => sum + value, 0),
    year.reduce((sum, value) => sum + value, 0),
  );
  // Of devices the most of those days, so that no peak is flattened.
  assert.equal(Math.max(...pointsOf(course(year)).map(({ value }) => value)), 365);
  assert.equal(pointsOf(course(year, "device")).at(-1)?.value, 365);
});

test("it says what it shows, with the day of the most", () => {
  const found = course([20, 39, 39, 1_234, 7]);
  assert.equal(dayOfMost(found), "29 Oct");
  assert.equal(courseWords(found), "By day: 20 on 26 Oct, at most 1,234 on 29 Oct, 7 on 30 Oct so far.");
  assert.equal(dayOfMost(course([0, 0])), null);
});

test("nothing is drawn of nothing, nor of two days", () => {
  assert.equal(drawCourse(course([0, 0, 0]), false), null);
  assert.equal(drawCourse(course([5, 6]), false), null);
  assert.equal(drawCourse(course([]), false), null);
});

test("devices are a line, what is each day's own are bars from zero; what is charged is ink", () => {
  const [, line] = drawCourse(course([0, 5, 10], "device"), true).children;
  assert.equal(line.attributes.d, "M0 35L53 18.5L106 2");
  const drawn = drawCourse(course([0, 1_000, 1], "scan"), false);
  assert.equal(drawn.attributes.class, "course bars pencil");
  assert.equal(drawn.attributes.role, "img");
  // No bar for nothing, and one that can be seen for one of a thousand.
  assert.equal(drawn.children[1].attributes.d, "M35.33 35V2h24.73V35zM70.67 35V34h24.73V35z");
});

test("the time of the counts is said as it is: whole days", () => {
  const of = (from, to) => ({ from: `2026-${from}T00:00:00Z`, to: `2026-${to}T00:00:00Z` });
  assert.equal(timeWords("30d", of("10-26", "11-25")), "same 30 days");
  assert.equal(timeWords("24h", of("11-23", "11-25")), "23 Nov and 24 Nov, UTC");
  assert.equal(timeWords("24h", of("11-24", "11-25")), "24 Nov, UTC");
});

test("the ways stand as the design has them, and the peak with its day", () => {
  const ways = ["scan", "device-366", "device-90", "concurrent-device"].map((name) => ({ name }));
  assert.deepEqual(
    orderOf(ways).map(({ name }) => name),
    ["device-366", "concurrent-device", "scan"],
  );
  const way = { chargeWay: "concurrent_device", counted: 39, days: [1, 39, 2] };
  assert.equal(unitOf(way, FROM), "at the peak, 27 Oct");
  assert.equal(unitOf({ ...way, days: undefined }, FROM), "at the peak");
  assert.equal(unitOf({ ...way, chargeWay: "per_device", counted: 1 }, FROM), "device");
});
