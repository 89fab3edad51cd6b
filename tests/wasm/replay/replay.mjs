// Starts a runtime of the bundle under Node, as the worker does, and asks it what lies in a file, line by line.
//
//   node replay.mjs BUNDLE REQUESTS ANSWERS
//
// An answer is the text that came back, or what was thrown, as JSON. Prints the name of each file that is
// fetched later, and the number of the request that needs it.
import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { startBaked } from "../../../web/worker/baked.js";
import { pathIn } from "./paths.mjs";

const [, , bundle, requests, answers] = process.argv;
const pathOf = pathIn(bundle);
const call = await startBaked({
  names: [],
  read: (name) => readFile(pathOf(name)),
  readNow: (name) => {
    console.log(name, number);
    return readFileSync(pathOf(name));
  },
});
let number = 0;
const out = createWriteStream(answers);
for await (const request of createInterface({ input: createReadStream(requests) })) {
  let answer;
  try {
    answer = { answer: call(request) };
  } catch (error) {
    answer = { error: error.message.trim().split("\n").at(-1) };
  }
  number += 1;
  out.write(`${JSON.stringify(answer)}\n`);
}
out.end();
