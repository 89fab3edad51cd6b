/** @file A tracker of the page at work: all of it that is needed only once the code is here that talks to the runtime. */

import { Absence } from "./absence.js";
import { Beacon } from "./beacon.js";
import { carryOut } from "./commands.js";
import { Journal } from "./journal.js";
import { watchPage } from "./page-life.js";
import { toJsonText } from "./plain.js";
import { page } from "./random.js";
import { Scans } from "./scans.js";
import { forgetMemoryOf, memoryOf } from "./stream-memory.js";

/** @typedef {import("./shared.js").SharedTracker} SharedTracker */

/**
 * What it works with; `id` is the tracker's name in the runtime, from one consent to the next.
 *
 * @typedef {object} Tools
 * @property {string} id
 * @property {import("./options.js").Given} given
 * @property {import("./calls.js").Calls} calls that wait
 * @property {import("./late.js").LateRuntime} runtime
 */

/** Listens to the runtime, and says to it what the tracker's calls say. */
export class Work {
  /** @type {import("../worker/runtime.js").About | null} which runtime runs */
  about = null;
  /** What the page may say last; before anything is stored, nothing. */
  beacon = new Beacon();
  #tracker;
  #id;
  #given;
  #calls;
  #runtime;
  #seen;
  #journal;
  #absence;
  #scans = new Scans();
  /** Numbers of calls that may be: a worker was told them that is unheard of, or the journal could not be emptied. */
  #countedElsewhere = /** @type {Set<number>} */ (new Set());
  /** The worker has told that it could not start, and the calls since then nobody. */
  #isUntold = false;
  #gone = new AbortController();

  /**
   * Calls are written from now on, and those that wait are.
   *
   * @param {SharedTracker} tracker
   * @param {Tools} tools
   */
  constructor(tracker, { id, given, calls, runtime }) {
    this.#tracker = tracker;
    this.#id = id;
    this.#given = given;
    this.#calls = calls;
    this.#runtime = runtime;
    this.#seen = memoryOf(given);
    this.#absence = new Absence(this, tracker, calls, given, this.#gone.signal);
    this.#journal = new Journal(JSON.parse(given.texts.get("handshakeCode") ?? "null"), page);
    this.#watch();
    this.#begin();
    for (const waiting of calls.said()) {
      this.write(waiting);
    }
  }

  /** The readers whose results were handed over. */
  get readers() {
    return this.#scans.readers;
  }

  /** Why Python, which was there, is not; nothing where it runs, or is on its way for the first time. */
  get failure() {
    return this.#absence.why;
  }

  /**
   * @param {import("./calls.js").SaidCall} call
   * @returns {boolean} whether there is something to say
   */
  write(call) {
    const isWritten = this.#scans.write(call, this.#calls);
    if (call.scan !== null) {
      this.#journal.note(call.message.number, call.scan);
    }
    return isWritten;
  }

  /**
   * Opens the tracker in the worker.
   *
   * @param {import("../worker/page_line.js").Said[]} inputs what it hears first
   */
  open(inputs) {
    const options = [...this.#given.texts].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",");
    this.#runtime.post({ type: "Open", tracker: this.#id, options: `{${options}}`, inputs });
  }

  /** Answers what does not need Python, where that is away. */
  settle() {
    this.#absence.settle();
  }

  /**
   * The tracker has ended, or its consent.
   *
   * @returns {Promise<unknown>} once nothing of it is written any more
   */
  end() {
    this.#gone.abort();
    return this.#journal.drop();
  }

  /** The consent was taken back: what the page had before its camera is nobody's business any more. */
  forget() {
    forgetMemoryOf(this.#given);
  }

  /**
   * The runtime answers.
   *
   * @param {import("../worker/runtime.js").About} about
   */
  started(about) {
    this.about = about;
    this.#isUntold = false;
    this.#absence.end();
    this.#journal.end();
    this.#tracker.timings.startedAfterMs ??= this.#tracker.age();
  }

  /** @param {import("./commands.js").Command[]} commands */
  obey(commands) {
    carryOut(this, this.#tracker, commands);
  }

  /** @param {import("./errors.js").TrackerError} why */
  postponed(why) {
    this.about = null;
    // One that hangs may come to it all the same.
    this.#isUntold = why.code !== "LOAD_TIMEOUT";
    this.#absence.begin(why);
  }

  isWaiting() {
    return this.#calls.said().length > 0;
  }

  /** The worker of before is gone: a new one is told what was seen, and every call that was not answered. */
  sayAgain() {
    this.beacon.send(); // what is not acknowledged may lie in that worker's memory only
    if (!this.#isUntold) {
      for (const { message } of this.#calls.said()) {
        this.#countedElsewhere.add(message.number);
      }
    }
    this.#isUntold = false;
    this.#begin();
    this.open([]);
    if (this.#journal.isClaimed) {
      // From that worker's memory they are told under names that the disk does not know.
      this.#sayClaimed();
    }
    for (const remembered of this.#seen.told()) {
      this.#input(`{"type":"ScanRemembered","page":"${page}",${toJsonText(remembered).slice(1, -1)}}`);
    }
    for (const { message, scan } of this.#calls.said()) {
      this.#runtime.post(message);
      if (scan !== null) {
        // The one that is gone may have counted it, or not: its number tells.
        this.#journal.note(message.number, scan);
      }
    }
  }

  /** The worker counts in memory: what this page has journalled, it takes back before that counts. */
  async claim() {
    for (const number of await this.#journal.claim()) {
      this.#countedElsewhere.add(number);
    }
    this.#sayClaimed();
  }

  #sayClaimed() {
    this.#input(`{"type":"CallsClaimed","page":"${page}","unclear":[${[...this.#countedElsewhere]}]}`);
  }

  /** @param {{ name: string, code: string, message: string }} error */
  fail(error) {
    this.#tracker.fail(error);
  }

  /** The worker says that the consent was taken back, or the site's data deleted. */
  revoked() {
    this.#tracker.consent.withdraw();
  }

  /**
   * @param {string} call
   * @param {any} [value] what it resolves to
   */
  take(call, value) {
    const waiting = this.#calls.take(call);
    const { timings } = this.#tracker;
    this.#journal.answered(waiting?.message?.number ?? 0);
    this.#countedElsewhere.delete(waiting?.message?.number ?? 0);
    if (waiting?.message === null) {
      timings.readyAfterMs ??= this.#tracker.age();
    } else if (waiting?.scan) {
      timings.firstScanAfterMs ??= this.#tracker.age();
      this.#seen.note(waiting.scan, value?.results ?? []);
    }
    return waiting;
  }

  /**
   * @param {string} text the input as JSON
   */
  #input(text) {
    if (!this.#tracker.consent.isMissing) {
      this.#runtime.post({ type: "Input", tracker: this.#id, input: text, call: null, number: 0 });
    }
  }

  #begin() {
    if (!this.#runtime.hasStarted) {
      this.#journal.begin(this.#seen.told());
    }
  }

  #watch() {
    const hidden = () => {
      this.beacon.send();
      this.#input('{"type":"PageHidden"}');
    };
    const shown = () => this.beacon.shown();
    const online = () => this.#input('{"type":"NetworkReturned"}');
    watchPage({ hidden, shown, online }, this.#gone.signal);
  }
}
