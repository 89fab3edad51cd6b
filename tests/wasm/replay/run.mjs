// Starts a runtime of a bundle under Node, runs a Python program in it, and prints what that prints, and the names of
// the files that were fetched on the way.
//
//   node run.mjs BUNDLE PROGRAM
import { readFileSync } from "node:fs";
import { startBaked } from "../../../web/worker/baked.js";
import { runProgram } from "../guest/program.js";
import { assetsIn } from "./paths.mjs";

const [, , bundle, program] = process.argv;
const assets = assetsIn(bundle, (name) => console.log(`fetched ${name}`));
const isDone = await runProgram(startBaked, assets, readFileSync(program, "utf8"), (bytes) =>
  process.stdout.write(bytes),
);
process.exitCode = isDone ? 0 : 1;
