/**
 * @file One tracker of the page, shared by all `Tracker` objects that were constructed with its options: keeps the
 * promises that wait, mirrors the state, and passes everything else on. No rule of counting or licensing.
 */

import { Beacon } from "./beacon.js";
import { errorNamed, TrackerError } from "./errors.js";
import { explainPage } from "./explain.js";
import { Runtime } from "./runtime.js";

/** @typedef {{ resolve: (value: any) => void, reject: (error: TrackerError) => void }} Waiting */
/** @typedef {{ type: string, [field: string]: any }} Command */
/** @typedef {import("./options.js").Given} Given */

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

const READY = "ready";

/** A runtime that still starts, or hangs, must not keep the explanation of why from the person who asks. */
const ANSWER_WAIT_MS = 2000;

/** @type {State} */
export const NOTHING_KNOWN = frozen({
  deviceUuid: null,
  storage: null,
  license: { state: "starting" },
  pending: { scans: 0, reports: 0, nextReportAt: null, accepted: 0 },
  deadLetters: [],
});

/** Names this page load: a video stream never spans two. */
const page = randomName();

/** @type {Map<string, SharedTracker>} by the JSON text of the handshake code */
const trackers = new Map();

/**
 * Every command for the page, and how it is carried out.
 *
 * @type {Record<string, (tracker: SharedTracker, command: any) => void>}
 */
const CARRY_OUT = {
  Resolve: (tracker, { call, value }) => tracker.take(call)?.resolve(value),
  Reject: (tracker, { call, error, code, message }) => tracker.take(call)?.reject(errorNamed(error, code, message)),
  Mirror: (tracker, { state }) => tracker.mirror(state),
  Notify: (tracker, { event, detail }) => tracker.notify(event, detail),
  HoldBeacon: (tracker, { requests }) => tracker.beacon.hold(requests),
  AskToPersist: () => askToPersist(),
};

/** A tracker in the runtime, and everybody in the page who uses it. */
export class SharedTracker {
  /** @type {Set<EventTarget>} */
  #members = new Set();
  /** @type {Map<string, Waiting>} */
  #waiting = new Map();
  #callCount = 0;
  #id = randomName();
  #key;
  #given;
  #runtime;
  /** @type {TrackerError | undefined} */
  #failure;
  #gone = new AbortController();
  /** @type {import("./explain.js").Timings} */
  #timings = { constructedAt: Date.now(), startedAfterMs: null, readyAfterMs: null, firstScanAfterMs: null };
  #constructedMs = performance.now();
  beacon = new Beacon();
  /** @type {State} */
  state = NOTHING_KNOWN;

  /**
   * Returns the page's tracker of a handshake code, starting it if there is none.
   *
   * @param {EventTarget} member hears its events
   * @param {Given} given
   * @throws {TrackerError} `OPTION_CONFLICT`: the page has one with other options
   */
  static join(member, given) {
    // Without a code there is nothing to share: each such tracker is refused by itself.
    const key = given.texts.get("handshakeCode") ?? randomName();
    let tracker = trackers.get(key);
    if (tracker === undefined) {
      tracker = new SharedTracker(key, given);
      trackers.set(key, tracker);
    } else {
      refuseOtherOptions(tracker.#given, given);
    }
    tracker.#members.add(member);
    return tracker;
  }

  /**
   * @param {string} key
   * @param {Given} given
   */
  constructor(key, given) {
    this.#key = key;
    this.#given = given;
    /** @type {Promise<void>} */
    this.ready = this.#promise(READY);
    this.#runtime = Runtime.at(given.assetBase, given.manifestSha384);
    this.#runtime.listen(this.#id, this);
    const options = [...given.texts].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",");
    const input = `{"type":"TrackerOpened","options":{${options}}}`;
    this.#runtime.post({ type: "Open", tracker: this.#id, input });
    this.#watchThePage();
  }

