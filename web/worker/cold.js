/**
 * @file The part of Python that hardly ever runs, in a file of its own: whoever first calls into it waits until it is
 * here, since Python cannot wait for a promise in the middle of a call.
 */

import { RuntimeLostError } from "./errors.js";
import { readModule } from "./packed.js";

/** @typedef {import("./assets.js").Assets} Assets */

const FILE = "python-cold.wasm";

/** A page that is left at once need not pay for what it hardly ever needs; one that stays may go offline. */
const AHEAD_MS = 5_000;

/** Loads that part once. */
export class ColdPart {
  #assets;
  #importsOf;
  #isHere = false;

  /**
   * @param {Assets} assets
   * @param {(module: WebAssembly.Module) => WebAssembly.Imports} importsOf what it needs beside the other part
   */
  constructor(assets, importsOf) {
    this.#assets = assets;
    this.#importsOf = importsOf;
  }

  /**
   * @param {WebAssembly.Exports} hot what the other part exports
   * @throws {RuntimeLostError} it cannot be loaded: Python stops in the middle of something
   */
  load(hot) {
    if (this.#isHere) {
      return;
    }
    try {
      const module = new WebAssembly.Module(this.#assets.readNow(FILE));
      // Its functions take their places in the table that both parts share.
      new WebAssembly.Instance(module, { ...this.#importsOf(module), hot });
      this.#isHere = true;
    } catch (error) {
      throw new RuntimeLostError(error instanceof Error ? error.message : String(error));
    }
  }
}

/**
 * Fetches that part a while after the start, so that it is here when it is needed without a network.
 *
 * @param {Assets} assets
 */
export async function fetchAhead(assets) {
  await new Promise((resolve) => setTimeout(resolve, AHEAD_MS));
  try {
    assets.keep(FILE, await readModule(assets, FILE));
  } catch (error) {
    // It may be needed never, or when the network is back.
    console.debug("dlt-web: a part of the runtime could not be fetched ahead", error);
  }
}
