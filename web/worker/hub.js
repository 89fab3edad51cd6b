/**
 * @file The pages that this worker serves, and the trackers that they share: all pages that construct one with equal
 * options have one in common. A dedicated worker serves one page, a SharedWorker all tabs of the origin.
 *
 * What arrives while Python starts waits here in order, with the times at which the page made it.
 */

import { UnreachableError } from "./errors.js";
import { PageLine } from "./page_line.js";
import { needsConsent } from "./seat.js";
import { WaitingRoom } from "./waiting_room.js";

/** @typedef {import("./shell.js").Shell} Shell */
/** @typedef {import("./shell.js").Said} Said */
/** @typedef {import("./page_line.js").Build} Build */
/** @typedef {import("./page_line.js").FromPage} FromPage */
/** @typedef {import("./page_line.js").ToPage} ToPage */

/**
 * `members` are the trackers of pages that share it, by the name that the page gave each: a page that closes its tracker
 * and makes another one before that is done has two.
 *
 * @typedef {{ name: string, options: string, members: Map<string, PageLine>, lingering: ReturnType<typeof setTimeout> | undefined }} Seat
 */

/**
 * A page that closes its last tracker often makes another one: a route changes, a component is mounted again, the next
 * page of the site is loaded. As long as a barcode may be remembered (180 s) its tracker waits for it with its streams,
 * so that what is still held before the camera does not count twice, and Python need not start again.
 */
const LINGER_MS = 180_000;

export class Hub {
  /** @type {Map<string, PageLine>} */
  #pages = new Map();
  /** @type {Map<string, Seat>} by options */
  #seats = new Map();
  /** @type {Map<string, Seat>} by name */
  #named = new Map();
  #seatCount = 0;
  /** @type {Map<string, Promise<void>>} by name: several pages may tell of one, the last long after it was given anew */
  #revocations = new Map();
  /** @type {Shell | undefined} */
  #shell;
  #isBooting = false;
  /** @type {Build | undefined} */
  #build;
  #waiting = new WaitingRoom();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #ending;
  #boot;
  #erase;
  #end;

  /**
   * @param {object} parts
   * @param {(build: Build, say: (said: Said) => void) => Promise<Shell>} parts.boot starts Python
   * @param {() => Promise<void>} parts.erase deletes what is stored, while there is no shell yet
   * @param {(() => void) | undefined} parts.end ends this worker, where that can be done
   */
  constructor({ boot, erase, end }) {
    this.#boot = boot;
    this.#erase = erase;
    this.#end = end;
  }

