/** @file Unpacks what the build packed for hosts that compress nothing; `wasm/baked/pack.py` says how and why. */

const BLOCK_BYTES = 4096;
const SIZE_BYTES = 4;

/** @typedef {import("./assets.js").Assets} Assets */

/**
 * Reads a module, packed where the host would send it as it is.
 *
 * @param {Assets} assets
 * @param {string} name
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function readModule(assets, name) {
  const packed = name.replace(/wasm$/, "packed");
  if (!assets.isCompressed && assets.names.includes(packed)) {
    try {
      return await unpack(await assets.read(packed));
    } catch (error) {
      // Some hosts take it for something that they have to unpack themselves; then it is not the file that was built.
      console.debug("dlt-web: reads the runtime unpacked", error);
    }
  }
  return new Uint8Array(await assets.read(name));
}

/**
 * @param {ArrayBuffer} packed
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function unpack(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const all = await new Response(stream).arrayBuffer();
  const size = new DataView(all).getUint32(0, true);
  const strides = new Uint8Array(all, SIZE_BYTES, Math.ceil(size / BLOCK_BYTES));
  const content = new Uint8Array(all, SIZE_BYTES + strides.length, size);
  strides.forEach((stride, block) => {
    if (stride > 1) {
      join(content.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES), stride);
    }
  });
  return content;
}

/**
 * Puts a block's bytes in order: all first bytes of its records come first, then all second ones, and so on.
 *
 * @param {Uint8Array} block
 * @param {number} stride how long a record is
 */
function join(block, stride) {
  const parted = block.slice();
  let from = 0;
  for (let start = 0; start < stride; start += 1) {
    for (let to = start; to < block.length; to += stride) {
      block[to] = parted[from];
      from += 1;
    }
  }
}
