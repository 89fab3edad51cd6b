/** Which part of a list of devices is shown, and of how many: "1 to 7 of 212". */
import { number } from "./words.js";

/**
 * @typedef {import("./place.js").Which} Which
 *
 * @typedef {object} Lengths how long a code's lists are, as the server tells without reading them
 * @property {number} devices with a seat
 * @property {number} unseatedDevices
 * @property {number} devicesWithGaps
 * @property {number} clonedDevices
 * @property {number | null} listedDevices all that are listed, those without a seat too; null for too many to count
 *
 * @typedef {object} Part what is shown of a list
 * @property {number} first the place of the first one shown, from 1
 * @property {number} shown how many are
 * @property {boolean} isEnd whether no more comes after them
 */

/**
 * Gives how many devices a list has; null where nobody knows, as of what a search would find.
 * @param {Lengths | null} lengths
 * @param {{ which: Which, search: string }} wanted
 */
export function lengthOf(lengths, { which, search }) {
  if (lengths === null || (search && (which === "all" || which === "unseated"))) return null;
  return {
    all: lengths.listedDevices,
    unseated: lengths.unseatedDevices,
    gap: lengths.devicesWithGaps,
    clone: lengths.clonedDevices,
  }[which];
}

/**
 * Says which ones are shown. Where the list ends, how many there are is seen; before that the server's count holds,
 * unless the list has grown past it meanwhile.
 * @param {Part} part
 * @param {number | null} length
 */
export function partWords({ first, shown, isEnd }, length) {
  if (shown === 0) return "";
  const last = first + shown - 1;
  const isKnown = length !== null && length > last;
  const all = isEnd ? number(last) : isKnown ? number(length) : "many";
  return `${shown === 1 ? number(first) : `${number(first)} to ${number(last)}`} of ${all}`;
}
