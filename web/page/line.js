/**
 * @file How a page reaches the worker: a SharedWorker where the browser has it, so that all tabs of the origin have one
 * Python runtime in common, else a worker of the page's own; of the page's own, too, where the files of the build come
 * from another origin.
 */

import { scriptUrl, shimFor } from "./script-url.js";
import { isForeign } from "./why.js";

/** @typedef {import("../worker/page_line.js").FromPage} FromPage */
/** @typedef {import("../worker/page_line.js").ToPage} ToPage */

/**
 * What the page does when the worker says something, or cannot be had.
 *
 * @typedef {object} Ends
 * @property {(message: ToPage) => void} hear
 * @property {(said: string | undefined) => void} die what the browser says of the worker's death; nothing when its
 *   script did not load
 */

/**
 * @typedef {object} Line
 * @property {boolean} isShared
 * @property {(message: FromPage) => void} post
 * @property {() => void} end ends a worker of the page's own, and leaves a shared one
 */

/**
 * @param {string} url of the worker's script
 * @param {string} build names the build: pages of two builds never share a worker, though their files have one address
 * @param {Ends} ends
 * @returns {Line}
 * @throws {unknown} as the browser says it, where there can be no worker
 */
export function openLine(url, build, ends) {
  if (isForeign(url)) {
    return openOwn(shimFor(url), ends);
  }
  return (typeof SharedWorker === "undefined" ? undefined : openShared(url, build, ends)) ?? openOwn(url, ends);
}

/**
 * @param {string} url
 * @param {string} build
 * @param {Ends} ends
 * @returns {Line | undefined} nothing where the browser refuses a SharedWorker and may yet give the page its own worker
 */
function openShared(url, build, { hear, die }) {
  /** @type {Line} */
  let line;
  const sent = /** @type {FromPage[]} */ ([]);
  let hasAnswered = false;
  try {
    // Chromium keeps such a worker for the next page of the site; other browsers do not know the option.
    const options = { type: "module", name: `dlt-web ${build}`, extendedLifetime: true };
    const worker = new SharedWorker(scriptUrl(url), /** @type {WorkerOptions} */ (options));
    worker.port.addEventListener("message", ({ data }) => {
      hasAnswered = true;
      sent.length = 0;
      hear(data);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      if (hasAnswered) {
        return;
      }
      // Why, a SharedWorker's browser does not say; a worker of the page's own works, or says it.
      hasAnswered = true;
      try {
        Object.assign(line, openOwn(url, { hear, die }));
        sent.splice(0).forEach(line.post);
      } catch {
        die(undefined);
      }
    });
    worker.port.start();
    line = {
      isShared: true,
      post(message) {
        if (!hasAnswered) {
          sent.push(message);
        }
        worker.port.postMessage(message);
      },
      end() {
        worker.port.postMessage({ type: "Bye" });
        worker.port.close();
      },
    };
    return line;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} url
 * @param {Ends} ends
 * @returns {Line}
 */
function openOwn(url, { hear, die }) {
  const worker = new Worker(scriptUrl(url), { type: "module", name: "dlt-web" });
  worker.addEventListener("message", ({ data }) => hear(data));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    die(event.message);
  });
  return { isShared: false, post: (message) => worker.postMessage(message), end: () => worker.terminate() };
}
