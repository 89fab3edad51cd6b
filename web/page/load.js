/** @file Loads what only a tracker at work needs. */

import { TrackerError } from "./errors.js";

/** @typedef {typeof import("./engine.js")} Engine */

/** Some failures are never reported by the browser, so waiting has an end. */
const LOAD_TIMEOUT_MS = 60_000;

/** @type {Promise<Engine> | undefined} */
let loading;

/**
 * Loads it once for all trackers, so that they join the runtime in the order in which they began: Chromium answers two
 * imports of one module in any order, and a tracker that was closed would take the page off after its successor joined.
 *
 * @returns {Promise<Engine>}
 * @throws {TrackerError} `LOAD_FAILED` or `LOAD_TIMEOUT`; the next one tries again
 */
export function loadEngine() {
  loading ??= importEngine();
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

/** @returns {Promise<Engine>} */
function importEngine() {
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
