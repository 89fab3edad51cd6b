/**
 * @file Turns in flushing one queue, where each tab has a runtime of its own: the one whose turn it is sends for all, and
 * the others find nothing left to send. Only work is saved: whose turn does not come in time flushes without it, and
 * every copy of a report is harmless.
 */

/**
 * A frozen tab may hold the lock for ever: no flush waits longer for it, nor for the store. Longer than a server needs to
 * answer, and than the store to be read.
 */
const WAIT_MS = 2_000;

/** Who goes first says nothing of a turn that did not come, or where there are no locks (no secure context). */
const NO_TURN = () => {};

/** One tracker's way to its turns. */
export class FlushTurn {
  /** @type {(() => void)[]} */
  #waiting = [];
  /** @type {(() => void) | undefined} while it has the turn, or goes without */
  #giveBack;
  #isOver = false;
  #name;
  #locks;
  #refresh;
  #isBusy;

  /**
   * @param {object} parts
   * @param {string} parts.name of the queue
   * @param {LockManager | undefined} parts.locks
   * @param {() => Promise<void>} parts.refresh tells the tracker what others wrote; never rejects
   * @param {() => boolean} parts.isBusy the tracker waits for an answer of a server or of the store
   */
  constructor({ name, locks, refresh, isBusy }) {
    this.#name = name;
    this.#locks = locks;
    this.#refresh = refresh;
    this.#isBusy = isBusy;
  }

  /**
   * Runs what makes the tracker flush: when its turn comes, or at once while it has it; after 2 s in any case.
   *
   * @param {() => void} flush
   */
  async run(flush) {
    if (this.#giveBack !== undefined) {
      flush();
      return;
    }
    this.#waiting.push(flush);
    if (this.#waiting.length > 1) {
      return;
    }
    const timeUp = AbortSignal.timeout(WAIT_MS);
    const giveBack = await this.#take(timeUp);
    await Promise.race([this.#refresh(), aborted(timeUp)]);
    for (const waiting of this.#waiting.splice(0)) {
      waiting();
    }
    this.#giveBack = giveBack;
    this.look();
  }

  /** Something was answered: when nothing is waited for any more, the flush has ended, and it is the next one's turn. */
  look() {
    if (this.#isOver || !this.#isBusy()) {
      this.#giveBack?.();
      this.#giveBack = undefined;
    }
  }

  /** The tracker is gone: what still waits is never run. */
  end() {
    this.#isOver = true;
    this.look();
  }

  /**
   * @param {AbortSignal} timeUp
   * @returns {Promise<() => void>} gives the turn back
   */
  #take(timeUp) {
    return new Promise((resolve) => {
      const hold = () => new Promise((release) => resolve(() => release(undefined)));
      const request = this.#locks?.request(`dlt-web flush ${this.#name}`, { signal: timeUp }, hold);
      if (request === undefined) {
        resolve(NO_TURN);
      } else {
        request.catch(() => resolve(NO_TURN));
      }
    });
  }
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function aborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
}
