// Starts a runtime of a bundle under Node, runs a Python program in it, and prints what that prints, and the names of
// the files that were fetched on the way.
//
//   node run.mjs BUNDLE PROGRAM
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { startBaked } from "../../../web/worker/baked.js";
import { runProgram } from "../guest/program.js";
import { pathIn } from "./paths.mjs";

const [, , bundle, program] = process.argv;
const pathOf = pathIn(bundle);
const assets = {
  names: [],
  read: (name) => readFile(pathOf(name)),
  readNow: (name) => {
    console.log(`fetched ${name}`);
    return readFileSync(pathOf(name));
  },
};
const isDone = await runProgram(startBaked, assets, readFileSync(program, "utf8"), (bytes) =>
  process.stdout.write(bytes),
);
process.exitCode = isDone ? 0 : 1;
