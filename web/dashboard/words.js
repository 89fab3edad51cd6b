/** How figures, times and names are written: exact, with their unit, in UTC. */
export { counted, day, number } from "../demo/words.js";

const DAY_IN_YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const MONTH = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC", hour12: false });
const SECOND = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: "UTC" });
const DAY_MS = 86_400_000;

/** "18 Nov" @param {number} epochMs */
export const shortDay = (epochMs) => DAY_IN_YEAR.format(epochMs);
/** "Nov 2026" @param {number} epochMs */
export const month = (epochMs) => MONTH.format(epochMs);
/** "10:41" @param {number} epochMs */
export const minute = (epochMs) => MINUTE.format(epochMs);
/** "10:41:08" @param {number} epochMs */
export const second = (epochMs) => SECOND.format(epochMs);

/**
 * Gives "just now", "14 min ago", "10:12", "18 Nov", "18 Nov 2025": as near as one needs it.
 * @param {string | null} time RFC 3339
 * @param {number} nowMs
 */
export function when(time, nowMs) {
  if (time === null) return "never";
  const atMs = Date.parse(time);
  const ago = nowMs - atMs;
  if (ago < 60_000 && ago > -60_000) return "just now";
  if (ago >= 0 && ago < 3_600_000) return `${Math.floor(ago / 60_000)} min ago`;
  if (Math.floor(atMs / DAY_MS) === Math.floor(nowMs / DAY_MS)) return minute(atMs);
  return new Date(atMs).getUTCFullYear() === new Date(nowMs).getUTCFullYear()
    ? shortDay(atMs)
    : `${shortDay(atMs)} ${new Date(atMs).getUTCFullYear()}`;
}

/** @type {Record<string, string>} */
export const CHARGED_BY = { per_device: "Device", concurrent_device: "Concurrent device", per_scan: "Scan" };
/** @type {Record<string, string>} */
export const NOUNS = { per_device: "device", concurrent_device: "concurrent device", per_scan: "scan" };
/** @type {Record<string, string>} */
export const WHEN_FULL = { "refuse-all": "Refuse all", "refuse-new": "Refuse new", allow: "Allow" };
/** @type {Record<string, string>} */
export const KEPT_IN = { indexeddb: "IndexedDB", memory: "Memory", file: "File" };
