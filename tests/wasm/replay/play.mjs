// Starts a module that notes which of its functions run, as the worker would start it, plays requests to it, and writes
// the notes down.
//
//   node play.mjs '{"runtime": FILE, "module": FILE, "requests": FILE, "at": ADDRESS, "count": BYTES, "out": FILE}'
import { createReadStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const job = JSON.parse(process.argv[2]);
/** @type {WebAssembly.Memory} */
let memory;
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...given) => {
  const instance = await instantiate(...given);
  memory = instance.exports.memory;
  return instance;
};
const { startBaked } = await import(pathToFileURL(job.runtime).href);
const call = await startBaked({ names: [], read: () => readFile(job.module) });
let failures = 0;
for await (const request of createInterface({ input: createReadStream(job.requests) })) {
  const before = notes().slice();
  try {
    call(request);
  } catch {
    // What only tells of a mistake in the package need not be fast.
    notes().set(before);
    failures += 1;
  }
}
await writeFile(job.out, notes());
console.log(`${failures} requests failed`);

function notes() {
  return new Uint8Array(memory.buffer, job.at, job.count);
}
