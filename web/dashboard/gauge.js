/** How full a license item is: a row of marks as people tally, with the thresholds of its alerts. */
import { element } from "../demo/dom.js";

/**
 * @typedef {object} Item a license item as the server lists it
 * @property {string} id
 * @property {string} product
 * @property {string} chargeWay
 * @property {number} quota
 * @property {number} used
 * @property {number} overrun
 * @property {string} onExhausted
 * @property {number} gracePercent
 * @property {number} deviceLifetimeSeconds
 * @property {string | null} validFrom
 * @property {string | null} validUntil
 * @property {boolean} revoked
 * @property {number[]} thresholds
 * @property {string} version
 *
 * @typedef {object} State how an item stands
 * @property {"ok" | "warn" | "bad" | "rest"} tone
 * @property {string} icon
 * @property {string} word
 */

/**
 * Gives how many percent of a quota are used, rounded down; what was bought of nothing is full.
 * @param {{ used: number, quota: number }} item
 */
export const percentOf = ({ used, quota }) => (quota === 0 ? 100 : Math.floor((used * 100) / quota));

/**
 * Tells how an item stands now.
 * @param {Item} item
 * @param {number} nowMs
 * @returns {State}
 */
export function stateOf(item, nowMs) {
  if (item.revoked) return { tone: "bad", icon: "cross", word: "Revoked" };
  if (item.validUntil !== null && Date.parse(item.validUntil) <= nowMs) {
    return { tone: "bad", icon: "calendar", word: "Expired" };
  }
  if (item.validFrom !== null && Date.parse(item.validFrom) > nowMs) {
    return { tone: "rest", icon: "clock", word: "Not yet valid" };
  }
  const percent = percentOf(item);
  if (percent >= 100) return { tone: "bad", icon: "warning", word: item.overrun > 0 ? "Over" : "Full" };
  const first = Math.min(...item.thresholds, 100);
  if (percent >= first) return { tone: "warn", icon: "warning", word: `${percent} %` };
  return { tone: "ok", icon: "check", word: "Open" };
}

/**
 * Draws the gauge. The numbers beside it say the same, so it is for the eyes only.
 * @param {Item} item
 * @param {State} state
 */
export function gauge(item, state) {
  const fill = element("span", { class: "gauge-fill" });
  fill.style.width = `${Math.min(100, percentOf(item))}%`;
  const made = element("span", { class: `gauge ${state.tone}`, "aria-hidden": "true" }, fill);
  for (const percent of item.thresholds.filter((one) => one < 100)) {
    const mark = element("span", { class: "gauge-mark" });
    mark.style.left = `${percent}%`;
    made.append(mark);
  }
  return made;
}
