/** @file One page as the worker sees it, and what the two say to each other. */

/** @typedef {import("./shell.js").Command} Command */
/** @typedef {{ assetBase: string, manifestSha384: string }} Build */

/**
 * What a page tells a tracker.
 *
 * `number` rises with each call of a page load: one that is said again, because the page heard nothing for long, is
 * known by it.
 *
 * @typedef {{ type: "Input", tracker: string, input: string, call: string | null, number: number }} Said
 */

/**
 * What a page says; the first one is `Start`. `inputs` are what the page has for a tracker as it opens it.
 *
 * @typedef {{ type: "Start", page: string } & Build
 *   | { type: "Open", tracker: string, options: string, inputs: Said[] }
 *   | Said
 *   | { type: "Forget", tracker: string }
 *   | { type: "Revoke", revocation: string }
 *   | { type: "Ping" }
 *   | { type: "Sleep" }
 *   | { type: "Wake" }
 *   | { type: "Bye" }} FromPage
 */

/**
 * What a page hears. `Revoked` ends a tracker whose person has taken the consent back, wherever; `Erased` answers the
 * page's own `Revoke`.
 *
 * @typedef {{ type: "Started", about: import("./runtime.js").About }
 *   | { type: "Failed", message: string, isUnreachable: boolean }
 *   | { type: "Commands", tracker: string, commands: Command[] }
 *   | { type: "Refused", tracker: string, error: import("./shell.js").SaidError }
 *   | { type: "Revoked", tracker: string }
 *   | { type: "Erased" }
 *   | { type: "Pong" }
 *   | { type: "Restarted" }
 *   | { type: "Ended" }} ToPage
 */

/** Commands of which a later one replaces an earlier one. */
const LATEST_ONLY = new Set(["Mirror", "Recount", "HoldBeacon"]);

/** One page: its port, and its trackers by the name that the page gave each. */
export class PageLine {
  /** @type {Map<string, import("./hub.js").Seat>} */
  seats = new Map();
  /** @type {Map<string, number>} newest call of each tracker: a page tells a new worker its calls tracker by tracker */
  lastNumbers = new Map();
  /** @type {Map<string, MessagePort>} over which each tracker was opened last: a good-bye over another one is not its */
  openedOver = new Map();
  /** @type {ToPage[] | undefined} what waits for a page in the back/forward cache */
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
    } else {
      // A message would throw the page out of that cache.
      const waiting = [...this.#asleep.map((older) => withoutReplaced(older, message)), withoutEvents(message)];
      this.#asleep = waiting.filter((one) => one.type !== "Commands" || one.commands.length > 0);
    }
  }

  /**
   * @param {Command} command
   * @param {boolean} isFirst of the tracker's pages
   */
  isMeantBy(command, isFirst) {
    switch (command.type) {
      case "Resolve":
      case "Reject":
        return command.call.startsWith(`${this.page}/`);
      case "Notify":
        return command.page === null || command.page === this.page;
      case "ClaimCalls":
        return command.page === this.page;
      case "AskToPersist":
        return isFirst;
      default:
        return true;
    }
  }

  sleep() {
    this.#asleep ??= [];
  }

  wake() {
    const waiting = this.#asleep ?? [];
    this.#asleep = undefined;
    for (const message of waiting) {
      this.post(message);
    }
  }
}

/**
 * Events that happened while the page slept are not told; the state is.
 *
 * @param {ToPage} message
 * @returns {ToPage}
 */
function withoutEvents(message) {
  return message.type === "Commands"
    ? { ...message, commands: message.commands.filter(({ type }) => type !== "Notify") }
    : message;
}

/**
 * @param {ToPage} older
 * @param {ToPage} newer
 * @returns {ToPage}
 */
function withoutReplaced(older, newer) {
  if (older.type !== "Commands" || newer.type !== "Commands" || older.tracker !== newer.tracker) {
    return older;
  }
  const replaced = newer.commands.map(({ type }) => type).filter((type) => LATEST_ONLY.has(type));
  return { ...older, commands: older.commands.filter(({ type }) => !replaced.includes(type)) };
}
