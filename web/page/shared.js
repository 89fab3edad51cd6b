/**
 * @file One tracker of the page, shared by all `Tracker` objects that were constructed with its options: keeps the
 * promises that wait, mirrors the state, and passes everything else on. No rule of counting or licensing.
 */

import { Calls } from "./calls.js";
import { Consent } from "./consent.js";
import { errorNamed, TrackerError } from "./errors.js";
import { explainPage } from "./explain.js";
import { LateRuntime } from "./late.js";
import { refuseOtherOptions } from "./options.js";
import { ignorable, sleep } from "./promises.js";
import { page, randomName } from "./random.js";
import { frozen, NOTHING_KNOWN } from "./state.js";

/** @typedef {import("./calls.js").Waiting} Waiting */
/** @typedef {import("./late.js").Engine} Engine */
/** @typedef {import("./options.js").Given} Given */
/** @typedef {import("./state.js").State} State */

/** A runtime that still starts, or hangs, must not keep the explanation of why from the person who asks. */
const ANSWER_WAIT_MS = 2000;

/** Of all calls of this page load: one that is said again is known by its number. */
let callCount = 0;

/** @type {Map<string, SharedTracker>} by the JSON text of the handshake code */
const trackers = new Map();

/** A tracker in the runtime, and everybody in the page who uses it. */
export class SharedTracker {
  /** @type {Set<EventTarget>} */
  #members = new Set();
  #calls = new Calls();
  /** @type {LateRuntime} */
  #runtime;
  /** @type {InstanceType<Engine["Work"]> | undefined} until it is loaded, what was handed over is kept as it is */
  #work;
  #id = "";
  #key;
  #given;
  /** @type {TrackerError | undefined} */
  #failure;
  /** @type {import("./explain.js").Timings} */
  timings = { constructedAt: Date.now(), startedAfterMs: null, readyAfterMs: null, firstScanAfterMs: null };
  #constructedMs = performance.now();
  /** @type {Promise<void>} */
  ready;
  /** @type {State} */
  state = NOTHING_KNOWN;
  /** @type {((_: void) => void) | undefined} lets go whoever waits for the tracker to be closed, which goes on */
  letGo;

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
    this.consent = new Consent(this, key, given.texts.get("consent") === '"required"');
    ({ ready: this.ready, runtime: this.#runtime } = this.#renewed());
    if (!this.consent.isMissing) {
      this.#runtime.beginSoon();
    }
  }

  /** Counting may begin, unless everybody has left. */
  begin() {
    if (trackers.get(this.#key) === this) {
      this.#runtime.beginSoon();
    }
  }

  /**
   * The consent was taken back: everything is as before the tracker began.
   *
   * @param {string} [revocation] names the taking back; nothing where the worker has ended the tracker already
   * @returns {Promise<unknown>} once neither this page nor its worker writes or sends anything for it
   */
  stop(revocation) {
    const runtime = revocation === undefined ? this.#runtime.leave() : this.#runtime.revoke(revocation);
    const ended = Promise.all([this.#work?.end(), runtime]);
    this.#work?.forget();
    this.#work = undefined;
    this.#calls.fail(noConsent());
    this.mirror(NOTHING_KNOWN);
    ({ ready: this.ready, runtime: this.#runtime } = this.#renewed());
    return ended;
  }

  #renewed() {
    this.#id = randomName();
    const ready = this.#calls.promise(`${page}/ready`, { type: "", message: null, given: null, scan: null });
    return { ready, runtime: new LateRuntime(this.#id, this.#given, this) };
  }

  /**
   * Passes a call of the app on.
   *
   * @template T
   * @param {string} type of the input
   * @param {Waiting["given"]} [given] what the app handed over with it
   * @returns {Promise<T>}
   */
  call(type, given = null) {
    const refusal = this.#failure ?? (this.consent.isMissing ? noConsent() : undefined);
    if (refusal !== undefined) {
      return ignorable(Promise.reject(refusal));
    }
    callCount += 1;
    const call = `${page}/${callCount}`;
    /** @type {import("./calls.js").Message} */
    const message = { type: "Input", tracker: this.#id, input: "", call, number: callCount };
    const waiting = { type, message, given, scan: null };
    const promise = this.#calls.promise(call, waiting);
    // It is written by code that may still be on its way.
    if (this.#work === undefined || this.#work.write(waiting)) {
      this.#runtime.post(message);
      this.#runtime.begin();
      this.#work?.settle();
    }
    return promise;
  }

  /**
   * Passes on what a reader gave.
   *
   * @template T
   * @param {"ScanSeen" | "ScanExplainRequested"} type
   * @param {unknown} decoded
   * @param {Omit<import("./journal.js").SaidScan, "barcodes"> | null} how
   * @returns {Promise<T>} rejects where it is no reader's result
   */
  scan(type, decoded, how) {
    // The list is the app's: it may go on to fill it for the next frame while this one still waits to be read.
    return this.call(type, { decoded: Array.isArray(decoded) ? [...decoded] : decoded, how });
  }

  /**
   * Says what is known of this tracker, also while the runtime has not started, hangs or has failed.
   *
   * @returns {Promise<import("./explain.js").Explanation>} never rejects
   */
  async explain() {
    const waitingCalls = this.#calls.size;
    const isAtWork = this.#failure === undefined && !this.consent.isMissing;
    const asked = isAtWork ? this.call("ExplainRequested").catch(() => null) : null;
    const { assetBase, manifestSha384 } = this.#given;
    return explainPage({
      assetBase,
      manifestSha384,
      runtime: this.#work?.about ?? null,
      timings: this.timings,
      waitingCalls,
      readers: this.#work?.readers ?? [],
      failure: this.#failure ?? this.#work?.failure,
      consent: this.consent.state,
      state: this.state,
      tracker: await Promise.race([asked, sleep(ANSWER_WAIT_MS)]),
    });
  }

  /**
   * Takes a member off; with the last one the tracker is closed.
   *
   * @param {EventTarget} member
   * @returns {Promise<void>} never rejects; while Python is away it is over after a while, and the closing goes on
   */
  async leave(member) {
    if (this.#members.delete(member) && this.#members.size === 0) {
      this.#unregister();
      const letGo = new Promise((resolve) => {
        this.letGo = resolve;
      });
      await Promise.race([this.#close(), letGo]);
    }
  }

  async #close() {
    if (this.#runtime.hasBegun && this.#failure === undefined) {
      await this.call("CloseRequested").catch(() => {});
    }
    if (this.#failure === undefined) {
      this.fail(new TrackerError("TRACKER_CLOSED", "The tracker was closed before it came to this call."));
    }
    this.#runtime.leave();
    // Not before: what is closing counts and sends still, and ends at once when the consent is taken back.
    this.consent.leave();
  }

  /** @param {{ name: string, code: string, message: string }} error every call that waits, and every later one, gets it */
  fail({ name, code, message }) {
    this.#failure = errorNamed(name, code, message);
    this.#work?.beacon.send(); // what is not acknowledged may lie in the worker's memory only, which may be dead, or end soon
    this.#unregister();
    this.consent.leave();
    this.#work?.end();
    this.#calls.fail(this.#failure);
  }

  /**
   * The code is here that talks to the runtime.
   *
   * @param {Engine} engine
   * @returns {InstanceType<Engine["Work"]>} who listens to the runtime from now on
   */
  loaded({ Work }) {
    this.#work = new Work(this, { id: this.#id, given: this.#given, calls: this.#calls, runtime: this.#runtime });
    return this.#work;
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

  /** How long ago it was constructed, in whole ms. */
  age() {
    return Math.round(performance.now() - this.#constructedMs);
  }

  #unregister() {
    if (trackers.get(this.#key) === this) {
      trackers.delete(this.#key);
    }
  }
}

function noConsent() {
  return new TrackerError(
    "CONSENT_REQUIRED",
    "Nothing was counted: the person has not agreed, or has taken that back. See tracker.consent.",
  );
}
