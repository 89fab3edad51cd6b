/** What hardly ever runs: fetched a while after the start, held ready, loaded once. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test, { mock } from "node:test";
import { openAssets } from "../../web/worker/assets.js";
import { ColdPart, fetchAhead } from "../../web/worker/cold.js";

const FILE = "python-cold.wasm";
/** The smallest module: magic number and version. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Assets that only note what they are asked for. */
function assetsWith(read) {
  const kept = [];
  return { kept, assets: { names: [FILE], isCompressed: true, read, keep: (...given) => kept.push(given) } };
}

async function ahead(assets, ms) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const done = fetchAhead(assets);
  mock.timers.tick(ms);
  mock.timers.reset();
  await Promise.race([done, new Promise(setImmediate)]);
}

test("the file is fetched five seconds after the start, not before", async () => {
  const { assets, kept } = assetsWith(async () => EMPTY.buffer);
  await ahead(assets, 4_999);
  assert.deepEqual(kept, []);
  await ahead(assets, 5_000);
  assert.deepEqual(kept, [[FILE, EMPTY]]);
});

test("a file that cannot be fetched ahead is no error", async () => {
  const { assets, kept } = assetsWith(() => Promise.reject(new Error("no network")));
  await ahead(assets, 5_000);
  assert.deepEqual(kept, []);
});

test("what is held ready is read without a network, once", async () => {
  const manifest = JSON.stringify({ version: 1, runtime: "baked", files: { [FILE]: { sha384: "", bytes: 8 } } });
  mock.method(globalThis, "fetch", async () => new Response(manifest));
  const assets = await openAssets("https://shop.test/", createHash("sha384").update(manifest).digest("base64"));
  mock.restoreAll();
  assets.keep(FILE, EMPTY);
  assert.equal(assets.readNow(FILE), EMPTY);
  assert.throws(() => assets.readNow(FILE), { name: "ReferenceError" }); // there is no XMLHttpRequest here
});

test("the part is loaded once, with what the other part exports", () => {
  let reads = 0;
  const readNow = () => {
    reads += 1;
    return EMPTY;
  };
  const part = new ColdPart({ readNow }, () => ({}));
  part.load({});
  part.load({});
  assert.equal(reads, 1);
});

test("a part that cannot be had loses Python", () => {
  const readNow = () => {
    throw new Error("answered 404");
  };
  const part = new ColdPart({ readNow }, () => ({}));
  assert.throws(() => part.load({}), { name: "RuntimeLostError", message: "answered 404" });
});
