/** How numbers, times and names are written on the page. Numbers are facts: never rounded, never shortened. */

const GROUPED = new Intl.NumberFormat("en-US");
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC", hour12: false });

/** @param {number} value */
export const number = (value) => GROUPED.format(value);

/**
 * Gives "1 scan", "3 scans".
 * @param {number} count
 * @param {string} noun in the singular
 */
export const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

/**
 * Gives "31 Mar 2027".
 * @param {number} epochMs
 */
export const day = (epochMs) => DAY.format(epochMs);

/**
 * Gives "10:41 UTC".
 * @param {number} epochMs
 */
export const minuteUtc = (epochMs) => `${MINUTE.format(epochMs)} UTC`;

/**
 * Gives "8 s", "9 min", "3 h", "6 days": the largest unit that fits, rounded down, so that nothing is promised too long.
 * @param {number} milliseconds
 */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/**
 * Gives "1:12", a countdown.
 * @param {number} milliseconds
 */
export function countdown(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Charge ways in the page's words. @type {Record<string, { name: string, unit: string, per: string }>} */
export const CHARGE_WAYS = {
  per_device: { name: "Devices", unit: "device", per: "Per device" },
  concurrent_device: { name: "Concurrent devices", unit: "concurrent device", per: "Per concurrent device" },
  per_scan: { name: "Scans", unit: "scan", per: "Per scan" },
};

/**
 * Names this browser as people call it. The user agent's text is only a label here: nothing is decided by it.
 * @returns {string}
 */
export function browserName() {
  const brands = /** @type {{ userAgentData?: { brands: { brand: string }[] } }} */ (navigator).userAgentData?.brands;
  const known = ["Google Chrome", "Microsoft Edge", "Opera", "Brave", "Vivaldi"];
  const brand = brands?.find((one) => known.includes(one.brand))?.brand;
  if (brand) return brand.replace(/^(Google|Microsoft) /, "");
  if (brands?.some((one) => one.brand === "Chromium")) return "Chromium";
  const agent = navigator.userAgent;
  if (/Firefox\//.test(agent)) return "Firefox";
  if (/Edg\//.test(agent)) return "Edge";
  if (/Chrome\//.test(agent)) return "Chrome";
  if (/Epiphany\//.test(agent)) return "Epiphany";
  if (/Safari\//.test(agent)) return "Safari";
  return "Browser";
}
