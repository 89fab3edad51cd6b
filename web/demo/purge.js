/** Purging this site's data, as one can in a browser's settings: asked for, and then this browser is a new device. */

import { byId, element, setText } from "./dom.js";
import { purgeSiteData } from "./server.js";
import { counted } from "./words.js";

export class Purge {
  #tracking;
  #feed;
  #hasFailed;

  /**
   * @param {import("./tracking.js").Tracking} tracking
   * @param {import("./server.js").CountedFeed} feed
   * @param {(title: string, words: string) => void} hasFailed
   */
  constructor(tracking, feed, hasFailed) {
    this.#tracking = tracking;
    this.#feed = feed;
    this.#hasFailed = hasFailed;
    this.button = element("button", { class: "button", type: "button" }, "Purge…");
    this.button.addEventListener("click", () => this.#ask());
  }

  #ask() {
    const dialog = /** @type {HTMLDialogElement} */ (byId("purge-dialog"));
    const { scans } = this.#tracking.view.pending;
    const sent = scans ? `${counted(scans, "unsent scan")} ${scans === 1 ? "is" : "are"} sent first. ` : "";
    setText(byId("purge-words"), `${sent}Then this browser is a new device.`);
    dialog.returnValue = "cancel";
    dialog.addEventListener("close", () => dialog.returnValue === "purge" && void this.#purge(), { once: true });
    dialog.showModal();
  }

  async #purge() {
    await this.#tracking.flush().catch(() => {}); // offline: the tracker itself sends what it still holds in memory
    try {
      await purgeSiteData(this.#tracking.view.deviceUuid);
    } catch (error) {
      this.#hasFailed("Nothing was purged", `${error instanceof Error ? error.message : error} Try again.`);
    }
    this.#feed.refresh();
  }
}
