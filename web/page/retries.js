/** @file When to try again what failed for want of a network. */

const FIRST_MS = 1_000;
const LAST_MS = 60_000;

/** Python that starts and is lost again and again must not keep the machine busy, so only a long peace counts as one. */
const PEACE_MS = 300_000;

/** Waits longer each time, but no longer than until the browser says that the network is back. */
export class Retries {
  #count = 0;
  #latestMs = Number.NEGATIVE_INFINITY;

  /**
   * @param {() => void} again called once
   * @param {AbortSignal} signal calls it off, or has done so
   */
  later(again, signal) {
    if (signal.aborted) {
      return; // an event that has happened is not heard any more
    }
    const nowMs = performance.now();
    this.#count = nowMs - this.#latestMs > PEACE_MS ? 1 : this.#count + 1;
    this.#latestMs = nowMs;
    const mostMs = Math.min(LAST_MS, FIRST_MS * 2 ** (this.#count - 1));
    const over = new AbortController();
    const waited = setTimeout(() => end(again), (mostMs * (1 + Math.random())) / 2);
    const end = (/** @type {() => void} */ then) => {
      clearTimeout(waited);
      over.abort();
      then();
    };
    // A page without a window has no network of its own to hear of.
    globalThis.addEventListener?.("online", () => end(again), { signal: over.signal });
    signal.addEventListener("abort", () => end(() => {}), { signal: over.signal });
  }
}
