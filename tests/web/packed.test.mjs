/** Which of the runtime's files is read: the packed one where the host compresses nothing, and the module where it fails. */

import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { readModule } from "../../web/worker/packed.js";

const MODULE = new TextEncoder().encode("the module");

/** As the build packs it: its size, a stride for each block, its blocks. */
function packed() {
  const head = new Uint8Array(5);
  new DataView(head.buffer).setUint32(0, MODULE.length, true);
  const { buffer, byteOffset, length } = gzipSync(Buffer.concat([head, MODULE]));
  return buffer.slice(byteOffset, byteOffset + length);
}

/** A build's files on a host, which notes what it is asked for. */
function host({ isCompressed = false, names = ["python.wasm", "python.packed"], files = {} } = {}) {
  const asked = [];
  const all = { "python.wasm": MODULE.buffer, "python.packed": packed(), ...files };
  const read = async (name) => {
    asked.push(name);
    return all[name];
  };
  return { asked, assets: { names, isCompressed, read } };
}

async function assertIsRead({ asked, assets }, expected) {
  assert.deepEqual(await readModule(assets, "python.wasm"), MODULE);
  assert.deepEqual(asked, expected);
}

test("a host that compresses nothing is asked for the packed file", () => assertIsRead(host(), ["python.packed"]));

test("one that compresses well is asked for the module", () =>
  assertIsRead(host({ isCompressed: true }), ["python.wasm"]));

test("so is one that has no packed file", () => assertIsRead(host({ names: ["python.wasm"] }), ["python.wasm"]));

test("a packed file that cannot be unpacked is done without", () =>
  assertIsRead(host({ files: { "python.packed": MODULE.buffer } }), ["python.packed", "python.wasm"]));

test("a browser that cannot unpack reads the module", async (t) => {
  const { DecompressionStream } = globalThis;
  delete globalThis.DecompressionStream;
  t.after(() => Object.assign(globalThis, { DecompressionStream }));
  await assertIsRead(host(), ["python.packed", "python.wasm"]);
});
