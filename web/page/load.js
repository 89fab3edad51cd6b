/** @file Loads what only a tracker at work needs. */

import { TrackerError } from "./errors.js";

/** @typedef {typeof import("./engine.js")} Engine */

/** Some failures are never reported by the browser, so waiting has an end. */
const LOAD_TIMEOUT_MS = 60_000;

/**
 * @returns {Promise<Engine>}
 * @throws {TrackerError} `LOAD_FAILED` or `LOAD_TIMEOUT`
 */
export function loadEngine() {
  return new Promise((resolve, reject) => {
    const seconds = LOAD_TIMEOUT_MS / 1000;
    const giveUp = () => reject(new TrackerError("LOAD_TIMEOUT", `page/engine.js did not come within ${seconds} s.`));
    const watchdog = setTimeout(giveUp, LOAD_TIMEOUT_MS);
    import("./engine.js")
      .then(resolve, (error) =>
        reject(new TrackerError("LOAD_FAILED", `page/engine.js could not be loaded: ${error}.`)),
      )
      .finally(() => clearTimeout(watchdog));
  });
}
