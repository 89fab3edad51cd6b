/** What the dashboard says of the audit log's chain, and of alerts that are open. */

import assert from "node:assert/strict";
import test from "node:test";
import { comparedWords } from "../../web/dashboard/advisor.js";
import { Api } from "../../web/dashboard/api.js";
import { chainState, chainWords } from "../../web/dashboard/chain.js";
import { openTitle } from "../../web/dashboard/open-alerts.js";

const CHAIN = {
  state: "intact",
  entries: 1204,
  held: 1204,
  checkedAt: "2026-11-24T10:41:08Z",
  readWholeAt: "2026-11-24T10:35:00Z",
  breakCount: 0,
  breaks: [],
};

test("a chain says that it is intact, how much was checked, and when", () => {
  assert.equal(chainState(CHAIN).word, "Chain intact");
  assert.equal(chainWords(CHAIN, false), "checked 10:41:08 UTC");
  assert.equal(chainWords(CHAIN, true), "1,204 entries, checked 10:41:08 UTC; all read through 10:35:00");
  assert.equal(chainWords({ ...CHAIN, entries: 1 }, true), "1 entry, checked 10:41:08 UTC; all read through 10:35:00");
});

test("a chain that was not read to its end is not called intact", () => {
  const chain = { ...CHAIN, state: "checking", held: 4000, entries: 9000, checkedAt: null, readWholeAt: null };
  assert.deepEqual([chainState(chain).tone, chainState(chain).word], ["rest", "Checking"]);
  assert.equal(chainWords(chain, true), "4,000 of 9,000 entries checked so far");
});

test("a broken chain is bad, and shows it by more than its color", () => {
  const { tone, icon, word } = chainState({ ...CHAIN, state: "broken" });
  assert.deepEqual([tone, icon, word], ["bad", "warning", "Chain broken"]);
});

test("what is open is said in words that need no message", () => {
  const told = (kind, level) => openTitle({ kind, subject: "A-1", level, since: "2026-11-24T10:00:00Z" });
  assert.equal(told("license.threshold", 90), "A-1 reached 90 %");
  assert.equal(told("license.expiry", 1), "A-1 ends within 1 day");
  assert.equal(told("license.expiry", 7), "A-1 ends within 7 days");
  assert.equal(told("usage.unverified", 10), "A-1: unverified scans reached 10 % of a day’s");
  assert.equal(told("device.gap", null), "A-1: reports of devices are missing");
  assert.equal(told("device.clone", null), "A-1: copies of a device report");
  assert.equal(told("disk.usage", 95), "The license server’s disk reached 95 %");
});

test("the advisor sets the charge ways beside each other in words, once there is a device", () => {
  const ways = (scan, devices, active) => [
    { name: "scan", counted: scan },
    { name: "device-366", counted: devices },
    { name: "concurrent-device", counted: active },
  ];
  assert.equal(
    comparedWords(ways(52_117, 212, 39)),
    "At most 39 of 212 devices were active at once. A device made 246 scans on average.",
  );
  assert.equal(
    comparedWords(ways(1, 1, 1)),
    "At most 1 of 1 device was active at once. A device made 1 scan on average.",
  );
  assert.equal(comparedWords(ways(0, 0, 0)), "");
});

test("what is here in this version is asked for in vain", async () => {
  const asked = [];
  const fetch = async (_path, { headers }) => {
    asked.push(headers);
    return asked.length === 1
      ? new Response("[1]", { status: 200, headers: { ETag: 'W/"5-ab"' } })
      : new Response(null, { status: 304 });
  };
  const api = new Api({ fetch, isSecure: false, signInAgain: async () => assert.fail("nobody was to sign in") });
  const first = await api.get("/v1/admin/alerts?limit=1");
  assert.deepEqual([first.data, first.tag, first.isSame], [[1], 'W/"5-ab"', false]);
  const again = await api.get("/v1/admin/alerts?limit=1", first.tag);
  assert.deepEqual([again.tag, again.isSame], ['W/"5-ab"', true]);
  assert.deepEqual(asked, [{}, { "If-None-Match": 'W/"5-ab"' }]);
});
