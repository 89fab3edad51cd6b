/** The charge ways side by side: what the same scans count as, by the license server's own advisor. */
import { byId, element, rebuild, setText } from "./dom.js";
import { Rises } from "./rises.js";
import { minuteUtc, number } from "./words.js";

/** @typedef {import("./types.js").Counted} Counted */
/** @typedef {{ name: string, isCharged: boolean, figures: { counted: string, now: string, risen: string } | null }} Row */

/** In the order of the license server. @type {Record<string, { words: string, chargeWay: string | null }>} */
const WAYS = {
  scan: { words: "Scans", chargeWay: "per_scan" },
  "device-366": { words: "Devices, each for 366 days", chargeWay: "per_device" },
  "device-90": { words: "Devices, each for 90 days", chargeWay: null }, // no license charges so
  "concurrent-device": { words: "Concurrent devices", chargeWay: "concurrent_device" },
};

export class Ways {
  #rises = new Rises();
  #body = byId("ways-body");
  #live = byId("ways-live");

  /**
   * @param {Counted | null} counted of the chosen code; null as long as there is no answer
   * @param {string} chargeWay the chosen one
   * @param {number | null} staleSince epoch ms, as the counter tiles have it
   */
  show(counted, chargeWay, staleSince) {
    const rows = rowsOf(counted, chargeWay, counted && this.#rises.take(counted));
    rebuild(this.#body, JSON.stringify(rows), () => rows.map(rowElement));
    this.#body.classList.toggle("is-stale", staleSince !== null);
    this.#live.hidden = staleSince === null;
    if (staleSince === null) return;
    setText(this.#live, counted ? `Server not reached, as of ${minuteUtc(staleSince)}` : "Server not reached");
  }
}

/**
 * @param {Counted | null} counted
 * @param {string} chargeWay the chosen one
 * @param {Map<string, number | null> | null} rises
 * @returns {Row[]} one for each way, without figures where there is no answer
 */
export function rowsOf(counted, chargeWay, rises) {
  return Object.keys(WAYS).map((name) => {
    const way = counted?.ways.find((one) => one.name === name);
    const isConcurrent = way?.chargeWay === "concurrent_device";
    const figures = way && {
      counted: number(way.counted),
      now: isConcurrent && way.atEnd !== null ? `${number(way.atEnd)} now` : "",
      risen: risenWords(rises?.get(name) ?? null),
    };
    return { name, isCharged: WAYS[name].chargeWay === chargeWay, figures: figures ?? null };
  });
}

/** @param {number | null} risen */
function risenWords(risen) {
  if (risen === null) return "";
  return risen > 0 ? `+${number(risen)}` : "none";
}

/** @param {Row} row */
function rowElement({ name, isCharged, figures }) {
  const mark = isCharged ? element("span", { class: "hint" }, "Charged") : null;
  const bar = () => element("span", { class: "bar" });
  const now = figures?.now ? element("span", { class: "hint" }, figures.now) : null;
  return element(
    "tr",
    { class: isCharged ? "is-charged" : "", "data-way": name },
    element("th", { scope: "row" }, WAYS[name].words, mark),
    element("td", {}, figures ? element("strong", {}, figures.counted) : bar(), now),
    element("td", {}, figures ? figures.risen : bar()),
  );
}
