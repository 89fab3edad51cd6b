/** @file What the wrappers for frameworks share: a component's hold on a tracker, and what it shows of it. */

import { LicenseError, Tracker, TrackerError } from "../dlt-web.js";

/**
 * What a component shows of its tracker; a new object whenever something of it changed.
 *
 * @typedef {object} TrackerView
 * @property {Tracker | null} tracker `null` while the component is not mounted, and on a server
 * @property {Readonly<import("../dlt-web.js").License>} license
 * @property {string | null} deviceUuid `null` before it is known
 * @property {"indexeddb" | "memory" | null} storage where counts are kept; `null` before it is known
 * @property {import("../dlt-web.js").Consent["state"] | null} consent whether the person has agreed to be counted; `null`
 *   while there is no tracker
 * @property {TrackerError | null} error why there is no license: the tracker could not start, or the server refused
 */

/** @type {Readonly<TrackerView>} */
export const NOTHING_HELD = Object.freeze({
  tracker: null,
  license: Object.freeze({ state: "starting" }),
  deviceUuid: null,
  storage: null,
  consent: null,
  error: null,
});

/** The events after which a component shows something else, beside `consent`. A scan or a report is no reason to render. */
const SHOWN = /** @type {const} */ (["license", "storage"]);

/** One component's hold on a tracker. Constructing it does nothing, on a server neither. */
export class Holder {
  /** @type {Tracker | null} */
  #tracker = null;
  /** @type {unknown} */
  #error = new TrackerError(
    "TRACKER_CLOSED",
    "There is no tracker before its component is mounted; nothing was counted. Scan once it is.",
  );

  /**
   * Makes, or joins, the page's tracker of these options.
   *
   * @param {import("../dlt-web.js").TrackerOptions} options
   * @param {(view: Readonly<TrackerView>) => void} show called at once, and whenever the view changes
   * @returns {() => void} lets it go
   */
  hold(options, show) {
    let tracker;
    try {
      tracker = new Tracker(options);
    } catch (error) {
      if (!(error instanceof TrackerError)) {
        throw error;
      }
      this.#tracker = null;
      this.#error = error;
      show(Object.freeze({ ...NOTHING_HELD, error }));
      return () => {};
    }
    this.#tracker = tracker;
    return follow(tracker, show);
  }

  /**
   * Counts what a reader found, as the tracker's own `scan()`; the same function for all of the component's life.
   *
   * @param {unknown} decoded
   * @param {import("../dlt-web.js").ScanOptions} [options]
   * @returns {Promise<import("../dlt-web.js").ScanAnswer>}
   */
  scan = (decoded, options) => this.#tracker?.scan(decoded, options) ?? this.#refusal();

  #refusal() {
    const refusal = Promise.reject(this.#error);
    // A page that does not look is not told of an unhandled rejection, as with the tracker's own promises.
    refusal.catch(() => {});
    return refusal;
  }
}

/**
 * @param {Tracker} tracker
 * @param {(view: Readonly<TrackerView>) => void} show
 * @returns {() => void}
 */
function follow(tracker, show) {
  /** @type {TrackerError | null} */
  let error = null;
  let isOver = false;
  const tell = () => {
    const { license, deviceUuid, storage } = tracker;
    error = errorOf(license, error);
    isOver || show(Object.freeze({ tracker, license, deviceUuid, storage, consent: tracker.consent.state, error }));
  };
  const begin = () => {
    error = null;
    const { ready } = tracker;
    ready.then(tell, (reason) => {
      // With the consent a tracker begins anew, and what became of the one before is no news.
      if (ready === tracker.ready) {
        error = isSame(error, reason) ? error : reason;
        tell();
      }
    });
    tell();
  };
  for (const event of SHOWN) {
    tracker.addEventListener(event, tell);
  }
  tracker.addEventListener("consent", begin);
  begin();
  return () => {
    isOver = true;
    tracker.close();
  };
}

/**
 * @param {Readonly<import("../dlt-web.js").License>} license
 * @param {TrackerError | null} known the error until now
 * @returns {TrackerError | null} why there is no license: what was granted may be refused later, and the other way round
 */
function errorOf({ state, code, message }, known) {
  if (state === "refused") {
    const refusal = new LicenseError(code ?? "", message ?? "");
    return isSame(known, refusal) ? known : refusal;
  }
  return state === "starting" ? known : null;
}

/**
 * Tells whether the server's refusal is the one that was shown, as `ready` and the license both tell of it.
 *
 * @param {TrackerError | null} known
 * @param {TrackerError} other
 */
function isSame(known, other) {
  return known instanceof LicenseError && other instanceof LicenseError && known.code === other.code;
}

/**
 * Tells whether two options mean the same, by a text: frameworks make the object anew with each rendering.
 *
 * @param {unknown} options
 * @returns {string}
 */
export function keyOf(options) {
  try {
    return JSON.stringify(options) ?? "";
  } catch (error) {
    // The tracker says what is wrong with them.
    return String(error);
  }
}
