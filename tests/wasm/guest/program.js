/** @file Runs a program in the baked runtime of a bundle that exports `PyRun_SimpleString`. */

/** Less than any browser gives: else a program that uses up all memory would use up the machine's. */
const MOST_BYTES = 256 * 2 ** 20;
const PAGE_BYTES = 65_536;

/**
 * @param {typeof import("../../../web/worker/baked.js").startBaked} startBaked
 * @param {any} assets
 * @param {string} source
 * @param {(bytes: Uint8Array) => void} print gets what the program prints, bit by bit
 * @returns {Promise<boolean>} whether it came to its end
 */
export async function runProgram(startBaked, assets, source, print) {
  /** @type {any} */
  let python;
  limitMemory();
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = /** @type {any} */ (
    async (/** @type {WebAssembly.Module} */ module, /** @type {any} */ imports) => {
      imports.wasi_snapshot_preview1.fd_write = write;
      const instance = await instantiate(module, imports);
      python = instance.exports;
      return instance;
    }
  );
  try {
    await startBaked(assets);
  } finally {
    WebAssembly.instantiate = instantiate;
  }
  const bytes = new TextEncoder().encode(`${source}\0`);
  const text = python.malloc(bytes.length);
  new Uint8Array(python.memory.buffer, text, bytes.length).set(bytes);
  return python.PyRun_SimpleString(text) === 0;

  /** Writes to `print` as C writes to a file. */
  function write(
    /** @type {number} */ _file,
    /** @type {number} */ pieces,
    /** @type {number} */ count,
    /** @type {number} */ written,
  ) {
    const view = new DataView(python.memory.buffer);
    let total = 0;
    for (let piece = pieces; piece < pieces + 8 * count; piece += 8) {
      const [at, size] = [view.getUint32(piece, true), view.getUint32(piece + 4, true)];
      print(new Uint8Array(python.memory.buffer, at, size).slice());
      total += size;
    }
    view.setUint32(written, total, true);
    return 0;
  }
}

/** Has memory grow no further than that, as where a browser has no more to give. */
function limitMemory() {
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * PAGE_BYTES > MOST_BYTES) {
      throw new RangeError("there is no more");
    }
    return grow.call(this, pages);
  };
}
