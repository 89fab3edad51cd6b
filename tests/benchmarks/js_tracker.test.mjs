/** The tracker in plain JavaScript counts as ours does. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Counter } from "../../benchmarks/browser/js_tracker/counter.js";
import { DuplicateFilter } from "../../benchmarks/browser/js_tracker/filter.js";
import { ReportQueue, SLOT_MS } from "../../benchmarks/browser/js_tracker/queue.js";
import { readBarcode } from "../../benchmarks/browser/js_tracker/symbology.js";
import { symbols } from "../../benchmarks/browser/page/symbols.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/dedupe.json", import.meta.url), "utf8"));
const WALL_MS = 1_000 * SLOT_MS;

for (const { name, forgetTimeMs, mode, frames, unique } of vectors) {
  test(`filter: ${name}`, () => {
    const filter = new DuplicateFilter(forgetTimeMs, mode);
    const found = frames.map(({ t, barcodes }) => filter.frame(barcodes.map(String), t));
    assert.deepEqual(found, unique);
  });
}

test("a barcode has one name and one payload, whichever reader read it", () => {
  const same = (left, right) => assert.deepEqual(readBarcode(left), readBarcode(right));
  same({ format: "UPC-A", text: "036000291452" }, { format: "ean_13", text: "0036000291452" });
  same({ format: "Code128", text: "(01)1", identifier: "]C1" }, { format: "code_128", text: "011", identifier: "]C1" });
  assert.notDeepEqual(readBarcode({ format: "qr_code", text: "A" }), readBarcode({ format: "aztec", text: "A" }));
  assert.throws(() => readBarcode({ format: "qr_code", text: "" }), TypeError);
});

test("a report grows while its slot lasts, and the next slot opens the next number", () => {
  const queue = new ReportQueue("stream", [], () => "id");
  queue.book(1, { qr_code: 1 });
  assert.deepEqual(queue.book(1, { qr_code: 2, aztec: 1 }), {
    stream: "stream",
    id: "id",
    seq: 1,
    version: 2,
    slot: 1,
    counts: { qr_code: 3, aztec: 1 },
    acknowledged: 0,
  });
  assert.equal(queue.book(2, { qr_code: 1 }).seq, 2);
  assert.deepEqual(
    queue.pending().map(({ seq }) => seq),
    [1, 2],
  );
});

test("what grew while it was sent waits again; what is over and acknowledged goes", () => {
  const queue = new ReportQueue("stream", [], () => "id");
  queue.book(1, { qr_code: 1 });
  queue.book(2, { qr_code: 1 });
  const sent = queue.pending();
  queue.book(2, { qr_code: 1 });
  const { put, drop } = queue.acknowledge(sent, [
    { seq: 1, version: 1, outcome: "accepted" },
    { seq: 2, version: 1, outcome: "duplicate" },
  ]);
  assert.deepEqual([put.map(({ seq }) => seq), drop.map(({ seq }) => seq)], [[2], [1]]);
  assert.deepEqual(
    queue.pending().map(({ seq, version }) => [seq, version]),
    [[2, 2]],
  );
});

test("what a worker before has left is sent in its own stream", () => {
  const left = { stream: "old", id: "a", seq: 4, version: 1, slot: 1, counts: { qr_code: 1 }, acknowledged: 0 };
  const queue = new ReportQueue("new", [left], () => "id");
  queue.book(1, { qr_code: 1 });
  assert.deepEqual(queue.pending(), [left]);
  queue.acknowledge(queue.pending(), [{ seq: 4, version: 1, outcome: "accepted" }]);
  assert.deepEqual(
    queue.pending().map(({ stream }) => stream),
    ["new"],
  );
});

/** Keeps in memory, each write when told to. */
class HeldStore {
  saved = [];
  held = [];

  save(change) {
    this.saved.push(change);
    return new Promise((resolve, reject) => this.held.push({ resolve, reject }));
  }
}

function counterWith(store, answer) {
  globalThis.fetch = async () => answer ?? new Promise(() => {});
  const options = { handshakeCode: "code", licenseServer: "http://lts.test" };
  return new Counter(options, store, { uuid: "5f0c1c5e-0000-4000-8000-000000000000", reports: [] });
}

const frame = (...texts) => ({
  source: "video",
  stream: "s",
  timeMs: 0,
  wallMs: WALL_MS,
  barcodes: texts.map((text) => ({ format: "qr", text })),
});

test("a scan is answered once it is on disk, a duplicate at once", async () => {
  const store = new HeldStore();
  const counter = counterWith(store);
  const first = counter.scan("page", frame("A", "B"));
  assert.equal((await counter.scan("page", frame("A"))).scans, 0);
  assert.equal(await Promise.race([first, Promise.resolve("waits")]), "waits");
  store.held[0].resolve();
  const { scans, results } = await first;
  assert.equal(scans, 2);
  assert.deepEqual(results[0], { duplicate: false, symbology: "qr_code", forgetsAt: 3000 });
});

test("what comes while a write runs goes together in the next", async () => {
  const store = new HeldStore();
  const counter = counterWith(store);
  const all = ["A", "B", "C"].map((text) => counter.scan("page", frame(text)));
  await new Promise(setImmediate);
  const before = store.saved.length;
  const more = ["D", "E"].map((text) => counter.scan("page", frame(text)));
  store.held[0].resolve();
  await Promise.all(all);
  await new Promise(setImmediate);
  assert.equal(before, 1);
  assert.equal(store.saved.length, 2);
  assert.deepEqual(store.saved[1].put[0].counts, { qr_code: 5 });
  store.held[1].resolve();
  await Promise.all(more);
});

test("a write that fails fails its own scans only", async () => {
  const store = new HeldStore();
  const counter = counterWith(store);
  const first = counter.scan("page", frame("A"));
  await new Promise(setImmediate);
  store.held[0].reject(new Error("full"));
  await assert.rejects(first, /full/);
  const second = counter.scan("page", frame("B"));
  await new Promise(setImmediate);
  store.held[1].resolve();
  assert.equal((await second).scans, 1);
  assert.deepEqual(store.saved[1].put[0].counts, { qr_code: 2 });
});

test("a refusal rejects ready and every scan, with its code", async () => {
  const problem = { code: "QUOTA_EXHAUSTED", detail: "no seat is left" };
  const counter = counterWith(new HeldStore(), new Response(JSON.stringify(problem), { status: 403 }));
  await assert.rejects(counter.ready, { code: "QUOTA_EXHAUSTED" });
  await assert.rejects(counter.scan("page", frame("A")), /no seat is left/);
});

test("the barcodes that the benchmark shows are all different", () => {
  const seen = [...symbols(100, 100), ...symbols(50, 150), ...symbols(100, 0)].map(readBarcode);
  assert.equal(new Set(seen.map(({ key }) => key)).size, 250);
});
