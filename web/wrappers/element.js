/** @file A tracker as an HTML element: `<dlt-tracker handshake-code="…" license-server="…">`. */

import { Holder, NOTHING_HELD } from "./holder.js";

/** @typedef {import("../dlt-web.js").TrackerOptions} TrackerOptions */
/** @typedef {import("./element-globals.js").DltTrackerEvents} DltTrackerEvents what each event carries as `detail` */

/**
 * What each attribute's text is as an option.
 *
 * @type {Readonly<Record<string, (text: string) => unknown>>}
 */
const READ = Object.freeze({
  "handshake-code": String,
  "license-server": (text) => (/\s/.test(text.trim()) ? text.trim().split(/\s+/) : text.trim()),
  // What is no number the tracker refuses, and says so.
  "duplicate-forget-time": (text) => (text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text)),
  "duplicate-mode": String,
  product: String,
  "session-password": String,
  "device-friendly-name": String,
  enforcement: String,
  authorize: String,
  durability: String,
  "persist-storage": (text) => text !== "false",
  consent: String,
  "asset-base": String,
});

/** The tracker's events, which the element has as well. */
const EVENTS = /** @type {const} */ (["consent", "license", "report", "scan", "storage"]);

// On a server there are no elements; the class is there to be imported, and never made.
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (/** @type {unknown} */ (class {}));

/**
 * Holds a tracker while it is in the document. Shows nothing. Its attributes are the tracker's options, in small letters
 * with hyphens; main and standby of `license-server` are parted by a space.
 *
 * Has the tracker's events (`consent`, `license`, `report`, `scan`, `storage`), and `error` with the `TrackerError` as `detail` when
 * the tracker cannot start or the server refused.
 */
export class DltTrackerElement extends Base {
  static observedAttributes = Object.keys(READ);

  #holder = new Holder();
  #view = NOTHING_HELD;
  /** @type {(() => void) | undefined} */
  #letGo;
  /** @type {Partial<TrackerOptions>} */
  #options = {};
  #isToBeRenewed = false;

  /**
   * Counts what a reader found, as the tracker's own `scan()`.
   *
   * @param {unknown} decoded
   * @param {import("../dlt-web.js").ScanOptions} [options]
   * @returns {Promise<import("../dlt-web.js").ScanAnswer>}
   */
  scan(decoded, options) {
    return this.#holder.scan(decoded, options);
  }

  /** The tracker; `null` while the element is in no document. */
  get tracker() {
    return this.#view.tracker;
  }

  get license() {
    return this.#view.license;
  }

  get deviceUuid() {
    return this.#view.deviceUuid;
  }

  get storage() {
    return this.#view.storage;
  }

  /** Why there is no license. */
  get error() {
    return this.#view.error;
  }

  /**
   * Options beside those of the attributes, which they win over: what is not for the document to show, such as
   * `sessionPassword`.
   *
   * @returns {Partial<TrackerOptions>}
   */
  get options() {
    return this.#options;
  }

  set options(options) {
    this.#options = { ...options };
    this.#renewSoon();
  }

  connectedCallback() {
    // An element that was moved has been taken out and put back, and keeps its tracker.
    if (this.#letGo === undefined) {
      this.#isComplete() ? this.#renew() : this.#renewSoon();
    }
  }

  disconnectedCallback() {
    queueMicrotask(() => this.isConnected || this.#end());
  }

  attributeChangedCallback() {
    if (this.isConnected) {
      this.#renewSoon();
    }
  }

  /** Once for all attributes that a framework sets one after another. */
  #renewSoon() {
    if (!this.#isToBeRenewed) {
      this.#isToBeRenewed = true;
      queueMicrotask(() => {
        this.#isToBeRenewed = false;
        this.isConnected && this.#renew();
      });
    }
  }

  #renew() {
    this.#end();
    this.#letGo = this.#holder.hold(this.#allOptions(), (view) => this.#show(view));
    const { tracker } = this.#view;
    for (const event of tracker === null ? [] : EVENTS) {
      tracker?.addEventListener(event, ({ detail }) => {
        this.tracker === tracker && this.dispatchEvent(new CustomEvent(event, { detail }));
      });
    }
  }

  #end() {
    this.#letGo?.();
    this.#letGo = undefined;
    this.#view = NOTHING_HELD;
  }

  /** @param {Readonly<import("./holder.js").TrackerView>} view */
  #show(view) {
    const isNews = view.error !== null && view.error !== this.#view.error;
    this.#view = view;
    if (isNews) {
      this.dispatchEvent(new CustomEvent("error", { detail: view.error }));
    }
  }

  #isComplete() {
    const { handshakeCode, licenseServer } = this.#allOptions();
    return handshakeCode !== undefined && licenseServer !== undefined;
  }

  #allOptions() {
    const given = Object.entries(READ)
      .filter(([attribute]) => this.hasAttribute(attribute))
      .map(([attribute, read]) => [optionOf(attribute), read(this.getAttribute(attribute) ?? "")]);
    return /** @type {TrackerOptions} */ ({ ...Object.fromEntries(given), ...this.#options });
  }
}

/**
 * Makes `<dlt-tracker>` known to the document, once; does nothing on a server. Importing this module does not, so that
 * bundlers may leave out what nobody uses.
 */
export function defineTracker() {
  if (typeof customElements !== "undefined" && customElements.get("dlt-tracker") === undefined) {
    customElements.define("dlt-tracker", DltTrackerElement);
  }
}

/** @param {string} attribute `handshake-code` → `handshakeCode` */
function optionOf(attribute) {
  return attribute.replace(/-(\w)/g, (_hyphen, letter) => letter.toUpperCase());
}
