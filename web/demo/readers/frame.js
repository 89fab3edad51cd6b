/** The place of a barcode of which a reader tells no more than some points. */

/** @typedef {import("../types.js").Point} Point */

/** What is told of a row of bars is often a line along it. */
const LEAST_SIDE = 32;

/** @param {Point[]} points at least one @returns {Point[]} four corners around them */
export function frameOf(points) {
  const [left, right] = sideOf(points.map(({ x }) => x));
  const [top, bottom] = sideOf(points.map(({ y }) => y));
  return [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
}

/** @param {number[]} values @returns {[number, number]} */
function sideOf(values) {
  const [from, to] = [Math.min(...values), Math.max(...values)];
  const missing = Math.max(0, LEAST_SIDE - (to - from)) / 2;
  return [from - missing, to + missing];
}
