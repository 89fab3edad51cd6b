/** What a chart of usage shows: periods without a hole, the four largest symbologies and the others. */
import { minute, month, number, shortDay } from "./words.js";

/**
 * @typedef {import("./place.js").RangeName} RangeName
 * @typedef {object} Usage what the server says of a code's usage
 * @property {string} handshakeCode
 * @property {number} devices
 * @property {number} concurrentDevices
 * @property {number} peakConcurrentDevices
 * @property {number} scans
 * @property {Record<string, number>} bySymbology
 * @property {number} unseatedDevices
 * @property {number} unverifiedScans
 * @property {Record<string, number>} lost
 * @property {number} memoryDevices
 * @property {number} partitionedDevices
 * @property {number} clonedDevices
 * @property {number} devicesWithGaps
 * @property {{ granted: number, refused: Record<string, number> }} authorizations
 * @property {{ start: string, end: string, scans: number, bySymbology: Record<string, number> }[]} rows
 *
 * @typedef {object} Series one part of each bar
 * @property {string} name
 * @property {number} color 1 to 5, of the tokens
 * @property {number} total
 * @property {number[]} values by period
 *
 * @typedef {object} Bars
 * @property {string} unit "hour", "day" or "month"
 * @property {string[]} labels by period
 * @property {number[]} totals by period
 * @property {Series[]} series largest first
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const SHOWN = 4;
const OTHERS_COLOR = 5;
/** A symbology keeps its color whatever is shown beside it; one that is not named here takes what is left. */
const COLORS = /** @type {Record<string, number>} */ ({ ean_13: 1, code_128: 2, qr_code: 3, data_matrix: 4 });

/**
 * Gives the beginnings of all periods of a range, the one of now included.
 * @param {RangeName} range
 * @param {number} fromMs
 * @param {number} nowMs
 */
function periodsOf(range, fromMs, nowMs) {
  const found = [];
  if (range === "12m") {
    const first = new Date(fromMs);
    for (let ahead = 0; ; ahead += 1) {
      const begin = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + ahead, 1);
      if (begin > nowMs) return found;
      found.push(begin);
    }
  }
  const step = range === "24h" ? HOUR_MS : DAY_MS;
  for (let begin = fromMs; begin <= nowMs; begin += step) found.push(begin);
  return found;
}

/** @param {RangeName} range @param {number} atMs */
function labelOf(range, atMs) {
  if (range === "24h") return minute(atMs);
  return range === "12m" ? month(atMs) : shortDay(atMs);
}

/**
 * Gives a color of the tokens to each of the shown symbologies, no two of them the same one.
 * @param {string[]} names
 */
export function colorsOf(names) {
  const taken = new Set(names.map((name) => COLORS[name]));
  const free = [1, 2, 3, 4].filter((color) => !taken.has(color));
  return names.map((name) => COLORS[name] ?? free.shift() ?? OTHERS_COLOR);
}

/**
 * Puts usage into bars.
 * @param {Usage} usage
 * @param {RangeName} range
 * @param {number} fromMs
 * @param {number} nowMs
 * @returns {Bars}
 */
export function barsOf(usage, range, fromMs, nowMs) {
  const begins = periodsOf(range, fromMs, nowMs);
  const ranked = Object.entries(usage.bySymbology).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const shown = ranked.slice(0, SHOWN).map(([name]) => name);
  const others = ranked.slice(SHOWN);
  const colors = colorsOf(shown);
  /** @type {Series[]} */
  const series = shown.map((name, place) => ({
    name,
    color: colors[place] ?? OTHERS_COLOR,
    total: usage.bySymbology[name] ?? 0,
    values: begins.map(() => 0),
  }));
  if (others.length) {
    const total = others.reduce((sum, [, count]) => sum + count, 0);
    const name = others.length === 1 ? (others[0]?.[0] ?? "") : `${others.length} others`;
    series.push({ name, color: OTHERS_COLOR, total, values: begins.map(() => 0) });
  }
  const totals = begins.map(() => 0);
  for (const row of usage.rows) {
    const place = begins.findLastIndex((begin) => begin <= Date.parse(row.start));
    if (place < 0) continue;
    for (const [name, count] of Object.entries(row.bySymbology)) {
      const one = series[shown.indexOf(name)] ?? series[SHOWN];
      if (one) one.values[place] = (one.values[place] ?? 0) + count;
      totals[place] = (totals[place] ?? 0) + count;
    }
  }
  const unit = range === "24h" ? "hour" : range === "12m" ? "month" : "day";
  return { unit, labels: begins.map((begin) => labelOf(range, begin)), totals, series };
}

/**
 * Says one period in words; the last one is not over.
 * @param {Bars} bars
 * @param {number} place
 */
export function barWords(bars, place) {
  const parts = bars.series
    .filter(({ values }) => values[place])
    .map(({ name, values }) => `${name} ${number(values[place] ?? 0)}`);
  const total = `${bars.labels[place]}: ${number(bars.totals[place] ?? 0)} scans`;
  const soFar = place === bars.labels.length - 1 ? " so far" : "";
  return `${total}${soFar}${parts.length ? ` (${parts.join(", ")})` : ""}`;
}
