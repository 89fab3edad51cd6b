/** zxing-wasm, with which the demo starts. */

/** @typedef {import("../types.js").Found} Found */

// The path is computed because the reader lies in this place only in the built bundle.
const place = new URL("../../vendor/zxing-wasm/reader/index.js", import.meta.url).href;
/** @type {typeof import("zxing-wasm/reader")} */
const { prepareZXingModule, readBarcodes } = await import(place);
const wasm = new URL("zxing_reader.wasm", place).href;
// Its default address is on a public CDN; everything here comes from the page's own origin.
prepareZXingModule({ overrides: { locateFile: () => wasm } });

/** What a moving picture needs: the next frame soon, so no search in inverted and smaller copies. */
const VIDEO_OPTIONS = { tryHarder: true, tryInvert: false, tryDownscale: false, maxNumberOfSymbols: 16 };
/** A still image gets one chance: everything is tried. */
const IMAGE_OPTIONS = { tryHarder: true, tryInvert: true, maxNumberOfSymbols: 64 };

/**
 * @param {ImageData} image
 * @param {"video" | "image"} source
 * @returns {Promise<Found[]>}
 */
export async function read(image, source) {
  const results = await readBarcodes(image, source === "video" ? VIDEO_OPTIONS : IMAGE_OPTIONS);
  return results.map((result) => {
    const { topLeft, topRight, bottomRight, bottomLeft } = result.position;
    return {
      result,
      format: result.format,
      text: result.text,
      corners: [topLeft, topRight, bottomRight, bottomLeft],
    };
  });
}
