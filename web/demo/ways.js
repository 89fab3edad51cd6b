/** The charge ways side by side: what the same scans count as, by the license server's own advisor. */
import { byId, element, rebuild } from "./dom.js";
import { number } from "./words.js";

/** @typedef {import("./types.js").Counted} Counted */
/** @typedef {import("./types.js").CountedWay} CountedWay */

/** @type {Record<string, string>} */
const NAMES = {
  scan: "Scans",
  "device-366": "Devices, each for 366 days",
  "device-90": "Devices, each for 90 days",
  "concurrent-device": "Concurrent devices",
};

export class Ways {
  /** What each code had counted when this page first asked. @type {Map<string, Map<string, number>>} */
  #before = new Map();
  #body = byId("ways-body");

  /** @param {Counted | null} counted null as long as there is no answer */
  show(counted) {
    if (!counted) return;
    const { handshakeCode, chargeWay, ways } = counted;
    let before = this.#before.get(handshakeCode);
    if (!before) {
      before = new Map(ways.map(({ name, counted }) => [name, counted]));
      this.#before.set(handshakeCode, before);
    }
    const rows = ways.map((way) => ({
      name: way.name,
      counted: number(way.counted),
      now: way.chargeWay === "concurrent_device" && way.atEnd !== null ? `${number(way.atEnd)} now` : "",
      added: addedWords(way.counted - (before.get(way.name) ?? 0)),
      isCharged: way.chargeWay === chargeWay && way.deviceLifetimeDays !== 90,
    }));
    rebuild(this.#body, JSON.stringify([handshakeCode, rows]), () => rows.map(rowOf));
  }
}

/** @param {number} added never less than none within a day; at midnight (UTC) a new one begins */
function addedWords(added) {
  return added > 0 ? `+${number(added)}` : "none";
}

/** @param {{ name: string, counted: string, now: string, added: string, isCharged: boolean }} row */
function rowOf({ name, counted, now, added, isCharged }) {
  return element(
    "tr",
    { class: isCharged ? "is-charged" : "", "data-way": name },
    element(
      "th",
      { scope: "row" },
      NAMES[name] ?? name,
      isCharged ? element("span", { class: "hint" }, "Charged") : null,
    ),
    element("td", {}, element("strong", {}, counted), now ? element("span", { class: "hint" }, now) : null),
    element("td", {}, added),
  );
}
