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
import { toJsonText } from "./plain.js";
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
  /** @type {ReturnType<Engine["memoryOf"]> | undefined} */
  #seen;
  /** Forgets what only a tracker at work has. */
  #forget = () => {};
  /** @type {InstanceType<Engine["Scans"]> | undefined} until it is loaded, what was handed over is kept as it is */
  #scans;
  /** @type {InstanceType<Engine["Journal"]> | undefined} while the runtime starts */
  #journal;
  #id = "";
  #key;
  #given;
  /** @type {TrackerError | undefined} */
  #failure;
  /** @type {InstanceType<Engine["Absence"]> | undefined} */
  #absence;
  /** @type {import("../worker/runtime.js").About | null} */
  #about = null;
  /** @type {AbortController | undefined} of what goes on in the page for a tracker at work */
  #work;
  /** @type {import("./explain.js").Timings} */
  #timings = { constructedAt: Date.now(), startedAfterMs: null, readyAfterMs: null, firstScanAfterMs: null };
  #constructedMs = performance.now();
  /** @type {InstanceType<Engine["Beacon"]> | undefined} what the page may say last; before anything is stored, nothing */
  beacon;
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
    const ended = Promise.all([this.#journal?.drop(), runtime]);
    this.#forget();
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
    if (this.#scans === undefined || this.#write(waiting)) {
      this.#runtime.post(message);
      this.#runtime.begin();
      this.#absence?.settle();
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
      runtime: this.#about,
      timings: this.#timings,
      waitingCalls,
      readers: this.#scans?.readers ?? [],
      failure: this.#failure ?? this.#absence?.why,
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

  /** @type {(commands: import("./commands.js").Command[]) => void} */
  obey = () => {};

  /** @param {{ name: string, code: string, message: string }} error every call that waits, and every later one, gets it */
  fail({ name, code, message }) {
    this.#failure = errorNamed(name, code, message);
    this.beacon?.send(); // as below: the worker may be dead, or end soon
    this.#unregister();
    this.consent.leave();
    this.#work?.abort();
    this.#journal?.drop();
    this.#calls.fail(this.#failure);
  }

  /** The worker says that the consent was taken back, or the site's data deleted. */
  revoked() {
    this.consent.withdraw();
  }

  /**
   * What is said from now on, the runtime hears.
   *
   * @param {Engine} engine
   */
  loaded({ Absence, Beacon, carryOut, forgetMemoryOf, Journal, memoryOf, Scans, watchPage }) {
    this.obey = (commands) => carryOut(this, commands);
    this.beacon = new Beacon();
    this.#seen = memoryOf(this.#given);
    this.#work = new AbortController();
    const { signal } = this.#work;
    this.#absence = new Absence(this, this.#calls, this.#given, signal);
    this.#watch(watchPage, signal);
    this.#forget = () => {
      forgetMemoryOf(this.#given);
      this.#work?.abort();
      this.beacon = this.#absence = this.#journal = this.#scans = this.#seen = undefined;
    };
    this.#journal = new Journal(JSON.parse(this.#given.texts.get("handshakeCode") ?? "null"), page);
    this.#open();
    this.#scans = new Scans();
    for (const waiting of this.#calls.said()) {
      this.#write(waiting);
    }
  }

  /**
   * The runtime answers.
   *
   * @param {import("../worker/runtime.js").About} about
   */
  started(about) {
    this.#about = about;
    this.#absence?.end();
    this.#journal?.end();
    this.#timings.startedAfterMs ??= this.#age();
  }

  /** @param {TrackerError} why */
  postponed(why) {
    this.#about = null;
    this.#absence?.begin(why);
  }

  isWaiting() {
    return this.#calls.said().length > 0;
  }

  /** The worker of before is gone: a new one is told what was seen, and every call that was not answered. */
  sayAgain() {
    this.beacon?.send(); // what is not acknowledged may lie in that worker's memory only
    this.#open();
    for (const remembered of this.#seen?.told() ?? []) {
      this.#input(`{"type":"ScanRemembered","page":"${page}",${toJsonText(remembered).slice(1, -1)}}`);
    }
    for (const { message, scan } of this.#calls.said()) {
      this.#runtime.post(message);
      if (scan !== null) {
        // The one that is gone may have counted it, or not: its number tells.
        this.#journal?.note(message.number, scan);
      }
    }
  }

  /**
   * @param {string} call
   * @param {any} [value] what it resolves to
   */
  take(call, value) {
    const waiting = this.#calls.take(call);
    this.#journal?.answered(waiting?.message?.number ?? 0);
    if (waiting !== undefined && waiting.message === null) {
      this.#timings.readyAfterMs ??= this.#age();
    } else if (waiting?.scan) {
      this.#timings.firstScanAfterMs ??= this.#age();
      this.#seen?.note(waiting.scan, value?.results ?? []);
    }
    return waiting;
  }

  /** @param {State} state */
  mirror(state) {
    this.state = frozen(state);
  }

  /**
   * @param {number} scans
   * @param {number} reports
   */
  recount(scans, reports) {
    this.mirror({ ...this.state, pending: { ...this.state.pending, scans, reports } });
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
   * @param {import("./calls.js").SaidCall} call
   * @returns {boolean} whether there is something to say
   */
  #write(call) {
    const isWritten = this.#scans?.write(call, this.#calls) ?? false;
    if (call.scan !== null) {
      this.#journal?.note(call.message.number, call.scan);
    }
    return isWritten;
  }

  /**
   * @param {string} text the input as JSON
   */
  #input(text) {
    if (!this.consent.isMissing) {
      this.#runtime.post({ type: "Input", tracker: this.#id, input: text, call: null, number: 0 });
    }
  }

  #open() {
    const { texts } = this.#given;
    if (!this.#runtime.hasStarted) {
      this.#journal?.begin(this.#seen?.told() ?? []);
    }
    const options = [...texts].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",");
    this.#runtime.post({ type: "Open", tracker: this.#id, options: `{${options}}` });
  }

  #age() {
    return Math.round(performance.now() - this.#constructedMs);
  }

  #unregister() {
    if (trackers.get(this.#key) === this) {
      trackers.delete(this.#key);
    }
  }

  /**
   * @param {Engine["watchPage"]} watchPage
   * @param {AbortSignal} signal
   */
  #watch(watchPage, signal) {
    const hidden = () => {
      this.beacon?.send();
      this.#input('{"type":"PageHidden"}');
    };
    const shown = () => this.beacon?.shown();
    const online = () => this.#input('{"type":"NetworkReturned"}');
    watchPage({ hidden, shown, online }, signal);
  }
}

function noConsent() {
  return new TrackerError(
    "CONSENT_REQUIRED",
    "Nothing was counted: the person has not agreed, or has taken that back. See tracker.consent.",
  );
}
