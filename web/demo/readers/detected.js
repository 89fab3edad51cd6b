/** What a BarcodeDetector gives, the browser's or the polyfill's. */

/** @typedef {{ rawValue: string, format: string, cornerPoints: readonly import("../types.js").Point[] }} Detected */

/** @param {Detected[]} results @returns {import("../types.js").Found[]} */
export function foundByDetector(results) {
  return results.map((result) => ({
    result,
    format: result.format,
    text: result.rawValue,
    corners: result.cornerPoints.map(({ x, y }) => ({ x, y })),
  }));
}
