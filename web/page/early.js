/**
 * @file The shared worker, asked for before the code is here that talks to it: on a site's next page it runs already, and
 * on the first one its script comes beside that code, not after it.
 */

import { page } from "./random.js";
import { scriptUrl } from "./script-url.js";

/** @typedef {{ worker: SharedWorker, hasFailed: boolean }} Early `hasFailed`: its script did not load */

/** @type {Map<string, Early | undefined>} those that this page load has asked for, by address; nothing once it is taken */
const asked = new Map();

/**
 * Asks for the worker and bids it start, once in a page load. What it says meanwhile waits in its port.
 *
 * @param {import("./options.js").Given} given
 */
export function askEarly({ texts, assetBase, manifestSha384 }) {
  const url = `${assetBase}worker/main.js`;
  try {
    // One of another origin is not shared. And if the consent was taken back before that code is here, nobody would tell
    // the worker, which may just be making what is deleted.
    if (!asked.has(url) && url.startsWith(`${location.origin}/`) && texts.get("consent") !== '"required"') {
      asked.set(url, undefined);
      const worker = sharedWorker(url, manifestSha384);
      const early = { worker, hasFailed: false };
      worker.onerror = (event) => {
        event.preventDefault();
        early.hasFailed = true;
      };
      worker.port.postMessage({ type: "Start", page, assetBase, manifestSha384 });
      asked.set(url, early);
    }
  } catch {
    // Who asks for it later finds another way, or says why there is none.
  }
}

/**
 * Hands over the one that was asked for.
 *
 * @param {string} url
 */
export function takeEarly(url) {
  const early = asked.get(url);
  asked.set(url, undefined);
  return early;
}

/**
 * @param {string} url
 * @param {string} build
 * @returns {SharedWorker}
 */
export function sharedWorker(url, build) {
  // Chromium keeps such a worker for the next page of the site; other browsers do not know the option.
  const options = { type: "module", name: `dlt-web ${build}`, extendedLifetime: true };
  return new SharedWorker(scriptUrl(url), /** @type {WorkerOptions} */ (options));
}
