/** How a count went day by day, as a small drawing beside it: a line for what stays, bars for what is each day's own. */
import { svg } from "../demo/dom.js";
import { number, shortDay } from "./words.js";

/**
 * @typedef {object} Course
 * @property {number[]} days what was counted on each day, from the first on
 * @property {number} fromMs when the first day begins
 * @property {"scan" | "device" | "concurrent_device"} kind
 *
 * @typedef {object} Point some days that are drawn as one
 * @property {number} value
 * @property {number} first the place of its first day
 */

const DAY_MS = 86_400_000;
const WIDTH = 106;
const HEIGHT = 36;
/** More bars than these would be thinner than the gaps between them. */
const MOST_POINTS = 31;
/** Of fewer days there is no course to be seen. */
const FEWEST_DAYS = 3;

/**
 * Puts days together where there are more than have room: scans add up, of devices the most counts.
 * @param {Course} course
 * @returns {Point[]}
 */
export function pointsOf({ days, kind }) {
  const width = Math.max(1, Math.ceil(days.length / MOST_POINTS));
  const found = [];
  for (let first = 0; first < days.length; first += width) {
    const some = days.slice(first, first + width);
    const value = kind === "scan" ? some.reduce((sum, one) => sum + one, 0) : Math.max(...some);
    found.push({ value, first });
  }
  return found;
}

/** Gives the day of the largest count, the first of them. @param {Course} course */
export function dayOfMost({ days, fromMs }) {
  const most = Math.max(...days);
  return most > 0 ? shortDay(fromMs + days.indexOf(most) * DAY_MS) : null;
}

/**
 * Says what is drawn.
 * @param {Course} course
 */
export function courseWords(course) {
  const { days, fromMs } = course;
  const at = (/** @type {number} */ place) => `${number(days[place] ?? 0)} on ${shortDay(fromMs + place * DAY_MS)}`;
  const most = `${number(Math.max(...days))} on ${dayOfMost(course)}`;
  return `By day: ${at(0)}, at most ${most}, ${at(days.length - 1)} so far.`;
}

/**
 * Draws it; nothing of too few days, nor where nothing was counted.
 * @param {Course} course
 * @param {boolean} isCharged whether the code is charged by it: ink counts, pencil doesn't
 */
export function drawCourse(course, isCharged) {
  if (course.days.length < FEWEST_DAYS || dayOfMost(course) === null) return null;
  const points = pointsOf(course);
  const path = course.kind === "device" ? linePath(points) : barsPath(points);
  return svg(
    "svg",
    {
      class: `course ${course.kind === "device" ? "line" : "bars"} ${isCharged ? "ink" : "pencil"}`,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": courseWords(course),
    },
    svg("path", { class: "base", d: `M0 ${HEIGHT - 0.5}H${WIDTH}` }),
    svg("path", { class: "drawn", d: path }),
  );
}

/** @param {Point[]} points */
function linePath(points) {
  const step = WIDTH / Math.max(1, points.length - 1);
  const height = heightOf(points);
  return points
    .map(({ value }, place) => `${place ? "L" : "M"}${round(place * step)} ${round(height(value))}`)
    .join("");
}

/** @param {Point[]} points */
function barsPath(points) {
  const step = WIDTH / points.length;
  const width = round(step * 0.7);
  const height = heightOf(points);
  return points
    .map(({ value }, place) => ({ value, x: round(place * step), y: round(height(value)) }))
    .filter(({ value }) => value > 0)
    .map(({ x, y }) => `M${x} ${HEIGHT - 1}V${y}h${width}V${HEIGHT - 1}z`)
    .join("");
}

/**
 * Gives how far down a value is drawn; what is above nothing is seen, however little it is.
 * @param {Point[]} points
 */
function heightOf(points) {
  const most = Math.max(...points.map(({ value }) => value));
  const room = HEIGHT - 3;
  return (/** @type {number} */ value) => HEIGHT - 1 - (value > 0 ? Math.max(1, (value / most) * room) : 0);
}

/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100;