  /**
   * Passes a call of the app on.
   *
   * @template T
   * @param {string} type of the input
   * @param {string} [fields] its other members as JSON text, without braces
   * @returns {Promise<T>}
   */
  call(type, fields) {
    if (this.#failure !== undefined) {
      return ignorable(Promise.reject(this.#failure));
    }
    this.#callCount += 1;
    const call = `${type}-${this.#callCount}`;
    const promise = this.#promise(call);
    this.#input(`{"type":"${type}","call":"${call}"${fields === undefined ? "" : `,${fields}`}}`, call);
    return promise;
  }

  /**
   * Passes a scan on, with the two times at which the page called.
   *
   * @template T
   * @param {string} fields `barcodes`, `source`, `stream` and `timeMs` as JSON text, without braces
   * @param {{ wallMs: number, monotonicMs: number }} called
   * @returns {Promise<T>}
   */
  scan(fields, { wallMs, monotonicMs }) {
    const times = `"calledWallMs":${wallMs},"calledMonotonicMs":${monotonicMs}`;
    return this.call("ScanSeen", `"page":"${page}",${times},${fields}`);
  }

  /**
   * Says what is known of this tracker, also while the runtime has not started, hangs or has failed.
   *
   * @returns {Promise<import("./explain.js").Explanation>} never rejects
   */
  async explain() {
    const asked = this.#failure === undefined ? this.call("ExplainRequested").catch(() => null) : null;
    const { assetBase, manifestSha384 } = this.#given;
    return explainPage({
      assetBase,
      manifestSha384,
      state: this.state,
      failure: this.#failure,
      waitingCalls: this.#waiting.size - (asked === null ? 0 : 1),
      timings: this.#timings,
      tracker: await Promise.race([asked, sleep(ANSWER_WAIT_MS)]),
    });
  }

  /**
   * Takes a member off; with the last one the tracker is closed.
   *
   * @param {EventTarget} member
   * @returns {Promise<void>} never rejects
   */
  async leave(member) {
    if (!this.#members.delete(member) || this.#members.size > 0) {
      return;
    }
    this.#unregister();
    if (this.#failure === undefined) {
      await this.call("CloseRequested").catch(() => {});
      this.fail(new TrackerError("TRACKER_CLOSED", "The tracker was closed before it came to this call."));
    }
    this.#runtime.leave(this.#id);
  }

  /** @param {Command[]} commands */
  obey(commands) {
    for (const command of commands) {
      if (!Object.hasOwn(CARRY_OUT, command.type)) {
        throw new Error(`The worker commanded ${JSON.stringify(command.type)}, which this page does not know.`);
      }
      CARRY_OUT[command.type](this, command);
    }
  }

  /** @param {{ name: string, code: string, message: string }} error every call that waits, and every later one, gets it */
  fail({ name, code, message }) {
    this.#failure = errorNamed(name, code, message);
    // What is not acknowledged may lie in the worker's memory only, and the worker may be dead, or end soon.
    this.beacon.send();
    this.#unregister();
    this.#gone.abort();
    for (const { reject } of this.#waiting.values()) {
      reject(this.#failure);
    }
    this.#waiting.clear();
  }

  /** The runtime answers. */
  started() {
    this.#timings.startedAfterMs ??= this.#age();
  }

  /** @param {string} call */
  take(call) {
    if (call === READY) {
      this.#timings.readyAfterMs ??= this.#age();
    } else if (call.startsWith("ScanSeen")) {
      this.#timings.firstScanAfterMs ??= this.#age();
    }
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    return waiting;
  }

  /** @param {State} state */
  mirror(state) {
    this.state = frozen(state);
  }

  /**
   * @param {string} event
   * @param {unknown} detail
   */
  notify(event, detail) {
    for (const member of this.#members) {
      member.dispatchEvent(new CustomEvent(event, { detail }));
    }
  }

  /**
   * @param {string} text the input as JSON
   * @param {string | null} call
   */
  #input(text, call = null) {
    this.#runtime.post({ type: "Input", tracker: this.#id, input: text, call });
  }

  /**
   * @param {string} call
   * @returns {Promise<any>}
   */
  #promise(call) {
    return ignorable(new Promise((resolve, reject) => this.#waiting.set(call, { resolve, reject })));
  }

  #age() {
    return Math.round(performance.now() - this.#constructedMs);
  }

  #unregister() {
    if (trackers.get(this.#key) === this) {
      trackers.delete(this.#key);
    }
  }

  #watchThePage() {
    if (typeof document === "undefined") {
      return;
    }
    const { signal } = this.#gone;
    const hide = () => {
      this.beacon.send();
      this.#input('{"type":"PageHidden"}');
    };
    const look = () => (document.visibilityState === "hidden" ? hide() : this.beacon.shown());
    document.addEventListener("visibilitychange", look, { signal });
    window.addEventListener("pagehide", hide, { signal });
    window.addEventListener("pageshow", () => this.beacon.shown(), { signal });
    window.addEventListener("online", () => this.#input('{"type":"NetworkReturned"}'), { signal });
  }
}

/**
 * A promise that the app may ignore: its rejection never counts as unhandled.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export function ignorable(promise) {
  promise.catch(() => {});
  return promise;
}

/**
 * @param {Given} first
 * @param {Given} second
 */
function refuseOtherOptions(first, second) {
  const names = new Set([...first.texts.keys(), ...second.texts.keys()]);
  const differing = [...names].filter((name) => first.texts.get(name) !== second.texts.get(name));
  if (first.assetBase !== second.assetBase) {
    differing.push("assetBase");
  }
  if (differing.length > 0) {
    throw new TrackerError(
      "OPTION_CONFLICT",
      `This page already has a tracker for handshakeCode ${first.texts.get("handshakeCode")} with another ` +
        `${differing.join(", ")}. Give both the same options, or close the first one before.`,
    );
  }
}

/** Not awaited: Firefox settles this when the person has answered its question, which may be never. */
function askToPersist() {
  navigator.storage?.persist?.().catch((error) => console.warn("dlt-web: the browser keeps storage as before:", error));
}

/**
 * @template T
 * @param {T} json
 * @returns {T}
 */
function frozen(json) {
  if (typeof json === "object" && json !== null) {
    Object.values(json).forEach(frozen);
  }
  return Object.freeze(json);
}

/**
 * @param {number} ms
 * @returns {Promise<null>}
 */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms));
}

/** 128 random bits, as text. */
function randomName() {
  if (typeof crypto === "undefined") {
    return "";
  }
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
