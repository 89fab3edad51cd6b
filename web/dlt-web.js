/**
 * @file dlt-web's public JavaScript interface: counts unique barcode scans beside a page's barcode reader.
 *
 * Importing this does nothing, in Node neither; the first `new Tracker(…)` starts the Python runtime in a worker.
 */

import { attachTo } from "./page/attach.js";
import { LicenseError, TrackerError } from "./page/errors.js";
import { describeOptions } from "./page/options.js";
import { ignorable } from "./page/promises.js";
import { RefusedTracker } from "./page/refused.js";
import { SharedTracker } from "./page/shared.js";

export { LicenseError, TrackerError };

/**
 * @typedef {object} TrackerOptions
 * @property {string} handshakeCode what everything is tracked under
 * @property {string | string[]} licenseServer URL of the license tracking server, or of main and standby; a path such
 *   as `"/lts"` means one behind the page's own origin
 * @property {number} [duplicateForgetTime] how long a barcode stays known on a video stream, 0…180000 ms; default 3000
 * @property {"sliding" | "fixed" | "session" | "off"} [duplicateMode] default `sliding`
 * @property {string} [product] default `barcode-reader`
 * @property {string} [sessionPassword]
 * @property {string} [deviceFriendlyName] shown to the operator beside the device's UUID
 * @property {"throw" | "event"} [enforcement] without a license, `scan()` rejects (`throw`, default), or counts and
 *   says `unlicensed` (`event`)
 * @property {"start" | "first-scan"} [authorize] when to ask for a license; default `start`
 * @property {"relaxed" | "strict"} [durability] when a count is called kept: once the system has it (`relaxed`, default),
 *   or once the disk has it, so that it outlives a power failure too (`strict`)
 * @property {boolean} [persistStorage] ask the browser not to clear this site's storage when disk space runs low;
 *   Firefox asks the person; default false
 * @property {"not-required" | "required"} [consent] `required`: nothing is loaded, stored, sent or counted before
 *   `tracker.consent.grant()`; default `not-required`
 * @property {string} [assetBase] URL of the folder that `dlt-web build` made; default: where this module lies
 */

/**
 * @typedef {object} ScanOptions
 * @property {number} [time] when the frame was captured, ms on the clock of `performance.now()`; default: now
 * @property {"video" | "image"} [source] default `video`; a still image knows no earlier ones
 * @property {string} [stream] name of the video stream, each with its own memory; default `"default"`
 */

/**
 * @typedef {object} ScanResult
 * @property {boolean} duplicate true when it was not counted
 * @property {string} symbology canonical name, e.g. `ean_13`
 * @property {number | null} forgetsAt when it counts as new again, ms on the clock of `performance.now()`
 * @property {boolean} [unlicensed] counted without a license (`enforcement: "event"`)
 * @property {("unknown_symbology" | "lossy")[]} [flags] what is to be known of it: no rule knows the symbology, which is
 *   counted under the reader's name for it; the reader could not decode all of the text, so that others may be equal to it
 */

/**
 * @typedef {object} ScanAnswer
 * @property {ScanResult[]} results one for each barcode handed over, in order
 * @property {number} scans how many of them counted
 */

/**
 * Which barcode a reading is, and why. Holds the barcode's text, and is told to nobody but who asks.
 *
 * @typedef {object} ScanExplanation
 * @property {string} format as the reader calls the symbology
 * @property {string} symbology canonical name, which its count is reported under
 * @property {string} identity within which keys are compared: `ean_13` for a UPC-E too, which some readers call so
 * @property {string | null} key what is compared; `null` where it is no text
 * @property {string} keyHex its bytes
 * @property {string[]} rules that made the key of what the reader gave, see docs/readers.md
 * @property {number} rulesVersion
 * @property {string[]} flags
 */

/**
 * All times are ms since the Unix epoch; members are `null` where there is nothing to say, and absent while starting.
 *
 * @typedef {object} License
 * @property {"starting" | "licensed" | "grace" | "offline" | "refused" | "expired"} state
 * @property {string | null} [code] why it was refused, or what the last attempt failed with
 * @property {string | null} [message] the same for people
 * @property {"per_scan" | "per_device" | "concurrent_device" | null} [chargeWay]
 * @property {string | null} [itemId] the license item that this device is charged to
 * @property {boolean} [overQuota] the quota is used up and the server lets the device go on
 * @property {number | null} [expiresAt]
 * @property {number | null} [offlineUntil] until when scans count without the server
 * @property {number | null} [nextTryAt] when the server is asked again
 */

/**
 * What is counted and not yet acknowledged.
 *
 * @typedef {object} Pending
 * @property {number} scans
 * @property {number} reports
 * @property {number | null} nextReportAt ms since the Unix epoch
 * @property {number} accepted reports acknowledged since the page was loaded
 * @property {string | null} [code] what the last attempt failed with
 * @property {string | null} [message] the same for people
 */

