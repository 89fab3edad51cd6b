/** @file What a page shows of a tracker. */

/**
 * What a tracker shows; `null` until it is known.
 *
 * @typedef {object} State
 * @property {string | null} deviceUuid
 * @property {"indexeddb" | "memory" | null} storage
 * @property {Readonly<import("../dlt-web.js").License>} license
 * @property {Readonly<import("../dlt-web.js").Pending>} pending
 * @property {readonly import("../dlt-web.js").DeadLetter[]} deadLetters
 */

/**
 * Whether the person has agreed to be counted; `required` where that is asked for and not said yet.
 *
 * @typedef {"not-required" | "required" | "granted" | "revoked"} ConsentState
 */

/** @type {State} */
export const NOTHING_KNOWN = frozen({
  deviceUuid: null,
  storage: null,
  license: { state: "starting" },
  pending: { scans: 0, reports: 0, nextReportAt: null, accepted: 0 },
  deadLetters: [],
});

/**
 * Makes JSON unchangeable, all the way down.
 *
 * @template T
 * @param {T} json
 * @returns {T}
 */
export function frozen(json) {
  if (typeof json === "object" && json !== null) {
    Object.values(json).forEach(frozen);
  }
  return Object.freeze(json);
}
