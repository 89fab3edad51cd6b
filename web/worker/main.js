/**
 * @file The worker that a page's trackers live in: starts Python, then passes messages between page and shell.
 *
 * What arrives while Python starts waits here in order, with the times at which the page made it.
 */

import { openAssets } from "./assets.js";
import { start } from "./runtime.js";
import { Shell } from "./shell.js";
import { IndexedDbStore } from "./store.js";

/**
 * What the page says; the first one is `Start`.
 *
 * @typedef {{ type: "Start", assetBase: string, manifestSha384: string, timeOriginMs: number }
 *   | { type: "Open", tracker: string, input: string }
 *   | { type: "Input", tracker: string, input: string, call: string | null }
 *   | { type: "Forget", tracker: string }} FromPage
 */

/**
 * What the page hears: the shell's words, and how the start went.
 *
 * @typedef {import("./shell.js").Said | { type: "Started" } | { type: "Failed", message: string }} ToPage
 */

/** @type {Shell | undefined} */
let shell;
/** @type {FromPage[]} */
const waiting = [];

/** @param {ToPage} message */
function say(message) {
  self.postMessage(message);
}

/**
 * @param {Shell} running
 * @param {FromPage} message
 */
function pass(running, message) {
  switch (message.type) {
    case "Open":
      return running.open(message.tracker, message.input);
    case "Input":
      return running.feedText(message.tracker, message.input, message.call);
    case "Forget":
      return running.forget(message.tracker);
    default:
      throw new Error(`the page said ${JSON.stringify(message.type)}, which this worker does not know`);
  }
}

/** @param {Extract<FromPage, { type: "Start" }>} message */
async function boot({ assetBase, manifestSha384, timeOriginMs }) {
  const { call } = await start(await openAssets(assetBase, manifestSha384));
  const store = new IndexedDbStore({ onLost: () => running.storeQueue.check() });
  const running = new Shell({ call, store, say, timeOriginMs });
  shell = running;
  say({ type: "Started" });
  for (const message of waiting.splice(0)) {
    pass(running, message);
  }
}

self.addEventListener("message", ({ data }) => {
  const message = /** @type {FromPage} */ (data);
  if (message.type === "Start") {
    boot(message).catch((error) =>
      say({ type: "Failed", message: error instanceof Error ? error.message : `${error}` }),
    );
  } else if (shell === undefined) {
    waiting.push(message);
  } else {
    pass(shell, message);
  }
});
