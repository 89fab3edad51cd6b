/** The barcode reader in a worker of its own, so that reading never holds up the picture. */

/** @typedef {{ id: number, image: ImageData, options: import("zxing-wasm/reader").ReaderOptions }} Question */

// The path is computed because the reader lies in this place only in the built bundle.
const reader = new URL("../vendor/zxing-wasm/reader/index.js", import.meta.url).href;
const readerReady = load();

/** @returns {Promise<typeof import("zxing-wasm/reader")>} */
async function load() {
  const module = await import(reader);
  const wasm = new URL("zxing_reader.wasm", reader).href;
  // Its default address is on a public CDN; everything here comes from the page's own origin.
  module.prepareZXingModule({ overrides: { locateFile: () => wasm } });
  return module;
}

addEventListener("message", async (/** @type {MessageEvent<Question>} */ event) => {
  const { id, image, options } = event.data;
  try {
    const { readBarcodes } = await readerReady;
    postMessage({ id, results: await readBarcodes(image, options) });
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
