/** @file Watches over a start, since browsers do not report every failure. */

/**
 * A start takes 0.3–5 s on desktop machines and slow networks may need ten times that. Some failures are never reported
 * (a worker that hangs, WebAssembly that neither compiles nor fails), so waiting has an end.
 */
const END_MS = 60_000;

/** Early enough to know by the end what a server answers. */
const LOOK_MS = 45_000;

/** Waits, looks why, waits again, and gives up. */
export class StartWatch {
  /** @type {ReturnType<typeof setTimeout>[]} */
  #timers = [];
  #look;
  #giveUp;

  /**
   * @param {object} parts
   * @param {() => void} parts.look asks why it takes so long
   * @param {(seconds: number) => void} parts.giveUp it took so long
   */
  constructor({ look, giveUp }) {
    this.#look = look;
    this.#giveUp = giveUp;
  }

  /** A start begins; another try within it does not make it longer. */
  begin() {
    if (this.#timers.length === 0) {
      this.#timers = [setTimeout(this.#look, LOOK_MS), setTimeout(() => this.#giveUp(END_MS / 1000), END_MS)];
    }
  }

  stop() {
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
  }
}
