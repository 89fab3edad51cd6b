/** What of a code's usage needs a look, each with the time that its figure is of. */
import { RANGES } from "./place.js";

/**
 * @typedef {object} Look
 * @property {number} count
 * @property {string} noun its first word has a plural
 * @property {string} time the time that was counted, or "now" for what is so at this moment
 * @property {string} words what it means, and what helps
 * @property {import("./place.js").Which} [which] the devices that it is about
 */

/** @type {Record<string, string>} */
const LOST = {
  purged: "given up after 30 days of tries",
  setBack: "booked before a database was set back",
  unreadable: "in a stored record that could not be read",
  unclear: "in a write of which nobody saw the end",
};

/** @type {Record<string, string>} */
const REFUSED = {
  QUOTA_EXHAUSTED: "The quota was used up: raise it, or add an item.",
  LICENSE_EXPIRED: "No item is valid any more: set a later end, or add an item.",
  LICENSE_NOT_YET_VALID: "No item is valid yet.",
  LICENSE_REVOKED: "All items are revoked: add an item.",
  NO_MATCHING_ITEM: "No item of the code is for the product that the app names.",
  ORIGIN_NOT_ALLOWED: "The page's origin is none of the code's.",
  SESSION_PASSWORD_WRONG: "The session password was missing or wrong.",
};

/**
 * Gives what needs a look; what there is none of is left out.
 * @param {import("./series.js").Usage} usage
 * @param {import("./place.js").RangeName} range the time that the usage was asked for
 * @returns {Look[]}
 */
export function looksOf(usage, range) {
  const time = RANGES[range].words;
  return [...refusedLooks(usage, range), ...deviceLooks(usage), ...scanLooks(usage, time)].filter(
    ({ count }) => count > 0,
  );
}

/**
 * Authorizations are counted by days of UTC, so that of 24 hours only today's are known.
 * @param {import("./series.js").Usage} usage
 * @param {import("./place.js").RangeName} range
 * @returns {Look[]}
 */
function refusedLooks({ authorizations }, range) {
  const time = range === "24h" ? "today, UTC" : RANGES[range].words;
  return Object.entries(authorizations.refused).map(([code, count]) => {
    return { count, noun: "authorization refused", time, words: REFUSED[code] ?? `The server said ${code}.` };
  });
}

/** @param {import("./series.js").Usage} usage @returns {Look[]} */
function deviceLooks(usage) {
  /** @type {[number, string, string, import("./place.js").Which?][]} */
  const found = [
    [
      usage.unseatedDevices,
      "device without a seat",
      "They report, but no item has room: add an item, or release seats.",
      "unseated",
    ],
    [usage.clonedDevices, "device copied", "Copies of one browser profile report under one UUID.", "clone"],
    [
      usage.devicesWithGaps,
      "device with gaps",
      "Reports are missing. The tracker says what it lost, if it can.",
      "gap",
    ],
    [usage.memoryDevices, "device in memory only", "Storage is blocked there: a new seat at each page load."],
    [usage.partitionedDevices, "device in frames of other sites", "One for each site around them."],
  ];
  return found.map(([count, noun, words, which]) => ({ count, noun, time: "now", words, which }));
}

/** @param {import("./series.js").Usage} usage @param {string} time @returns {Look[]} */
const scanLooks = ({ unverifiedScans, lost }, time) => [
  {
    count: unverifiedScans,
    noun: "scan unverified",
    time,
    words: "Reported without a good token: kept apart, never billed.",
  },
  ...Object.entries(lost).map(([reason, count]) => {
    return { count, noun: "scan lost", time, words: `Trackers say: ${LOST[reason] ?? reason}.` };
  }),
];
