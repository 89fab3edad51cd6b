/** Keeps panels up to date without a reload: each is read again some seconds after its last answer came. */

/**
 * @typedef {object} Panel a part of a page
 * @property {HTMLElement} element
 * @property {number} everyMs how long after an answer it is read again
 * @property {() => Promise<void>} refresh reads and shows
 * @property {() => void} [close] called when its page is left
 */

/** What is tried again while the server is away. */
export const RETRY_MS = 8_000;

export class Live {
  /**
   * @param {Panel[]} panels
   * @param {object} watcher
   * @param {() => void} watcher.isUpdated
   * @param {(error: unknown) => void} watcher.hasFailed
   */
  constructor(panels, { isUpdated, hasFailed }) {
    this.panels = panels;
    this.isUpdated = isUpdated;
    this.hasFailed = hasFailed;
    this.isStopped = false;
    /** Panels whose figures are old: as long as there is one, the page is not up to date. @type {Set<Panel>} */
    this.failing = new Set();
    /** @type {Map<Panel, ReturnType<typeof setTimeout>>} */
    this.timers = new Map();
    /** Panels that are being read, and whether they are wanted once more. @type {Map<Panel, boolean>} */
    this.reading = new Map();
    this.resume = () => {
      // Nobody looks: nothing is read. Who comes back sees it fresh.
      if (!document.hidden) for (const panel of panels) this.now(panel);
    };
    document.addEventListener("visibilitychange", this.resume);
  }

  start() {
    return Promise.all(this.panels.map((panel) => this.now(panel)));
  }

  /** Reads a panel now, or once more as soon as it has been read: never twice at once. @param {Panel} panel */
  async now(panel) {
    if (this.reading.has(panel)) {
      this.reading.set(panel, true);
      return;
    }
    clearTimeout(this.timers.get(panel));
    this.reading.set(panel, false);
    const waitMs = await this.read(panel);
    const isWanted = this.reading.get(panel);
    this.reading.delete(panel);
    if (this.isStopped) return;
    if (isWanted) {
      await this.now(panel);
      return;
    }
    this.timers.set(
      panel,
      setTimeout(() => {
        if (!document.hidden) this.now(panel);
      }, waitMs),
    );
  }

  /** @param {Panel} panel @returns {Promise<number>} how long it is good for, ms */
  async read(panel) {
    try {
      await panel.refresh();
      this.failing.delete(panel);
      if (!this.isStopped && this.failing.size === 0) this.isUpdated();
      return panel.everyMs;
    } catch (error) {
      this.failing.add(panel);
      if (!this.isStopped) this.hasFailed(error);
      return Math.max(panel.everyMs, RETRY_MS);
    }
  }

  stop() {
    this.isStopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    document.removeEventListener("visibilitychange", this.resume);
    for (const panel of this.panels) panel.close?.();
  }
}
