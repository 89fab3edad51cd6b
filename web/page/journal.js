/** @file Writes the scans of a page whose runtime still starts to the journal, and deletes them once they are answered. */

import { canJournal, deleteCalls, lockName, writeCalls } from "../journal.js";
import { atMost } from "./at-most.js";
import { keyOf } from "./barcode-key.js";
import { ANSWER_WAIT_MS } from "./erase.js";
import { toJsonText } from "./plain.js";
import { randomName } from "./random.js";
import { TABLE } from "./symbology-table.js";

/** @typedef {import("../journal.js").JournalledCall} JournalledCall */
/** @typedef {import("./stream-memory.js").SaidScan & { calledWallMs: number }} SaidScan */

/** A healthy browser empties the journal within milliseconds, and as long as that takes the calls are not counted. */
const TAKE_BACK_MS = 2_000;

/** The key of this page load's digests. */
const salt = typeof crypto === "undefined" ? new Uint8Array() : crypto.getRandomValues(new Uint8Array(16));

/**
 * Those of this page that may have something in it. A page that changes its options makes another tracker of its code
 * while the one before still has calls to commit, and has two.
 *
 * @type {Set<Journal>}
 */
const inUse = new Set();

/**
 * Handshake codes (and page) whose calls a worker counts in memory, and whether it was told that it may: nothing of them
 * is written any more, by whichever tracker. That worker may be the one of a tracker that is made anew, and asks once.
 *
 * @type {Map<string, boolean>}
 */
const claimed = new Map();

/** Nothing here is awaited by the app: a journal that cannot be written costs nothing but what it would have saved. */
export class Journal {
  #handshakeCode;
  #page;
  /** @type {Set<number>} calls that are written, or will be, and wait for an answer */
  #unanswered = new Set();
  #isEnding = true;
  /** How many calls were handed over to be written, and how many of these are known to lie there no more. */
  #noted = 0;
  #deleted = 0;
  /** @type {JournalledCall[]} */
  #entries = [];
  /** @type {Promise<void> | undefined} */
  #writing;
  /** @type {Promise<(() => void) | null>} until the page's lock is held; gives it back */
  #locked = Promise.resolve(null);
  /** @type {Promise<void>} until what the page remembers is among the entries */
  #remembered = Promise.resolve();

  /**
   * @param {unknown} handshakeCode as the app gave it
   * @param {string} page
   */
  constructor(handshakeCode, page) {
    this.#handshakeCode = String(handshakeCode);
    this.#page = page;
  }

