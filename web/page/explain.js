/** @file The page's part of `tracker.explain()`: what only the page knows. No barcode's text, no secret. */

/**
 * When what was done, for the first time.
 *
 * @typedef {object} Timings
 * @property {number} constructedAt ms since the Unix epoch
 * @property {number | null} startedAfterMs until Python answered; 0 where it ran already
 * @property {number | null} readyAfterMs until `ready` settled
 * @property {number | null} firstScanAfterMs until the first `scan()` settled
 */

/**
 * A support-grade report: hand it to whoever asks why a count is missing. Holds no barcode's text and no secret; it is
 * sent nowhere.
 *
 * @typedef {object} Explanation
 * @property {string} at RFC 3339
 * @property {{ origin: string, isSecureContext: boolean, visibility: string, isOnline: boolean, userAgent: string }} page
 * @property {{ assetBase: string, manifestSha384: string }} build
 * @property {import("../worker/runtime.js").About | null} runtime which Python runs, and why it is not the fast one;
 *   `null` where it has not started
 * @property {Timings} timings
 * @property {number} waitingCalls calls of the app that have not settled
 * @property {string[]} readers whose results were handed over; more than one may count a symbol twice
 * @property {{ code: string, message: string } | null} failure why the tracker cannot work at all, or not
 *   before the network is back
 * @property {import("./state.js").ConsentState} consent whether the person has agreed to be counted
 * @property {import("./state.js").State} state what the page was told last
 * @property {Record<string, any> | null} tracker what Python says: versions, options, device, license, reports, dead
 *   letters, losses, last errors and last readings; `null` where it does not answer
 */

/**
 * @param {Pick<Explanation, "runtime" | "timings" | "waitingCalls" | "readers" | "consent" | "state" | "tracker"> &
 *   { assetBase: string, manifestSha384: string, failure: import("./errors.js").TrackerError | undefined }} known
 * @returns {Explanation} with its members in this order
 */
export function explainPage({ assetBase, manifestSha384, ...known }) {
  const { failure } = known;
  return {
    at: new Date().toISOString(),
    page: {
      origin: location.origin,
      isSecureContext: window.isSecureContext,
      visibility: document.visibilityState,
      isOnline: navigator.onLine,
      userAgent: navigator.userAgent,
    },
    build: { assetBase, manifestSha384 },
    ...known,
    timings: { ...known.timings },
    failure: failure === undefined ? null : { code: failure.code, message: failure.message },
  };
}