  /**
   * Listens to a page.
   *
   * @param {MessagePort | typeof globalThis} port
   */
  connect(port) {
    const target = /** @type {MessagePort} */ (port);
    /** @type {PageLine | undefined} */
    let line;
    target.addEventListener("message", ({ data }) => {
      const message = /** @type {FromPage} */ (data);
      if (message.type === "Start") {
        line = this.#start(message, target);
      } else if (line !== undefined) {
        this.#hear(line, message, target);
      }
    });
    // Where browsers tell of it: the page is gone without a word, its process killed.
    target.addEventListener("close", () => line && this.#hear(line, { type: "Bye" }, target));
    target.start?.();
  }

  /**
   * Passes on what a tracker has for its pages, to each what concerns it.
   *
   * @param {Said} said
   */
  say(said) {
    const seat = this.#named.get(said.tracker);
    if (seat === undefined) {
      return;
    }
    if (said.type !== "Commands") {
      for (const [tracker, line] of seat.members) {
        line.seats.delete(tracker);
        line.openedOver.delete(tracker);
        line.post({ ...said, tracker });
      }
      seat.members.clear();
      this.#drop(seat);
      this.#endSoon();
      return;
    }
    const [first] = seat.members.keys();
    for (const [tracker, line] of seat.members) {
      const commands = said.commands.filter((command) => line.isMeantBy(command, tracker === first));
      if (commands.length > 0) {
        line.post({ type: "Commands", tracker, commands });
      }
    }
  }

  /** Starts Python anew, as the one that runs can no longer be asked: pages say again what it has to know. */
  restart() {
    this.#shell?.abandon();
    this.#shell = undefined;
    for (const seat of this.#named.values()) {
      this.#drop(seat);
    }
    for (const line of this.#pages.values()) {
      line.seats.clear();
      line.lastNumbers.clear();
      line.openedOver.clear();
    }
    this.#tellAll({ type: "Restarted" });
    if (this.#build !== undefined) {
      this.#run(this.#build);
    }
  }

  /**
   * @param {Extract<FromPage, { type: "Start" }>} message
   * @param {MessagePort} port
   */
  #start({ page, ...build }, port) {
    this.#build = build;
    // One that heard nothing for long comes a second time; its trackers are here.
    const line = this.#pages.get(page) ?? new PageLine(page, port);
    line.port = port;
    this.#pages.set(page, line);
    if (this.#shell !== undefined) {
      line.post({ type: "Started", about: this.#shell.about });
    } else if (!this.#isBooting) {
      this.#run(build);
    }
    return line;
  }

  /** @param {Build} build */
  async #run(build) {
    this.#isBooting = true;
    try {
      this.#shell = await this.#boot(build, (said) => this.say(said));
    } catch (error) {
      // The next page that starts may have better luck: the network is back, a deployment has ended.
      this.#isBooting = false;
      this.#waiting.leave();
      const message = error instanceof Error ? error.message : `${error}`;
      this.#tellAll({ type: "Failed", message, isUnreachable: error instanceof UnreachableError });
      this.#end?.();
      return;
    }
    this.#tellAll({ type: "Started", about: this.#shell.about });
    for (const { line, message, port } of this.#waiting.leave()) {
      this.#hear(line, message, port);
    }
  }

  /** @param {ToPage} message */
  #tellAll(message) {
    for (const line of this.#pages.values()) {
      line.post(message);
    }
  }

