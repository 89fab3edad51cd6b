/** What the page says of barcode readers that fail. */
import { READERS } from "./decoder.js";

/** @typedef {import("./decoder.js").Failure} Failure */

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

/** @param {string} words of a reader or a browser @returns {string} with a capital and a full stop */
function sentence(words) {
  const whole = `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
