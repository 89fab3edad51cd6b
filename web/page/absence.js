/** @file What the page answers by itself while Python, which is loaded again later, cannot. Scans wait for it. */

import { page } from "./random.js";

/** @typedef {import("./errors.js").TrackerError} TrackerError */

/** As long as a tracker at work waits for an answer of the server. */
const OFFLINE_AFTER_MS = 10_000;

/** The time in which one tracker of the page is without Python. */
export class Absence {
  /** @type {TrackerError | undefined} why it is; nothing where Python runs, or is on its way for the first time */
  why;
  #work;
  #tracker;
  #calls;
  #given;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isLong = false;

  /**
   * @param {import("./work.js").Work} work
   * @param {import("./shared.js").SharedTracker} tracker whose work it is
   * @param {import("./calls.js").Calls} calls
   * @param {import("./options.js").Given} given
   * @param {AbortSignal} signal ends it, with the tracker
   */
  constructor(work, tracker, calls, given, signal) {
    this.#work = work;
    this.#tracker = tracker;
    this.#calls = calls;
    this.#given = given;
    signal.addEventListener("abort", () => this.end());
  }

  /** @param {TrackerError} why told anew with each attempt that fails */
  begin(why) {
    console.warn(`dlt-web: ${why.message}`);
    this.why = why;
    this.#timer ??= setTimeout(() => this.#takeLong(), OFFLINE_AFTER_MS);
    this.settle();
  }

  /** Python runs, or is not needed any more. */
  end() {
    clearTimeout(this.#timer);
    this.#timer = this.why = undefined;
    this.#isLong = false;
  }

  /** Answers what does not need Python: nothing is sent now, and a tracker that has no scan to count may close. */
  settle() {
    if (this.why === undefined) {
      return;
    }
    const { scans, reports } = this.#tracker.state.pending;
    const said = this.#calls.said();
    /** @type {Record<string, unknown>} */
    const answers = { FlushRequested: { pendingScans: scans, pendingReports: reports }, ExplainRequested: null };
    if (!said.some(({ type }) => type === "ScanSeen")) {
      answers.CloseRequested = null;
    }
    for (const { type, message } of said.filter((call) => call.type in answers)) {
      this.#work.take(message.call)?.resolve(answers[type]);
    }
    if (this.#isLong) {
      this.#tracker.letGo?.();
    }
  }

  /** Nobody waits any longer who need not; what is to be counted is, once Python is there. */
  #takeLong() {
    this.#isLong = true;
    this.settle();
    const { state } = this.#tracker;
    // Where the first scan asks for a license, none is asked for yet.
    if (state.license.state === "starting" && this.#given.texts.get("authorize") === '"start"') {
      const { code, message } = /** @type {TrackerError} */ (this.why);
      this.#tracker.mirror({ ...state, license: { state: "offline", code, message } });
      this.#tracker.notify("license", this.#tracker.state.license);
    }
    this.#work.take(`${page}/ready`)?.resolve(undefined);
  }
}
