/** Where the operator is: page, handshake code, time. It is in the address, so that it can be kept and gone back to. */

export const PAGES = /** @type {const} */ ({
  overview: { title: "Overview", icon: "grid" },
  codes: { title: "Codes & items", icon: "key" },
  usage: { title: "Usage", icon: "bars" },
  devices: { title: "Devices", icon: "browser" },
  advisor: { title: "Advisor", icon: "scales" },
  alerts: { title: "Alerts", icon: "bell" },
  audit: { title: "Audit log", icon: "lines" },
});

export const RANGES = /** @type {const} */ ({
  "24h": { name: "24 h", words: "these 24 hours" },
  "7d": { name: "7 days", words: "these 7 days" },
  "30d": { name: "30 days", words: "these 30 days" },
  "12m": { name: "12 months", words: "these 12 months" },
});

/**
 * @typedef {keyof typeof PAGES} PageName
 * @typedef {keyof typeof RANGES} RangeName
 * @typedef {"all" | "unseated" | "gap" | "clone"} Which
 *
 * @typedef {object} Place
 * @property {PageName} page
 * @property {string} code empty where the first one is meant
 * @property {RangeName} range
 * @property {Which} which of the devices
 */

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * Reads an address; what it does not say, or wrongly, is the usual.
 * @param {string} search
 * @returns {Place}
 */
export function placeOf(search) {
  const query = new URLSearchParams(search);
  const page = query.get("page") ?? "";
  const range = query.get("range") ?? "";
  const which = query.get("which") ?? "";
  return {
    page: Object.hasOwn(PAGES, page) ? /** @type {PageName} */ (page) : "overview",
    code: query.get("code") ?? "",
    range: Object.hasOwn(RANGES, range) ? /** @type {RangeName} */ (range) : "30d",
    which: ["unseated", "gap", "clone"].includes(which) ? /** @type {Which} */ (which) : "all",
  };
}

/**
 * Gives the address of a place.
 * @param {Place} place
 */
export function addressOf({ page, code, range, which }) {
  const query = new URLSearchParams({ page });
  if (code) query.set("code", code);
  if (range !== "30d") query.set("range", range);
  if (which !== "all") query.set("which", which);
  return `/?${query}`;
}

/**
 * Gives the first moment of a range that ends now, and how the server is asked to divide it.
 * @param {RangeName} range
 * @param {number} nowMs
 * @returns {{ fromMs: number, by: "hour" | "day" }}
 */
export function spanOf(range, nowMs) {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  if (range === "24h") return { fromMs: (Math.floor(nowMs / HOUR_MS) - 23) * HOUR_MS, by: "hour" };
  if (range === "7d") return { fromMs: today - 6 * DAY_MS, by: "day" };
  if (range === "30d") return { fromMs: today - 29 * DAY_MS, by: "day" };
  const now = new Date(nowMs);
  return { fromMs: Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 11, 1), by: "day" };
}

/**
 * Gives the path of a code's usage as a file, over the time that the chart shows now: up to the second that has begun.
 * @param {string} code
 * @param {RangeName} range
 * @param {number} nowMs
 */
export function usageFileOf(code, range, nowMs) {
  const { fromMs, by } = spanOf(range, nowMs);
  const to = timeText(Math.ceil((nowMs + 1) / 1000) * 1000);
  const query = `handshake=${encodeURIComponent(code)}&by=${by}&format=csv&from=${timeText(fromMs)}&to=${to}`;
  return `/v1/admin/usage?${query}`;
}

/**
 * Writes a moment as the server reads it.
 * @param {number} epochMs
 */
export const timeText = (epochMs) => new Date(epochMs).toISOString().replace(".000Z", "Z");
