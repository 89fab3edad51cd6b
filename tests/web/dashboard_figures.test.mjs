/** What the dashboard makes of the server's figures: bars, costs, changes, words of alerts and of the audit log. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { titleOf as alertTitle, deliveryWords, toneOf } from "../../web/dashboard/alerts.js";
import { Refused, Unreachable } from "../../web/dashboard/api.js";
import { detailWords, lastOf, nameOf, titleOf } from "../../web/dashboard/audit.js";
import { changesOf, conflictsOf, stayingOf, theirsOf } from "../../web/dashboard/changes.js";
import { LOOKS, pathOf } from "../../web/dashboard/devices.js";
import { forNew, readAs, shownAs } from "../../web/dashboard/fields.js";
import { looksOf } from "../../web/dashboard/looks.js";
import { spanOf } from "../../web/dashboard/place.js";
import { cheapest, costText, parsePrice } from "../../web/dashboard/prices.js";
import { mayBeReleased, releaseAll } from "../../web/dashboard/release.js";
import { barsOf, barWords, colorsOf } from "../../web/dashboard/series.js";

const NOW = Date.UTC(2026, 10, 24, 10, 41, 8);

function bars(range, bySymbology, rows) {
  return barsOf({ bySymbology, rows }, range, spanOf(range, NOW).fromMs, NOW);
}

test("bars have every period, the empty ones too, and all scans are in them", () => {
  const rows = [
    { start: "2026-10-26T00:00:00Z", bySymbology: { ean_13: 5 } },
    { start: "2026-11-24T00:00:00Z", bySymbology: { ean_13: 2, qr_code: 3 } },
  ];
  const found = bars("30d", { ean_13: 7, qr_code: 3 }, rows);
  assert.equal(found.labels.length, 30);
  assert.deepEqual([found.labels[0], found.labels[29]], ["26 Oct", "24 Nov"]);
  assert.deepEqual([found.totals[0], found.totals[1], found.totals[29]], [5, 0, 5]);
  assert.equal(barWords(found, 29), "24 Nov: 5 scans so far (ean_13 2, qr_code 3)");
  assert.equal(barWords(found, 1), "27 Oct: 0 scans");
});

test("days of a year are put together by month", () => {
  const rows = [
    { start: "2025-12-01T00:00:00Z", bySymbology: { ean_13: 1 } },
    { start: "2025-12-31T00:00:00Z", bySymbology: { ean_13: 1 } },
    { start: "2026-01-01T00:00:00Z", bySymbology: { ean_13: 4 } },
  ];
  const found = bars("12m", { ean_13: 6 }, rows);
  assert.deepEqual(found.labels.slice(0, 2), ["Dec 2025", "Jan 2026"]);
  assert.deepEqual([found.labels.length, found.labels.at(-1)], [12, "Nov 2026"]);
  assert.deepEqual(found.totals.slice(0, 3), [2, 4, 0]);
  assert.equal(found.unit, "month");
});

test("the four largest symbologies are shown, the rest as others, and totals are exact", () => {
  const bySymbology = { a: 1, ean_13: 50, code_128: 40, qr_code: 30, data_matrix: 20, b: 2 };
  const found = bars("24h", bySymbology, [{ start: "2026-11-24T10:00:00Z", bySymbology }]);
  assert.deepEqual(
    found.series.map(({ name, color, total }) => [name, color, total]),
    [
      ["ean_13", 1, 50],
      ["code_128", 2, 40],
      ["qr_code", 3, 30],
      ["data_matrix", 4, 20],
      ["2 others", 5, 3],
    ],
  );
  assert.equal(
    found.series.reduce((sum, { values }) => sum + values[23], 0),
    143,
  );
  assert.equal(bars("24h", { a: 1, b: 1, c: 1, d: 1, e: 1 }, []).series[4].name, "e");
});

test("a symbology keeps its color whatever else is shown, and no two have the same one", () => {
  assert.deepEqual(colorsOf(["qr_code", "upc_a", "pdf417", "ean_8"]), [3, 1, 2, 4]);
  assert.deepEqual(colorsOf(["upc_a", "ean_13", "code_128"]), [3, 1, 2]);
});

test("costs are exact, whatever their size, and there is no verdict without two prices", () => {
  assert.equal(costText(52_117, parsePrice("0.035")), "1,824.095");
  assert.equal(costText(212, parsePrice("12,5")), "2,650.00");
  assert.equal(costText(9_007_199_254_740_991, parsePrice("0.01")), "90,071,992,547,409.91");
  assert.equal(costText(0, parsePrice("1")), "0.00");
  for (const text of ["", undefined, "x", "1e3", "-1", "1.1234567", "1 000"])
    assert.equal(parsePrice(text), null, text);
  const ways = [
    { name: "scan", counted: 1000 },
    { name: "device-366", counted: 10 },
    { name: "device-90", counted: 12 },
  ];
  assert.deepEqual(cheapest(ways, { scan: "1" }), []);
  assert.deepEqual(cheapest(ways, { scan: "0.09", "device-366": "10", "device-90": "7.5" }), ["scan", "device-90"]);
});

test("only what was typed otherwise is sent, so nobody sets back what others have set", () => {
  const seen = { quota: 5, validUntil: "2027-03-31T00:00:00Z", licenses: ["A"], customer: null };
  assert.deepEqual(
    changesOf(seen, { quota: 5, validUntil: "2027-03-31T00:00:00.000Z", licenses: ["A"], customer: null }),
    {},
  );
  assert.deepEqual(changesOf(seen, { quota: 6, licenses: ["A", "B"], sessionPassword: "x" }), {
    quota: 6,
    licenses: ["A", "B"],
    sessionPassword: "x",
  });
});

test("a conflict names what others have changed, and what was typed here", () => {
  const typed = { quota: 300, gracePercent: 0 };
  assert.deepEqual(conflictsOf({ quota: 200, gracePercent: 0 }, { quota: 250, gracePercent: 5, used: 1 }, typed), [
    { name: "quota", before: 200, now: 250, mine: 300, isTyped: true },
    { name: "gracePercent", before: 0, now: 5, mine: 0, isTyped: false },
  ]);
  assert.deepEqual(conflictsOf({ quota: 200 }, { quota: 200 }, { quota: 300 }), []);
});

test("fields are read as the server wants them and shown as people read them", () => {
  for (const [kind, text, value] of [
    ["number", "12", 12],
    ["number", " ", null],
    ["moment", "2027-03-31T00:00:00", "2027-03-31T00:00:00Z"],
    ["lines", "https://a.example\nhttps://b.example", ["https://a.example", "https://b.example"]],
    ["lines", "", []],
    ["text", " ACME Retail ", "ACME Retail"],
    ["text", "", null],
  ]) {
    assert.deepEqual(readAs(kind, text), value);
    assert.equal(shownAs(kind, value), text.trim());
  }
  assert.equal(readAs("moment", "2027-03-31T08:30"), "2027-03-31T08:30:00Z");
});

test("devices are asked for in pages, by what begins a UUID, by name, or by what is odd about them", () => {
  const path = (more) => pathOf({ code: "c/1", which: "all", search: "", limit: 50, ...more }).split("?")[1];
  assert.equal(path({}), `handshake=c%2F1&limit=50&looks=${LOOKS}`);
  assert.equal(path({ search: "Till 7" }), `handshake=c%2F1&limit=50&looks=${LOOKS}&search=Till+7`);
  assert.equal(path({ search: "3B9E07AA-4d3a" }), `handshake=c%2F1&limit=50&looks=${LOOKS}&uuid=3b9e07aa-4d3a`);
  assert.equal(path({ search: "bed 12" }), `handshake=c%2F1&limit=50&looks=${LOOKS}&search=bed+12`);
  assert.equal(path({ which: "unseated" }), `handshake=c%2F1&limit=50&looks=${LOOKS}&unseated=true`);
  assert.equal(path({ which: "gap", search: "x" }), "handshake=c%2F1&limit=50&oddity=gap");
});

test("an alert names the level that was reached, where there are levels", () => {
  const message = "License A: 20 of 20 devices are used.";
  assert.equal(alertTitle({ kind: "license.threshold", subject: "A", level: 75, message }), "A reached 75 %");
  assert.equal(alertTitle({ kind: "license.expiry", subject: "A", level: 1, message }), "A ends within 1 day");
  assert.equal(alertTitle({ kind: "license.expiry", subject: "A", level: 30, message }), "A ends within 30 days");
  assert.equal(alertTitle({ kind: "device.gap", subject: "c", level: null, message }), message);
});

test("an alert says how far it came with each webhook", () => {
  const nextAt = new Date(NOW + 230_000).toISOString();
  assert.equal(
    deliveryWords({ webhook: "ops", state: "delivered", attempts: 1, nextAt: null }, NOW),
    "ops: delivered.",
  );
  assert.equal(deliveryWords({ webhook: "ops", state: "waiting", attempts: 0, nextAt: null }, NOW), "ops: being sent.");
  assert.equal(
    deliveryWords({ webhook: "ops", state: "waiting", attempts: 2, nextAt }, NOW),
    "ops: failed, next try in 4 min.",
  );
  assert.equal(
    deliveryWords({ webhook: "ops", state: "failed", attempts: 1, nextAt: null }, NOW),
    "ops: given up after 1 try.",
  );
  assert.deepEqual(
    [
      { kind: "license.threshold", level: 75 },
      { kind: "license.threshold", level: 100 },
      { kind: "license.expiry", level: 30 },
      { kind: "license.expiry", level: 1 },
      { kind: "device.clone", level: null },
      { kind: "test", level: null },
    ].map(toneOf),
    ["warn", "bad", "warn", "bad", "bad", "rest"],
  );
});

test("the audit log says what was done, with what, by whom", () => {
  const entry = {
    action: "license.set",
    subject: "A-1063",
    actor: "admin-key:ops",
    detail: { quota: 5, customer: "ACME" },
  };
  assert.equal(titleOf(entry), "Changed item A-1063");
  assert.equal(detailWords(entry), "quota: 5 · customer: ACME");
  assert.equal(nameOf(entry.actor), "ops");
  assert.equal(titleOf({ action: "toString", subject: "*" }), "toString all");
});

const QUIET = {
  unseatedDevices: 0,
  clonedDevices: 0,
  devicesWithGaps: 0,
  unverifiedScans: 0,
  lost: {},
  memoryDevices: 0,
  partitionedDevices: 0,
  authorizations: { granted: 9, refused: {} },
};

test("nothing needs a look only where nobody was refused for any reason", () => {
  assert.deepEqual(looksOf(QUIET, "30d"), []);
  const refused = { LICENSE_EXPIRED: 3, NO_MATCHING_ITEM: 1, QUOTA_EXHAUSTED: 2, SOMETHING_NEW: 4 };
  const found = looksOf({ ...QUIET, authorizations: { granted: 0, refused } }, "30d");
  assert.deepEqual(
    found.map(({ count, noun, words }) => [count, noun, words]),
    [
      [3, "authorization refused", "No item is valid any more: set a later end, or add an item."],
      [1, "authorization refused", "No item of the code is for the product that the app names."],
      [2, "authorization refused", "The quota was used up: raise it, or add an item."],
      [4, "authorization refused", "The server said SOMETHING_NEW."],
    ],
  );
});

test("a field that is left empty means another thing of what is new", () => {
  const fields = [
    { name: "a", label: "A", kind: "number", hint: "Empty: as it is.", newHint: "Empty: 5." },
    { name: "b", label: "B", kind: "text", hint: "Always this." },
  ];
  assert.deepEqual(
    forNew(fields).map(({ hint }) => hint),
    ["Empty: 5.", "Always this."],
  );
});

test("each reason for which trackers say that scans are lost has its words", () => {
  const folder = new URL("../../src/dlt_web/", import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith(".py"));
  const text = sources.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
  const reasons = [...text.matchAll(/^LOST_\w+ = "(\w+)"/gm)].map(([, reason]) => reason);
  assert.ok(reasons.length >= 4, reasons.join());
  for (const reason of reasons) {
    const [found] = looksOf({ ...QUIET, lost: { [reason]: 2 } }, "7d");
    assert.match(found.words, /^Trackers say: [a-z0-9 ]+ [a-z0-9 ]+\.$/, reason);
  }
});

test("each figure that needs a look says of which time it is", () => {
  const usage = {
    ...QUIET,
    unseatedDevices: 1,
    clonedDevices: 1,
    devicesWithGaps: 1,
    memoryDevices: 1,
    partitionedDevices: 1,
    unverifiedScans: 1,
    lost: { purged: 1 },
    authorizations: { granted: 0, refused: { QUOTA_EXHAUSTED: 1 } },
  };
  const times = (range) => Object.groupBy(looksOf(usage, range), ({ time }) => time);
  const counts = (range) => Object.entries(times(range)).map(([time, found]) => [time, found.length]);
  assert.deepEqual(counts("24h"), [
    ["today, UTC", 1],
    ["now", 5],
    ["these 24 hours", 2],
  ]);
  assert.deepEqual(counts("7d"), [
    ["these 7 days", 3],
    ["now", 5],
  ]);
});

test("a release goes past what is released already, and on from where it failed", async () => {
  const chosen = new Set(["a", "gone", "b", "c"]);
  const asked = [];
  let isAway = true;
  const release = async (uuid) => {
    asked.push(uuid);
    if (uuid === "gone") throw new Refused(404, { code: "NOT_FOUND" });
    if (uuid === "b" && isAway) throw new Unreachable();
  };
  await assert.rejects(releaseAll(chosen, release), Unreachable);
  assert.deepEqual([...chosen], ["b", "c"]);
  isAway = false;
  await releaseAll(chosen, async (uuid) => {
    await release(uuid);
    // The list was read meanwhile: somebody else has released it.
    chosen.delete("c");
  });
  assert.deepEqual([asked, chosen.size], [["a", "gone", "b", "b"], 0]);
});

test("only what holds a seat, or waits for one, can be released", () => {
  const may = (seated, unseated) => mayBeReleased({ seated, unseated });
  assert.deepEqual([may(true, false), may(false, true), may(false, false)], [true, true, false]);
});

test("what is saved over theirs is what the form holds, set back to what it was or not", () => {
  const seen = { quota: 100, product: "p", gracePercent: 0 };
  const now = { quota: 150, product: "q", gracePercent: 0 };
  const first = conflictsOf(seen, now, { quota: 200, product: "p", gracePercent: 5 });
  // Typed back since; nothing was typed into product, so theirs stays there.
  const form = { quota: 100, product: "p", gracePercent: 5 };
  const saved = { ...form, ...stayingOf(first, form) };
  assert.deepEqual(changesOf(now, saved), { quota: 100, gracePercent: 5 });
  const since = { ...form, product: "r" };
  assert.deepEqual(changesOf(now, { ...since, ...stayingOf(first, since) }), {
    quota: 100,
    product: "r",
    gracePercent: 5,
  });
  // Told once more with what is set back: it was typed, all the same.
  assert.deepEqual(
    conflictsOf(seen, now, form, new Set(["quota"])).map(({ name, isTyped }) => [name, isTyped]),
    [
      ["quota", true],
      ["product", false],
    ],
  );
});

test("taking theirs leaves alone what nobody else has changed", () => {
  const seen = { quota: 100, gracePercent: 0 };
  const now = { quota: 150, gracePercent: 0 };
  const form = { quota: 200, gracePercent: 5 };
  const taken = { ...form, ...theirsOf(conflictsOf(seen, now, form)) };
  assert.deepEqual([taken, changesOf(now, taken)], [{ quota: 150, gracePercent: 5 }, { gracePercent: 5 }]);
});

test("who changed an item or a code is who changed it last, whatever they did", () => {
  const entries = [
    { action: "license.revoke", subject: "B", actor: "admin-key:carol" },
    { action: "admin-key.add", subject: "A", actor: "admin-key:dave" },
    { action: "license.revoke", subject: "A", actor: "admin-key:bob" },
    { action: "handshake.purpose", subject: "c", actor: "admin-key:bob" },
    { action: "handshake.customer", subject: "c", actor: "admin-key:alice" },
    { action: "license.set", subject: "A", actor: "admin-key:alice" },
    { action: "handshake.set", subject: "c", actor: "admin-key:alice" },
  ];
  assert.deepEqual(
    [lastOf(entries, "license", "A"), lastOf(entries, "handshake", "c")].map((found) => [found.actor, titleOf(found)]),
    [
      ["admin-key:bob", "Revoked item A"],
      ["admin-key:bob", "Changed the purpose of code c"],
    ],
  );
  assert.equal(lastOf(entries, "handshake", "A"), undefined);
});
