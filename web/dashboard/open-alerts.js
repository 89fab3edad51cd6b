/** How many alerts are open, beside the name of their page: what was told, and is so still. */
import { element, rebuild } from "../demo/dom.js";
import { number, when } from "./words.js";

/**
 * @typedef {object} OpenAlert
 * @property {string} kind
 * @property {string} subject
 * @property {number | null} level
 * @property {string} since
 *
 * @typedef {object} OpenAlerts
 * @property {number} count
 * @property {OpenAlert[]} alerts the newest of them
 * @property {number[]} thresholds
 * @property {boolean} paused
 */

const EVERY_MS = 5_000;

/**
 * @param {Pick<import("./desk.js").Desk, "api">} desk
 * @returns {Promise<OpenAlerts>}
 */
export const readOpen = async (desk) => (await desk.api.get("/v1/admin/alerts/open")).data;

/**
 * Makes the number in the navigation; none where nothing is open.
 * @param {Pick<import("./desk.js").Desk, "api">} desk
 */
export function makeOpenCount(desk) {
  const place = element("span", { class: "open-count" });
  async function refresh() {
    const { count } = await readOpen(desk);
    rebuild(place, String(count), () => (count ? [number(count), element("span", { class: "unseen" }, " open")] : []));
  }
  return { element: place, everyMs: EVERY_MS, refresh };
}

/**
 * Says what is so. A level stays told until the figure is well below it, so that what was reached may be a little more
 * than what there is now.
 * @param {OpenAlert} alert
 */
export function openTitle({ kind, subject, level }) {
  /** @type {Record<string, string>} */
  const titles = {
    "license.threshold": `${subject} reached ${level} %`,
    "license.expiry": `${subject} ends within ${level === 1 ? "1 day" : `${level} days`}`,
    "usage.unverified": `${subject}: unverified scans reached ${level} % of a day’s`,
    "device.gap": `${subject}: reports of devices are missing`,
    "device.clone": `${subject}: copies of a device report`,
    "disk.usage": `The license server’s disk reached ${level} %`,
  };
  return titles[kind] ?? `${kind} ${subject}`;
}

/**
 * Lists what is open, the newest first.
 * @param {OpenAlerts} open
 * @param {number} nowMs
 */
export function openList({ count, alerts }, nowMs) {
  const rows = alerts.map((alert) =>
    element("li", {}, openTitle(alert), element("span", { class: "small" }, `, ${when(alert.since, nowMs)}`)),
  );
  const more = count - alerts.length;
  return more > 0 ? [...rows, element("li", {}, `and ${number(more)} more`)] : rows;
}
