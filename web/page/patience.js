/** @file Watches over calls that wait, where nobody would tell of the worker's death. */

/**
 * A SharedWorker may die unheard: with its process, in WebKit with the tab that started it. Calls are answered within
 * milliseconds; one that waits so long leads to a question, and a question that nobody answers so long to a new worker.
 * Should the old one only have been slow, it is the same one that answers, and knows each call by its number.
 */
const PATIENCE_MS = 5_000;

/** While Python starts, the worker hears nothing: on a slow or busy machine for longer than that. */
const START_PATIENCE_MS = 25_000;

/** Waits, asks, waits again, and gives up. */
export class Patience {
  #hasHeard = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isWaiting;
  #isStarting;
  #ask;
  #giveUp;

  /**
   * @param {object} parts
   * @param {() => boolean} parts.isWaiting some call waits for an answer
   * @param {() => boolean} parts.isStarting Python is not up yet
   * @param {() => void} parts.ask asks the worker whether it lives
   * @param {() => void} parts.giveUp it does not
   */
  constructor({ isWaiting, isStarting, ask, giveUp }) {
    this.#isWaiting = isWaiting;
    this.#isStarting = isStarting;
    this.#ask = ask;
    this.#giveUp = giveUp;
  }

  /** Whether the worker said anything since the wait began. */
  get hasHeard() {
    return this.#hasHeard;
  }

  /** The worker says something. */
  hear() {
    this.#hasHeard = true;
  }

  /** A call waits from now on. */
  begin() {
    if (this.#timer === undefined) {
      this.#hasHeard = false;
      this.#timer = setTimeout(() => this.#look(), this.#ms);
    }
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #ms() {
    return this.#isStarting() ? START_PATIENCE_MS : PATIENCE_MS;
  }

  #look() {
    this.#timer = undefined;
    const isWaiting = this.#isWaiting();
    if (this.#hasHeard || !isWaiting) {
      if (isWaiting) {
        this.begin();
      }
      return;
    }
    this.#ask();
    this.#timer = setTimeout(() => this.#lookAgain(), this.#ms);
  }

  #lookAgain() {
    this.#timer = undefined;
    if (this.#hasHeard) {
      this.begin();
    } else {
      this.#giveUp();
    }
  }
}
