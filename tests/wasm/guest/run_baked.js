/** @file Runs a Python program in the baked runtime of a bundle, with the loader's own code that starts it. */

import { startBaked } from "/worker/baked.js";
import { runProgram } from "./program.js";

const bytesOf = async (/** @type {string} */ url) => new Uint8Array(await (await fetch(url)).arrayBuffer());

/**
 * @param {string} program its address
 * @returns {Promise<{ isDone: boolean, printed: string, fetchedLater: string[] }>} whether it came to its end, what it
 *   printed, and which files it needed on the way
 */
export async function runBaked(program) {
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
  const isDone = await runProgram(startBaked, assets, await (await fetch(program)).text(), (bytes) => {
    printed += decoder.decode(bytes, { stream: true });
  });
  return { isDone, printed, fetchedLater };
}