/**
 * A report that the server will never take.
 *
 * @typedef {object} DeadLetter
 * @property {number} seq
 * @property {string} code
 * @property {string} slot RFC 3339
 * @property {Record<string, number>} counts scans per symbology
 */

/**
 * Whether the person has agreed to be counted, where the option `consent` asks for that.
 *
 * @typedef {object} Consent
 * @property {"not-required" | "required" | "granted" | "revoked"} state `required`: not given yet
 * @property {() => void} grant the person has agreed; holds for this handshake code until the page is left, or `revoke()`
 * @property {() => Promise<{ discardedScans: number }>} revoke the person takes it back: deletes all that dlt-web has
 *   stored on this origin, in every tab, and tells how many scans of this handshake code were not reported yet; rejects
 *   with `STORE_FAILED` or `LOAD_FAILED` where it could not be deleted, though nothing is counted or sent any more
 */

/**
 * What each event carries as `detail`.
 *
 * @typedef {object} TrackerEvents
 * @property {Readonly<License>} license the license as it is now
 * @property {Readonly<Pending>} report what is left after the server answered, or could not be reached
 * @property {{ scans: number, bySymbology: Record<string, number> }} scan what is now on disk
 * @property {{ storage: "indexeddb" | "memory", reason: string }} storage where counts are kept, and what happened:
 *   `opened`, `purged`, or why the browser's storage failed
 * @property {{ state: Consent["state"] }} consent the consent was given or taken back
 */

/**
 * Under this name a test harness puts a list on `globalThis` before a page's own scripts run; each tracker that the page
 * makes then adds itself, so that it can be tested through its public interface without a change in the app
 * (`dlt-web verify`). Where nobody put a list, nothing happens. It lets no script do what it could not do before: one
 * that runs first can watch every `EventTarget` as it is.
 */
const HARNESS = Symbol.for("dlt-web.trackers");

/** SHA-384 of the build's `manifest.json` in base64; the build writes it here. */
const MANIFEST_SHA384 = "";

/**
 * Counts the unique barcodes that a reader finds, and reports the counts to the license tracking server.
 *
 * Two trackers of one page with equal options are one; with other options for the same handshake code the
 * constructor throws a `TrackerError` with code `OPTION_CONFLICT`. Every other bad option rejects `ready`.
 *
 * Events are `CustomEvent`s with a `detail`: `license` (the license's state changed), `report` (the server answered
 * to reports), `scan` (barcodes were counted), `storage` (where counts are kept changed), `consent` (given, taken back).
 */
export class Tracker extends EventTarget {
  #shared;
  /** @type {Promise<void> | undefined} */
  #closing;
  /** @type {Map<unknown, () => void>} */
  #attached = new Map();

  /** @param {TrackerOptions} options */
  constructor(options) {
    super();
    const given = described(options);
    this.#shared = given instanceof TrackerError ? new RefusedTracker(given) : SharedTracker.join(this, given);
    /** @type {any} */ (globalThis)[HARNESS]?.push(this);
  }

  /**
   * @template {keyof TrackerEvents} T
   * @overload
   * @param {T} type
   * @param {(this: Tracker, event: CustomEvent<TrackerEvents[T]>) => void} listener
   * @param {boolean | AddEventListenerOptions} [options]
   * @returns {void}
   */
  /**
   * @overload
   * @param {string} type
   * @param {EventListenerOrEventListenerObject | null} listener
   * @param {boolean | AddEventListenerOptions} [options]
   * @returns {void}
   */
  /**
   * Hears one of the tracker's events.
   *
   * @override
   * @param {string} type
   * @param {any} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  addEventListener(type, listener, options) {
    super.addEventListener(type, listener, options);
  }

  /**
   * @template {keyof TrackerEvents} T
   * @overload
   * @param {T} type
   * @param {(this: Tracker, event: CustomEvent<TrackerEvents[T]>) => void} listener
   * @param {boolean | EventListenerOptions} [options]
   * @returns {void}
   */
  /**
   * @overload
   * @param {string} type
   * @param {EventListenerOrEventListenerObject | null} listener
   * @param {boolean | EventListenerOptions} [options]
   * @returns {void}
   */
  /**
   * Hears them no more.
   *
   * @override
   * @param {string} type
   * @param {any} listener
   * @param {boolean | EventListenerOptions} [options]
   */
  removeEventListener(type, listener, options) {
    super.removeEventListener(type, listener, options);
  }

  /**
   * Resolves when the license is known, or after 10 s without an answer or a network; rejects with a `LicenseError` when
   * the server refused, and with a `TrackerError` when an option is bad or the runtime cannot start.
   *
   * @returns {Promise<void>}
   */
  get ready() {
    return this.#shared.ready;
  }

  /**
   * The device's UUID; `null` before it is known.
   *
   * @returns {string | null}
   */
  get deviceUuid() {
    return this.#shared.state.deviceUuid;
  }

