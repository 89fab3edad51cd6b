/** What the dashboard says: where one is, how full an item is, how long ago something was. */

import assert from "node:assert/strict";
import test from "node:test";
import { percentOf, stateOf } from "../../web/dashboard/gauge.js";
import { addressOf, placeOf, spanOf, timeText, usageFileOf } from "../../web/dashboard/place.js";
import { when } from "../../web/dashboard/words.js";

const NOW = Date.UTC(2026, 10, 24, 10, 41, 8);
const ITEM = {
  thresholds: [75, 90, 95, 100],
  quota: 200,
  used: 0,
  overrun: 0,
  revoked: false,
  validFrom: null,
  validUntil: null,
};

test("an address keeps page, code, time and which devices, and nothing that is usual", () => {
  const place = { page: "devices", code: "shop/1?x", range: "12m", which: "gap" };
  assert.deepEqual(placeOf(addressOf(place).slice(1)), place);
  assert.equal(addressOf({ page: "usage", code: "", range: "30d", which: "all" }), "/?page=usage");
  assert.deepEqual(placeOf("?page=nowhere&range=9y&which=odd"), {
    page: "overview",
    code: "",
    range: "30d",
    which: "all",
  });
  assert.equal(placeOf("?page=toString").page, "overview");
});

test("a range begins with a whole hour, day or month of UTC, and holds as many as it says", () => {
  const begins = (range) => timeText(spanOf(range, NOW).fromMs);
  assert.equal(begins("24h"), "2026-11-23T11:00:00Z");
  assert.equal(begins("7d"), "2026-11-18T00:00:00Z");
  assert.equal(begins("30d"), "2026-10-26T00:00:00Z");
  assert.equal(begins("12m"), "2025-12-01T00:00:00Z");
  assert.deepEqual(
    ["24h", "7d", "30d", "12m"].map((range) => spanOf(range, NOW).by),
    ["hour", "day", "day", "day"],
  );
});

test("an item is as full as it is: never rounded up, and full where nothing was bought", () => {
  assert.equal(percentOf({ used: 199, quota: 200 }), 99);
  assert.equal(percentOf({ used: 0, quota: 0 }), 100);
  const words = (more) => stateOf({ ...ITEM, ...more }, NOW).word;
  assert.equal(words({}), "Open");
  assert.equal(words({ used: 149 }), "Open");
  assert.equal(words({ used: 150 }), "75 %");
  assert.equal(words({ used: 150, thresholds: [80] }), "Open");
  assert.equal(words({ used: 200 }), "Full");
  assert.equal(words({ used: 210, overrun: 10 }), "Over");
  assert.equal(words({ revoked: true }), "Revoked");
  assert.equal(words({ validUntil: "2026-11-24T10:41:08Z" }), "Expired");
  assert.equal(words({ validUntil: "2026-11-24T10:41:09Z" }), "Open");
  assert.equal(words({ validFrom: "2026-12-01T00:00:00Z" }), "Not yet valid");
});

test("a time is told as near as one needs it", () => {
  const told = (ago) => when(new Date(NOW - ago).toISOString(), NOW);
  assert.deepEqual(
    [told(0), told(59_000), told(60_000), told(3_599_000), told(3_600_000), told(86_400_000), told(400 * 86_400_000)],
    ["just now", "just now", "1 min ago", "59 min ago", "09:41", "23 Nov", "20 Oct 2025"],
  );
  assert.equal(when(null, NOW), "never");
});

test("a file of usage is of the time that the chart shows when it is asked for", () => {
  const ofDay = (now) => Object.fromEntries(new URL(usageFileOf("shop/1", "7d", now), "http://x").searchParams);
  assert.deepEqual(ofDay(NOW), {
    handshake: "shop/1",
    by: "day",
    format: "csv",
    from: "2026-11-18T00:00:00Z",
    to: "2026-11-24T10:41:09Z",
  });
  const nextDay = ofDay(NOW + 86_400_000 + 1);
  assert.deepEqual([nextDay.from, nextDay.to], ["2026-11-19T00:00:00Z", "2026-11-25T10:41:09Z"]);
});
