/**
 * The page's tracker: closed and made anew when the charge way or the forget time changes, and shown as one plain
 * view, whichever tracker is behind it.
 */
import { Tracker } from "../dlt-web.js";

/** @typedef {import("./types.js").TrackerView} TrackerView */
/** @typedef {{ handshakeCode: string, duplicateForgetTime: number, duplicateMode: import("./settings.js").DuplicateMode }} Choice */

/** @type {TrackerView} */
const NOTHING_YET = {
  deviceUuid: null,
  license: { state: "starting" },
  storage: null,
  pending: { scans: 0, reports: 0, nextReportAt: null, accepted: 0 },
};

/** The demo shows what the license server has counted while one looks on; an app leaves the tracker its own time. */
const SENDS_AFTER_MS = 2000;

export class Tracking extends EventTarget {
  /** @type {import("./types.js").Tracker | null} */
  #tracker = null;
  /** Each change waits for the one before it: two trackers with differing options may not meet in one page. */
  #changes = Promise.resolve();
  #common;
  /** @type {number | null} when what is pending is sent, epoch ms */
  #sendsAt = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #sending;
  /** @type {Error | null} why no tracker runs, where that is not the license's state */
  failure = null;

  /** @param {{ licenseServer: string, deviceFriendlyName: string }} common options that never change here */
  constructor(common) {
    super();
    this.#common = common;
  }

  /**
   * Starts a tracker with these options in place of the present one.
   * @param {Choice} choice
   * @returns {Promise<void>} fulfils when the new tracker is made; it never rejects, see `failure`
   */
  use(choice) {
    this.#changes = this.#changes.then(() => this.#replace(choice));
    return this.#changes;
  }

  /** @returns {TrackerView} */
  get view() {
    const tracker = this.#tracker;
    if (!tracker) return NOTHING_YET;
    const pending = tracker.pending ?? NOTHING_YET.pending;
    return {
      deviceUuid: tracker.deviceUuid ?? null,
      license: tracker.license ?? NOTHING_YET.license,
      storage: tracker.storage ?? null,
      pending: pending.scans ? { ...pending, nextReportAt: this.#sendsAt ?? pending.nextReportAt } : pending,
    };
  }

  /**
   * Hands over what the reader found, unchanged.
   * @param {unknown[]} decoded
   * @param {number} time
   * @param {"video" | "image"} source
   * @returns {Promise<{ verdicts: (import("./types.js").Verdict | null)[], isCurrent: boolean } | null>} null in place
   *   of a verdict where the license does not permit counting; not `isCurrent` where another tracker has taken over
   *   since, but what this one counted is counted; null for all where no tracker judged it
   */
  async scan(decoded, time, source) {
    // What comes while one tracker makes room for the next is the next one's.
    await this.#changes;
    const tracker = this.#tracker;
    if (!tracker) return null;
    try {
      const { results } = await tracker.scan(decoded, { time, source, stream: "demo" });
      return { verdicts: results, isCurrent: tracker === this.#tracker };
    } catch (error) {
      if (tracker !== this.#tracker) return null;
      if (!isLicenseError(error)) this.#fail(error);
      return { verdicts: decoded.map(() => null), isCurrent: true };
    }
  }

  /** Sends what is pending. */
  async flush() {
    await this.#tracker?.flush();
  }

  /**
   * Has what is pending sent in a moment; where the server is in trouble, the tracker's own time table is kinder to it.
   * @param {import("./types.js").Tracker} tracker
   */
  #sendSoon(tracker) {
    const { license, pending } = this.view;
    const isWelcome = license.state === "licensed" || license.state === "grace";
    if (this.#sendsAt !== null || !pending.scans || pending.code || !isWelcome) return;
    this.#sendsAt = Date.now() + SENDS_AFTER_MS;
    this.#sending = setTimeout(() => {
      this.#sendsAt = null;
      tracker.flush().catch(() => {}); // the state says why; what was not sent stays pending
    }, SENDS_AFTER_MS);
  }

  /** @returns {Promise<object | null>} what the tracker knows of itself; null where none runs */
  async explain() {
    return (await this.#tracker?.explain()) ?? null;
  }

  /**
   * Which barcodes the results are, and why; nothing where no tracker runs.
   * @param {unknown[]} decoded
   */
  async explainScan(decoded) {
    return (await this.#tracker?.explainScan(decoded).catch(() => null)) ?? [];
  }

  /** @param {Choice} choice */
  async #replace(choice) {
    const old = this.#tracker;
    this.#tracker = null;
    this.failure = null;
    clearTimeout(this.#sending);
    this.#sendsAt = null;
    try {
      await old?.close();
      const tracker = new Tracker({ ...this.#common, ...choice });
      this.#tracker = tracker;
      for (const name of ["license", "report", "scan", "storage"]) {
        tracker.addEventListener(name, () => {
          if (tracker !== this.#tracker) return;
          this.#sendSoon(tracker);
          this.#announce();
        });
      }
      tracker.ready.then(
        () => this.#announce(),
        (error) => (tracker !== this.#tracker || isLicenseError(error) ? this.#announce() : this.#fail(error)),
      );
    } catch (error) {
      this.#fail(error);
    }
    this.#announce();
  }

  /** @param {unknown} error */
  #fail(error) {
    this.failure = error instanceof Error ? error : new Error(String(error));
    this.#announce();
  }

  #announce() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {unknown} error */
function isLicenseError(error) {
  return error instanceof Error && error.name === "LicenseError";
}
