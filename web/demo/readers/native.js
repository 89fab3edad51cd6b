/** The BarcodeDetector of the browser itself, which reads in a process of its own. */

import { foundByDetector } from "./detected.js";

/** @typedef {{ detect(image: ImageData): Promise<import("./detected.js").Detected[]> }} Detector */
/** @typedef {{ new(): Detector, getSupportedFormats(): Promise<string[]> }} DetectorClass */

/** @returns {DetectorClass | undefined} */
const detectorClass = () => /** @type {{ BarcodeDetector?: DetectorClass }} */ (globalThis).BarcodeDetector;

/** @type {Detector | null} */
let detector = null;

/** Tells whether the browser has one that reads anything: some have the class, and no service behind it. */
export async function isThere() {
  const formats = await detectorClass()
    ?.getSupportedFormats()
    .catch(() => []);
  return (formats ?? []).length > 0;
}

/** @param {ImageData} image @returns {Promise<import("../types.js").Found[]>} */
export async function read(image) {
  const Detector = detectorClass();
  if (!Detector) throw new Error("this browser has no BarcodeDetector.");
  detector ??= new Detector();
  return foundByDetector(await detector.detect(image));
}
