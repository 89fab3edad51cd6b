/** @file How Python is started and called: text in, text out, whichever runtime it is that runs. */

import { startBaked } from "./baked.js";
import { fetchAhead } from "./cold.js";
import { LoadError } from "./errors.js";
import { startPyodide } from "./pyodide.js";

/** @typedef {import("./assets.js").Assets} Assets */
/** @typedef {(text: string) => string} Call the package's one function; throws where Python does */

/**
 * Which runtime runs.
 *
 * @typedef {object} About
 * @property {"baked" | "pyodide"} name
 * @property {string | null} why it is not the first choice, `baked`
 */

/** The smallest WebAssembly module: magic number and version. */
const EMPTY_WASM = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/**
 * Starts Python with our package in it: from the picture of a started one, which takes a tenth of the time; should that
 * fail, from the beginning.
 *
 * @param {Assets} assets
 * @param {string | null} whyNotBaked why the former is not even tried
 * @returns {Promise<{ call: Call, about: About }>}
 * @throws {LoadError} neither can be started; why the latter could not
 */
export async function start(assets, whyNotBaked) {
  refuseWithoutWasm();
  let why = whyNotBaked;
  if (why === null) {
    try {
      const call = await startBaked(assets);
      fetchAhead(assets);
      return { call, about: { name: "baked", why } };
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
  }
  const call = await startPyodide(assets);
  console.warn(`dlt-web: the fast runtime does not run, so the slow one does, which counts the same: ${why}`);
  return { call, about: { name: "pyodide", why } };
}

/**
 * Pyodide waits for ever when the page forbids WebAssembly, so this is asked before it starts.
 */
function refuseWithoutWasm() {
  if (typeof WebAssembly === "undefined") {
    throw new LoadError("this browser has no WebAssembly, or has it switched off (a lockdown mode does)");
  }
  try {
    new WebAssembly.Module(EMPTY_WASM);
  } catch (cause) {
    throw new LoadError(
      "the Content-Security-Policy of the worker's files forbids WebAssembly: " +
        `add 'wasm-unsafe-eval' to its script-src (${cause})`,
    );
  }
}
