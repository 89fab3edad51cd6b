/**
 * @file How a page reaches the worker: a SharedWorker where the browser has it, so that all tabs of the origin have one
 * Python runtime in common, else a worker of the page's own; of the page's own, too, where the files of the build come
 * from another origin.
 */

import { sharedWorker, takeEarly } from "./early.js";
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
 * @param {FromPage} start what the worker hears first
 * @param {Ends} ends
 * @returns {Line}
 * @throws {unknown} as the browser says it, where there can be no worker
 */
export function openLine(url, build, start, ends) {
  const isOwn = isForeign(url) || typeof SharedWorker === "undefined";
  return (isOwn ? undefined : openShared(url, build, start, ends)) ?? openOwn(url, start, ends);
}

/**
 * @param {string} url
 * @param {string} build
 * @param {FromPage} start
 * @param {Ends} ends
 * @returns {Line | undefined} nothing where the browser refuses a SharedWorker and may yet give the page its own worker
 */
function openShared(url, build, start, { hear, die }) {
  /** @type {Line} */
  let line;
  const early = takeEarly(url);
  const sent = /** @type {FromPage[]} */ ([]);
  let hasAnswered = false;
  try {
    const worker = early?.worker ?? sharedWorker(url, build);
    worker.port.addEventListener("message", ({ data }) => {
      hasAnswered = true;
      sent.length = 0;
      hear(data);
    });
    const replace = () => {
      if (hasAnswered) {
        return;
      }
      // Why, a SharedWorker's browser does not say; a worker of the page's own works, or says it.
      hasAnswered = true;
      try {
        Object.assign(line, openOwn(url, start, { hear, die }));
        sent.splice(0).forEach(line.post);
      } catch {
        die(undefined);
      }
    };
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      replace();
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
    if (early === undefined) {
      worker.port.postMessage(start);
    } else if (early.hasFailed) {
      // When whoever asked for the line has it.
      queueMicrotask(replace);
    }
    return line;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} url
 * @param {FromPage} start
 * @param {Ends} ends
 * @returns {Line}
 */
function openOwn(url, start, { hear, die }) {
  const script = isForeign(url) ? shimFor(url) : url;
  const worker = new Worker(scriptUrl(script), { type: "module", name: "dlt-web" });
  worker.addEventListener("message", ({ data }) => hear(data));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    die(event.message);
  });
  worker.postMessage(start);
  return { isShared: false, post: (message) => worker.postMessage(message), end: () => worker.terminate() };
}
