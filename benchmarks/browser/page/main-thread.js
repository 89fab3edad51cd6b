/** @file How the page's main thread fares meanwhile. */

/** Shorter than what a person notices, and rare enough to cost nothing that shows. */
const BEAT_MS = 10;

/** Watches from its construction on. */
export class MainThread {
  #longestGapMs = 0;
  #lastBeat = performance.now();
  #timer = setInterval(() => this.#beat(), BEAT_MS);
  /** @type {PerformanceEntry[]} */
  #longTasks = [];
  /** @type {PerformanceObserver | undefined} */
  #observer;

  constructor() {
    if (PerformanceObserver.supportedEntryTypes.includes("longtask")) {
      this.#observer = new PerformanceObserver((list) => this.#longTasks.push(...list.getEntries()));
      this.#observer.observe({ type: "longtask" });
    }
  }

  /**
   * @returns {Promise<{ longestBlockMs: number, longTasks: number | null }>} for how long at most a timer came too late;
   *   how many tasks of over 50 ms the browser saw, `null` where it does not say
   */
  async end() {
    // Told of a task after it has ended.
    await new Promise((resolve) => setTimeout(resolve, 2 * BEAT_MS));
    clearInterval(this.#timer);
    this.#longTasks.push(...(this.#observer?.takeRecords() ?? []));
    this.#observer?.disconnect();
    return { longestBlockMs: this.#longestGapMs, longTasks: this.#observer ? this.#longTasks.length : null };
  }

  #beat() {
    const now = performance.now();
    this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastBeat - BEAT_MS);
    this.#lastBeat = now;
  }
}
