/** @file One page as the worker sees it, and what the two say to each other. */

/** @typedef {import("./shell.js").Command} Command */
/** @typedef {{ assetBase: string, manifestSha384: string }} Build */

/**
 * What a page says; the first one is `Start`.
 *
 * `number` rises with each call of a page load: one that is said again, because the page heard nothing for long, is
 * known by it.
 *
 * @typedef {{ type: "Start", page: string } & Build
 *   | { type: "Open", tracker: string, options: string }
 *   | { type: "Input", tracker: string, input: string, call: string | null, number: number }
 *   | { type: "Forget", tracker: string }
 *   | { type: "Ping" }
 *   | { type: "Sleep" }
 *   | { type: "Wake" }
 *   | { type: "Bye" }} FromPage
 */

/**
 * What a page hears.
 *
 * @typedef {{ type: "Started", about: import("./runtime.js").About }
 *   | { type: "Failed", message: string }
 *   | { type: "Commands", tracker: string, commands: Command[] }
 *   | { type: "Refused", tracker: string, error: import("./shell.js").SaidError }
 *   | { type: "Pong" }
 *   | { type: "Ended" }} ToPage
 */

/** Commands of which a later one replaces an earlier one. */
const LATEST_ONLY = new Set(["Mirror", "HoldBeacon"]);

/** One page: its port, and its trackers by the name that the page gave each. */
export class PageLine {
  /** @type {Map<string, import("./hub.js").Seat>} */
  seats = new Map();
  /** @type {Map<string, number>} newest call of each tracker: a page tells a new worker its calls tracker by tracker */
  lastNumbers = new Map();
  /** @type {Map<string, Command[]> | undefined} what waits for a page in the back/forward cache */
  #asleep;

  /**
   * @param {string} page
   * @param {{ postMessage: (message: ToPage) => void }} port
   */
  constructor(page, port) {
    this.page = page;
    this.port = port;
  }

  /** @param {ToPage} message */
  post(message) {
    if (this.#asleep === undefined) {
      this.port.postMessage(message);
    } else if (message.type === "Commands") {
      // A message would throw the page out of that cache. Events that happened meanwhile are not told; the state is.
      const kept = (this.#asleep.get(message.tracker) ?? []).filter(
        ({ type }) => !message.commands.some((newer) => newer.type === type && LATEST_ONLY.has(type)),
      );
      this.#asleep.set(message.tracker, [...kept, ...message.commands.filter(({ type }) => type !== "Notify")]);
    }
  }

  sleep() {
    this.#asleep ??= new Map();
  }

  wake() {
    const waiting = this.#asleep ?? [];
    this.#asleep = undefined;
    for (const [tracker, commands] of waiting) {
      this.post({ type: "Commands", tracker, commands });
    }
  }
}
