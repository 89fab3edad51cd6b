/**
 * @file The part of Python that hardly ever runs, in a file of its own: whoever first calls into it waits until it is
 * here, since Python cannot wait for a promise in the middle of a call.
 */

import { RuntimeLostError } from "./errors.js";

/** @typedef {import("./assets.js").Assets} Assets */

const FILE = "python-cold.wasm";

/** Loads that part once. */
export class ColdPart {
  #assets;
  #importsOf;
  #isHere = false;
  /** @type {RuntimeLostError | undefined} */
  #lost;

  /**
   * @param {Assets} assets
   * @param {(module: WebAssembly.Module) => WebAssembly.Imports} importsOf what it needs beside the other part
   */
  constructor(assets, importsOf) {
    this.#assets = assets;
    this.#importsOf = importsOf;
  }

  /**
   * @throws {RuntimeLostError} the part could not be loaded once: Python stopped in the middle of something then
   */
  check() {
    if (this.#lost !== undefined) {
      throw this.#lost;
    }
  }

  /**
   * @param {WebAssembly.Exports} hot what the other part exports
   * @throws {RuntimeLostError}
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
      this.#lost = new RuntimeLostError(error instanceof Error ? error.message : String(error));
      throw this.#lost;
    }
  }
}
