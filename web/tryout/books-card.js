/** Shows what the stand-in has counted, as it says itself, and the last report word for word. */

import { byId, element, rebuild, setText } from "../demo/dom.js";
import { counted, number } from "../demo/words.js";

/** @typedef {{ devices: number, scans: number, bySymbology: Record<string, number>, lost: Record<string, number>, last: object | null }} Shown */

export class BooksCard {
  #url;

  /** @param {string} server the stand-in's address */
  constructor(server) {
    this.#url = `${server}/v1/stand-in`;
  }

  /** Reads and shows it. @param {number} waiting scans that the tracker has not reported yet */
  async refresh(waiting) {
    setText(byId("pending"), waiting ? `${counted(waiting, "scan")} on the way` : "");
    const response = await fetch(this.#url).catch(() => null);
    if (!response?.ok) return; // the stand-in starts, or its storage is in trouble: the license says so
    const shown = /** @type {Shown} */ (await response.json());
    const facts = factsOf(shown);
    rebuild(byId("books"), JSON.stringify(facts), () =>
      facts.map(([name, words]) => element("div", {}, element("dt", {}, name), element("dd", {}, words))),
    );
    setText(byId("report"), shown.last ? JSON.stringify(shown.last, null, 2) : "None yet.");
  }
}

/** @param {Shown} shown @returns {[string, string][]} */
function factsOf({ devices, scans, bySymbology, lost }) {
  const sorted = Object.entries(bySymbology).sort(([, left], [, right]) => right - left);
  return [
    ["Scans", number(scans)],
    ...sorted.map(([name, count]) => /** @type {[string, string]} */ ([name, number(count)])),
    ["Devices", number(devices)],
    ...Object.entries(lost).map(([why, count]) => /** @type {[string, string]} */ ([`Lost, ${why}`, number(count)])),
  ];
}