  /**
   * @param {PageLine} line
   * @param {Exclude<FromPage, { type: "Start" }>} message
   * @param {MessagePort} port over which it came; the page may have come back over another one since
   */
  #hear(line, message, port) {
    switch (message.type) {
      case "Ping":
        return line.post({ type: "Pong" });
      case "Sleep":
        return line.sleep();
      case "Wake":
        return line.wake();
      case "Revoke":
        this.#revoke(line, message.revocation);
        return;
    }
    const shell = this.#shell;
    if (shell === undefined) {
      this.#waiting.enter(line, message, port);
      return;
    }
    switch (message.type) {
      case "Open":
        line.openedOver.set(message.tracker, port);
        this.#open(shell, line, message.tracker, message.options);
        for (const input of message.inputs) {
          this.#input(shell, line, input);
        }
        return;
      case "Input":
        return this.#input(shell, line, message);
      case "Forget":
        return this.#leave(shell, line, message.tracker);
      case "Bye":
        return this.#bye(line, port);
      default:
        throw new Error(`a page said ${JSON.stringify(message)}, which this worker does not know`);
    }
  }

  /**
   * Ends every tracker that needs consent, of all pages, and what is stored with them. What waits for Python never
   * begins. Where another page told of the same before, only what this page has opened since ends: it has not heard of
   * it until now, and others' may have been given anew.
   *
   * @param {PageLine} line who is told when it is done
   * @param {string} revocation
   */
  async #revoke(line, revocation) {
    const known = this.#revocations.get(revocation);
    const erased = known === undefined ? this.#endConsented() : this.#endConsentedOf(line);
    this.#revocations.set(revocation, known ?? erased);
    await Promise.all([known, erased]);
    line.post({ type: "Erased" });
  }

  /** @returns {Promise<void>} never rejects: pages delete what is stored as well, and say so where they cannot */
  #endConsented() {
    this.#waiting.endConsented();
    return told(() => (this.#shell === undefined ? this.#erase() : this.#shell.revoke()));
  }

  /**
   * @param {PageLine} line
   * @returns {Promise<void>} never rejects
   */
  async #endConsentedOf(line) {
    this.#waiting.endConsented(line);
    const shell = this.#shell;
    if (shell === undefined) {
      return;
    }
    /** @type {Set<string>} those that no other page has */
    const own = new Set();
    for (const [tracker, seat] of [...line.seats].filter(([, { options }]) => needsConsent(options))) {
      if ([...seat.members.values()].every((member) => member === line)) {
        own.add(seat.name);
      } else {
        this.#leave(shell, line, tracker);
        line.post({ type: "Revoked", tracker });
      }
    }
    if (own.size > 0) {
      await told(() => shell.revoke([...own]));
    }
  }

  /**
   * @param {Shell} shell
   * @param {PageLine} line
   * @param {string} tracker
   * @param {string} options JSON text
   */
  #open(shell, line, tracker, options) {
    if (line.seats.has(tracker)) {
      return;
    }
    const known = this.#seats.get(options);
    this.#seatCount += known === undefined ? 1 : 0;
    const seat = known ?? { name: `tracker-${this.#seatCount}`, options, members: new Map(), lingering: undefined };
    clearTimeout(seat.lingering);
    this.#seats.set(options, seat);
    this.#named.set(seat.name, seat);
    seat.members.set(tracker, line);
    line.seats.set(tracker, seat);
    if (known === undefined) {
      shell.open(seat.name, `{"type":"TrackerOpened","options":${options}}`);
    }
    shell.feedText(seat.name, JSON.stringify({ type: "PageJoined", page: line.page }));
  }

  /**
   * @param {Shell} shell
   * @param {PageLine} line
   * @param {Extract<FromPage, { type: "Input" }>} message
   */
  #input(shell, line, { tracker, input, call, number }) {
    const seat = line.seats.get(tracker);
    if (seat === undefined || (call !== null && number <= (line.lastNumbers.get(tracker) ?? 0))) {
      return;
    }
    if (call !== null) {
      line.lastNumbers.set(tracker, number);
    }
    shell.feedText(seat.name, input, call);
  }

  /**
   * Takes off what was opened over a port: all of a page, unless it has come back over another one.
   *
   * @param {PageLine} line
   * @param {MessagePort} port
   */
  #bye(line, port) {
    for (const tracker of [...line.seats.keys()]) {
      if (this.#shell !== undefined && line.openedOver.get(tracker) === port) {
        this.#leave(this.#shell, line, tracker);
      }
    }
    if (this.#pages.get(line.page) === line && line.port === port) {
      this.#pages.delete(line.page);
    }
  }

  /**
   * @param {Shell} shell
   * @param {PageLine} line
   * @param {string} tracker
   */
  #leave(shell, line, tracker) {
    const seat = line.seats.get(tracker);
    if (seat === undefined) {
      return;
    }
    line.seats.delete(tracker);
    line.lastNumbers.delete(tracker);
    line.openedOver.delete(tracker);
    seat.members.delete(tracker);
    if ([...seat.members.values()].includes(line)) {
      return; // the page has made another one meanwhile
    }
    shell.feedText(seat.name, JSON.stringify({ type: "PageLeft", page: line.page }));
    if (seat.members.size === 0 && this.#shell === shell) {
      seat.lingering = setTimeout(() => {
        shell.forget(seat.name);
        this.#drop(seat);
      }, LINGER_MS);
      this.#endSoon();
    }
  }

  /** Ends this worker when it has had no tracker for as long as one may linger. */
  #endSoon() {
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => {
      if (this.#seats.size === 0 && this.#end !== undefined) {
        this.#tellAll({ type: "Ended" });
        this.#end();
      }
    }, LINGER_MS);
  }

  /** @param {Seat} seat */
  #drop(seat) {
    clearTimeout(seat.lingering);
    this.#seats.delete(seat.options);
    this.#named.delete(seat.name);
  }
}

/**
 * Says where something that is stored could not be deleted; pages delete it as well.
 *
 * @param {() => Promise<void> | undefined} erase
 */
async function told(erase) {
  try {
    await erase();
  } catch (error) {
    console.warn("dlt-web: the worker could not delete what is stored:", error);
  }
}
