/** @file Runs the core's tests in the baked runtime, with the loader's own code that starts it. */

import { startBaked } from "/worker/baked.js";
import { runProgram } from "./program.js";

const bytesOf = async (/** @type {string} */ url) => new Uint8Array(await (await fetch(url)).arrayBuffer());

try {
  /** @type {string[]} */
  const fetchedLater = [];
  const cold = await bytesOf("/bundle/python-cold.wasm");
  const assets = {
    names: [],
    read: (/** @type {string} */ name) => bytesOf(`/bundle/${name}`),
    readNow: (/** @type {string} */ name) => {
      fetchedLater.push(name);
      return cold;
    },
    keep: () => {},
  };
  const decoder = new TextDecoder();
  let printed = "";
  const program = await (await fetch("/packed/program.py")).text();
  const isDone = await runProgram(startBaked, assets, program, (bytes) => {
    printed += decoder.decode(bytes, { stream: true });
  });
  const lines = printed.trimEnd().split("\n");
  self.postMessage({ report: isDone ? { ...JSON.parse(lines.at(-1) ?? ""), fetchedLater } : { output: printed } });
} catch (error) {
  self.postMessage({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
}