  /** Whether a worker that counts in memory was told that none of the page's calls lies here, nor ever will. */
  get isClaimed() {
    return claimed.get(this.#name) === true;
  }

  get #name() {
    return JSON.stringify([this.#handshakeCode, this.#page]);
  }

  /**
   * The runtime starts, for the first time or anew.
   *
   * @param {import("./stream-memory.js").RememberedScan[]} remembered what one that is gone has judged: whoever counts
   *   the journal has to know it, or would count again what was still held up
   */
  begin(remembered) {
    if (claimed.has(this.#name)) {
      return;
    }
    this.#isEnding = false;
    if (canJournal()) {
      inUse.add(this);
      const before = this.#locked;
      this.#locked = this.#lock();
      // Without a moment between them in which the page would be thought gone.
      this.#locked.then(async () => (await before)?.());
      this.#remembered = this.#noteRemembered(remembered);
      // Told by the first call that waits for it; there may be none.
      this.#remembered.catch(() => {});
    }
  }

  /**
   * @param {number} number of the call
   * @param {SaidScan} scan
   */
  async note(number, scan) {
    if (this.#isEnding || scan.barcodes.length === 0) {
      return;
    }
    this.#unanswered.add(number);
    try {
      if (await this.#locked) {
        await this.#remembered;
        const digested = await this.#digested(number, scan);
        // Answered meanwhile: what is written now, nobody would delete. And where the runtime runs, what it was told is as
        // safe as all that it is told later: on a site's next page it does before anything could be written.
        if (this.#unanswered.has(number) && !this.#isEnding) {
          this.#entries.push(digested);
          this.#noted += 1;
          this.#writing ??= this.#write();
          await this.#writing;
        }
      }
    } catch (error) {
      console.debug("dlt-web: a scan could not be journalled", error);
    }
  }

  /** @param {number} number of a call that was answered */
  answered(number) {
    if (this.#unanswered.delete(number)) {
      this.#endIfDone();
    }
  }

  /** Nothing new is noted any more: the runtime runs. */
  end() {
    this.#isEnding = true;
    this.#endIfDone();
  }

  /**
   * Nothing of it is ever counted: the calls were rejected.
   *
   * @returns {Promise<unknown>} once nothing of this page is written any more, or the browser does not answer
   */
  drop() {
    this.#unanswered.clear();
    this.#isEnding = true;
    return atMost(
      ANSWER_WAIT_MS,
      this.#endIfDone().then(() => inUse.delete(this)),
    );
  }

  /**
   * The worker counts in memory, where it knows of no disk that tells the same calls: none of this page shall lie there,
   * from now on, whoever reads it when the page is gone.
   *
   * @returns {Promise<number[]>} calls of which nobody knows whether they lie there still
   */
  async claim() {
    claimed.set(this.#name, this.isClaimed);
    const others = [...inUse].filter((one) => one !== this && one.#name === this.#name);
    const left = await Promise.all([this, ...others].map((one) => one.#takeBack()));
    claimed.set(this.#name, true);
    return left.flat();
  }

  /** @returns {Promise<number[]>} calls that may lie there still */
  async #takeBack() {
    this.#isEnding = true;
    this.#entries = [];
    const unanswered = [...this.#unanswered];
    const isEmpty = await atMost(
      TAKE_BACK_MS,
      this.#empty("strict").then(
        () => true,
        (error) => console.debug("dlt-web: the journal could not be emptied", error),
      ),
    );
    if (!isEmpty) {
      return unanswered;
    }
    this.#unanswered.clear();
    this.#locked.then((release) => release?.());
    return [];
  }

  /**
   * Written with the first call that comes, since they matter to nobody before.
   *
   * @param {import("./stream-memory.js").RememberedScan[]} remembered
   */
  async #noteRemembered(remembered) {
    // Numbers below those of calls: they come first, and count nothing.
    const entries = remembered.map((scan, at) =>
      this.#digested(at - remembered.length, { ...scan, source: "video", calledWallMs: 0 }),
    );
    this.#entries.push(...(await Promise.all(entries)));
  }

  async #endIfDone() {
    if (!this.#isEnding || this.#unanswered.size > 0) {
      return;
    }
    const locked = this.#locked;
    const release = await locked;
    if (release === null) {
      return;
    }
    try {
      await this.#writing?.catch(() => {});
      // Where a runtime starts anew meanwhile, its end empties it.
      if (locked === this.#locked) {
        await this.#empty();
      }
    } catch (error) {
      console.debug("dlt-web: the journal could not be emptied", error);
    }
    release();
  }

  /**
   * @param {IDBTransactionDurability} [durability]
   * @returns {Promise<void>} once nothing lies there any more of what was noted so far
   */
  async #empty(durability) {
    // What is noted from now on may be written behind the deletion.
    const noted = this.#noted;
    await this.#writing?.catch(() => {});
    if (noted > this.#deleted) {
      await deleteCalls(this.#handshakeCode, this.#page, durability);
      this.#deleted = Math.max(this.#deleted, noted);
    }
  }

  /** @returns {Promise<(() => void) | null>} once the lock is held that says that this page lives; gives it back */
  #lock() {
    return new Promise((resolve) => {
      const hold = () => new Promise((release) => resolve(() => release(undefined)));
      // Trackers of several codes share it.
      navigator.locks.request(lockName(this.#page), { mode: "shared" }, hold).catch(() => resolve(null));
    });
  }

  async #write() {
    try {
      while (this.#entries.length > 0) {
        await writeCalls(this.#entries.splice(0), randomName());
      }
    } finally {
      // What comes next may be written all the same.
      this.#writing = undefined;
    }
  }

  /**
   * @param {number} number
   * @param {SaidScan} scan
   * @returns {Promise<JournalledCall>}
   * @throws {TypeError | DOMException} what the app handed over is no barcode, as the tracker will tell it
   */
  async #digested(number, { stream, source, timeMs, calledWallMs, calledMonotonicMs, barcodes }) {
    if (typeof stream !== "string") {
      throw new TypeError("no name of a stream");
    }
    const times = { timeMs, calledWallMs, calledMonotonicMs };
    const call = { handshakeCode: this.#handshakeCode, page: this.#page, number, source, ...times };
    const digested = {
      ...call,
      stream: await digest(new TextEncoder().encode(stream)),
      barcodes: await Promise.all(
        /** @type {import("../readers.js").Found[]} */ (barcodes).map(async (found) => ({
          format: found.format,
          ...(found.identifier === undefined ? {} : { identifier: found.identifier }),
          text: await digest(Uint8Array.from(keyOf(TABLE, found), (byte) => byte.charCodeAt(0))),
        })),
      ),
    };
    // As the tracker would have got it: what cannot be cloned would keep others of the same transaction out.
    return JSON.parse(toJsonText(digested));
  }
}

/**
 * @param {Uint8Array} known
 * @returns {Promise<string>} beginning with a sign that no retail code has, and of a form that no rule changes
 */
async function digest(known) {
  const keyed = new Uint8Array(salt.length + known.length);
  keyed.set(salt);
  keyed.set(known, salt.length);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", keyed));
  return `#${Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
