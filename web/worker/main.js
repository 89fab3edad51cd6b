/**
 * @file The worker that pages' trackers live in, dedicated or shared: puts its parts together.
 */

import { openAssets } from "./assets.js";
import { RuntimeLostError } from "./errors.js";
import { Hub } from "./hub.js";
import { start } from "./runtime.js";
import { Shell } from "./shell.js";
import { IndexedDbStore } from "./store.js";

const isShared = "SharedWorkerGlobalScope" in self;

/** @type {string | null} */
let whyNotBaked = null;

/** @type {IndexedDbStore | undefined} */
let store;

const hub = new Hub({
  async boot({ assetBase, manifestSha384 }, say) {
    /** @type {Shell | undefined} */
    let shell;
    store = new IndexedDbStore({ onLost: () => shell?.storeQueue.check() });
    store.openAhead();
    const { call, about } = await start(await openAssets(assetBase, manifestSha384), whyNotBaked);
    shell = new Shell({ call: restartingWhenLost(call), about, store, say, takesTurns: !isShared });
    return shell;
  },
  erase: async () => store?.forget(),
  // A shared one is left to the browser, which ends it after the origin's last page: Firefox may go on to connect pages
  // to one that has closed itself.
  end: isShared ? undefined : () => self.close(),
});

if (isShared) {
  self.addEventListener("connect", (event) => hub.connect(/** @type {MessageEvent} */ (event).ports[0]));
} else {
  hub.connect(self);
}

/**
 * Python may be lost in the middle of a call, which then fails, and the next one starts from what the pages say again.
 *
 * @param {import("./runtime.js").Call} call
 * @returns {import("./runtime.js").Call}
 */
function restartingWhenLost(call) {
  return (text) => {
    try {
      return call(text);
    } catch (error) {
      if (error instanceof RuntimeLostError && whyNotBaked === null) {
        whyNotBaked = error.message;
        hub.restart();
      }
      throw error;
    }
  };
}
