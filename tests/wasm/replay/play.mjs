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
const call = await startBaked({ read: () => readFile(job.module) });
let failures = 0;
for await (const request of createInterface({ input: createReadStream(job.requests) })) {
  try {
    call(request);
  } catch {
    failures += 1;
  }
}
await writeFile(job.out, new Uint8Array(memory.buffer, job.at, job.count));
console.log(`${failures} requests failed`);