  /**
   * Whether the person has agreed to be counted, and how to say so.
   *
   * @returns {Consent}
   */
  get consent() {
    return this.#shared.consent;
  }

  /** @returns {Readonly<License>} */
  get license() {
    return /** @type {License} */ (this.#shared.state.license);
  }

  /**
   * Where counts are kept: `memory` where the browser gives no lasting storage; `null` before it is known.
   *
   * @returns {"indexeddb" | "memory" | null}
   */
  get storage() {
    return this.#shared.state.storage;
  }

  /**
   * What is counted and not yet acknowledged.
   *
   * @returns {Readonly<Pending>}
   */
  get pending() {
    return this.#shared.state.pending;
  }

  /**
   * The reports that the server will never take, each with its reason.
   *
   * @returns {readonly DeadLetter[]}
   */
  get deadLetters() {
    return this.#shared.state.deadLetters;
  }

  /**
   * Counts what a reader found in one frame or image. May be called at once after constructing. Never throws; a
   * rejection that nobody handles is not reported as unhandled.
   *
   * @param {unknown} decoded what the reader gave: a result or a list of them, in any shape that readers.js knows, or
   *   `{format, text}` / `{format, bytes}`
   * @param {ScanOptions} [options]
   * @returns {Promise<ScanAnswer>} once the count is on disk
   */
  scan(decoded, options) {
    const called = { calledWallMs: Date.now(), calledMonotonicMs: performance.now() };
    if (this.#closing !== undefined) {
      return refused("TRACKER_CLOSED", "This tracker was closed; nothing was counted. Construct a new one.");
    }
    const { time, source = "video", stream = "default" } = options ?? {};
    return this.#shared.scan("ScanSeen", decoded, { timeMs: time ?? null, source, stream, ...called });
  }

  /**
   * Counts what a reader finds from now on, for readers with an event of their own: quagga2, Dynamsoft's
   * `CaptureVisionRouter`, Scandit's `BarcodeCapture` and `SparkScan`. The reader's own callbacks stay as they are.
   *
   * @param {unknown} reader
   * @param {ScanOptions} [options] for every scan
   * @returns {() => void} detaches; closing the tracker does so as well
   * @throws {TrackerError} `READER_UNKNOWN`: it has no event, so call `scan()` with what it gives
   */
  attach(reader, options) {
    const detach = this.#attached.get(reader) ?? attachTo(reader, (decoded) => this.scan(decoded, options));
    this.#attached.set(reader, detach);
    return () => {
      this.#attached.delete(reader);
      detach();
    };
  }

  /**
   * Tells which barcodes a reader's results are and by which rules, for whoever wonders why two are one or one is two.
   * Counts nothing.
   *
   * @param {unknown} decoded as for `scan()`
   * @returns {Promise<ScanExplanation[]>} rejects with `SCAN_INVALID` where they are none
   */
  explainScan(decoded) {
    return this.#shared.scan("ScanExplainRequested", decoded, null);
  }

  /**
   * Sends what waits now.
   *
   * @returns {Promise<{ pendingScans: number, pendingReports: number }>} what is left, once the server answered or could
   *   not be reached; rejects with `TRACKER_CLOSED` after `close()`
   */
  flush() {
    if (this.#closing !== undefined) {
      return refused("TRACKER_CLOSED", "This tracker was closed, which sent what waited. Construct a new one.");
    }
    return this.#shared.call("FlushRequested");
  }

  /**
   * Tells all that the tracker knows of itself, for whoever has to find out why a count is missing: state, storage,
   * what waits, losses, last errors, versions, timings. No barcode's text and no secret is in it, and it is sent nowhere.
   *
   * @returns {Promise<import("./page/explain.js").Explanation>} never rejects; works in every state
   */
  explain() {
    return this.#shared.explain();
  }

  /**
   * Closes this tracker; with the last one of its handshake code the page stops counting for it.
   *
   * @returns {Promise<void>} never rejects; where what counts waits for the network, over after 10 s at the latest, and
   *   what was scanned is counted later, in this page or another of the site
   */
  close() {
    for (const detach of this.#attached.values()) {
      detach();
    }
    this.#attached.clear();
    this.#closing ??= this.#shared.leave(this);
    return this.#closing;
  }
}

/**
 * @param {string} code
 * @param {string} message
 * @returns {Promise<never>}
 */
function refused(code, message) {
  return ignorable(Promise.reject(new TrackerError(code, message)));
}

/**
 * @param {unknown} options
 * @returns {import("./page/options.js").Given | TrackerError}
 */
function described(options) {
  try {
    return describeOptions(options, { moduleUrl: import.meta.url, manifestSha384: MANIFEST_SHA384 });
  } catch (error) {
    if (error instanceof TrackerError) {
      return error;
    }
    throw error;
  }
}
