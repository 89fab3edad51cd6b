// Starts a runtime of a bundle under Node, runs a Python program in it, and prints what that prints, and the names of
// the files that were fetched on the way.
//
//   node run.mjs BUNDLE PROGRAM
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { startBaked } from "../../../web/worker/baked.js";
import { pathIn } from "./paths.mjs";

const [, , bundle, program] = process.argv;
const pathOf = pathIn(bundle);
/** @type {WebAssembly.Exports} */
let python;
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (module, imports) => {
  imports.wasi_snapshot_preview1.fd_write = print;
  const instance = await instantiate(module, imports);
  python = instance.exports;
  return instance;
};
await startBaked({
  names: [],
  read: (name) => readFile(pathOf(name)),
  readNow: (name) => {
    console.log(`fetched ${name}`);
    return readFileSync(pathOf(name));
  },
});
const source = Buffer.concat([readFileSync(program), Buffer.of(0)]);
const text = python.malloc(source.length);
new Uint8Array(python.memory.buffer, text, source.length).set(source);
process.exitCode = python.PyRun_SimpleString(text) === 0 ? 0 : 1;

/** Writes to the console, as C writes to a file. */
function print(_file, pieces, count, written) {
  const view = new DataView(python.memory.buffer);
  let total = 0;
  for (let piece = pieces; piece < pieces + 8 * count; piece += 8) {
    const [at, size] = [view.getUint32(piece, true), view.getUint32(piece + 4, true)];
    process.stdout.write(new Uint8Array(python.memory.buffer, at, size).slice());
    total += size;
  }
  view.setUint32(written, total, true);
  return 0;
}
