/**
 * @file The worker that pages' trackers live in, dedicated or shared: puts its parts together.
 */

import { openAssets } from "./assets.js";
import { Hub } from "./hub.js";
import { start } from "./runtime.js";
import { Shell } from "./shell.js";
import { IndexedDbStore } from "./store.js";

const isShared = "SharedWorkerGlobalScope" in self;

const hub = new Hub({
  async boot({ assetBase, manifestSha384 }, say) {
    const { call, about } = await start(await openAssets(assetBase, manifestSha384));
    const store = new IndexedDbStore({ onLost: () => shell.storeQueue.check() });
    const shell = new Shell({ call, about, store, say, takesTurns: !isShared });
    return shell;
  },
  // A shared one is left to the browser, which ends it after the origin's last page: Firefox may go on to connect pages
  // to one that has closed itself.
  end: isShared ? undefined : () => self.close(),
});

if (isShared) {
  self.addEventListener("connect", (event) => hub.connect(/** @type {MessageEvent} */ (event).ports[0]));
} else {
  hub.connect(self);
}
