/** What the page says of barcode readers: those that fail, and what those that are chosen do not read. */
import { READERS } from "./decoder.js";
import { counted } from "./words.js";

/** @typedef {import("./decoder.js").Failure} Failure */
/** @typedef {import("./decoder.js").ReaderId} ReaderId */

const OTHERS = ["", "The other one reads.", "The other two read.", "The other three read.", "The other four read."];

/**
 * @param {Failure[]} failures at least one
 * @param {number} others how many of those that were chosen with them read
 * @returns {{ title: string, words: string }} whole sentences: why, and what to do next
 */
export function failureWords(failures, others) {
  const names = failures.map(({ id }) => READERS[id].name);
  const listed = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
  const what = failures.some(({ wasLoaded }) => wasLoaded) ? "stopped" : "could not be loaded";
  const reasons = [...new Set(failures.map(({ reason }) => sentence(reason)))];
  return { title: `${listed} ${what}`, words: [...reasons, OTHERS[others] || "Choose another reader."].join(" ") };
}

/**
 * @param {readonly ReaderId[]} readers that found nothing in an image
 * @returns {string} what to do next
 */
export function nothingWords(readers) {
  const [first] = readers;
  if (readers.length === 1 && READERS[first].limits.startsWith("bars"))
    return `${READERS[first].name} reads bars only. Choose zxing-wasm, or a sharper image of a code of bars.`;
  return "Choose a sharper one, or one that shows the whole code.";
}

/**
 * @param {readonly ReaderId[]} readers that read the wall of test codes
 * @param {number} barcodes how many different ones are on it
 * @returns {string} what the license server counts for it
 */
export function wallWords(readers, barcodes) {
  if (readers.some((id) => READERS[id].limits === ""))
    return `Scanned once, the license server counts ${counted(barcodes, "scan")} for it.`;
  const names = readers.map((id) => READERS[id].name);
  if (names.length === 1)
    return `${names[0]} reads one code of a picture, so 1 scan at most is counted for it. zxing-wasm reads them all.`;
  const most = counted(names.length, "scan");
  return `${names.join(" and ")} each read one code of a picture, so ${most} at most are counted for it. zxing-wasm reads them all.`;
}

/** @param {string} words of a reader or a browser @returns {string} with a capital and a full stop */
function sentence(words) {
  const whole = `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
