/** Whether the audit log is as it was written, as the server found when it last held it against its hashes. */
import { element } from "../demo/dom.js";
import { counted, number, second } from "./words.js";

/**
 * @typedef {object} Chain
 * @property {"checking" | "intact" | "broken"} state
 * @property {number} entries
 * @property {number} held
 * @property {string | null} checkedAt
 * @property {string | null} readWholeAt
 * @property {number} breakCount
 * @property {string[]} breaks
 */

/** @type {Record<Chain["state"], import("./gauge.js").State>} */
const STATES = {
  checking: { tone: "rest", icon: "clock", word: "Checking" },
  intact: { tone: "ok", icon: "check", word: "Chain intact" },
  broken: { tone: "bad", icon: "warning", word: "Chain broken" },
};

/** @param {Chain} chain */
export const chainState = ({ state }) => STATES[state];

/**
 * Says how far the log was checked, and when; with `isWhole` also how much of it there is.
 * @param {Chain} chain
 * @param {boolean} isWhole
 */
export function chainWords({ checkedAt, readWholeAt, entries, held }, isWhole) {
  const all = entries === 1 ? "1 entry" : `${number(entries)} entries`;
  if (checkedAt === null || readWholeAt === null) return `${number(held)} of ${all} checked so far`;
  const checked = `checked ${second(Date.parse(checkedAt))} UTC`;
  return isWhole ? `${all}, ${checked}; all read through ${second(Date.parse(readWholeAt))}` : checked;
}

/**
 * Says where the log is broken, and what to do now; nothing where it is not.
 * @param {Chain} chain
 */
export function chainNotice({ state, breaks, breakCount }) {
  if (state !== "broken") return [];
  const more = breakCount - breaks.length;
  const next =
    "Keep a copy of the store as it is. “dlt-web lts verify” names every place; a backup from before has the log as it was written.";
  return [
    element(
      "div",
      { class: "notice bad", role: "alert" },
      element("strong", {}, "The audit log is not as it was written."),
      ...breaks.map((sentence) => element("p", {}, sentence)),
      more > 0 ? element("p", {}, `And in ${counted(more, "more place")}.`) : null,
      element("p", {}, next),
    ),
  ];
}
