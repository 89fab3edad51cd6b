/** The three counter tiles: a radio group that chooses what the license charges for. */
import { byId, element, setText } from "./dom.js";
import { CHARGE_WAYS, minuteUtc, number } from "./words.js";

/** @typedef {import("./types.js").Counted} Counted */

/** @type {Record<string, { hint: string, amount: (counted: Counted) => number }>} */
const TILES = {
  per_device: { hint: "Each stays 366 days after its last report", amount: ({ devices }) => devices },
  concurrent_device: {
    hint: "Each stays 3 minutes after its last report",
    amount: ({ concurrentDevices }) => concurrentDevices,
  },
  per_scan: { hint: "Each barcode once, no duplicates", amount: ({ scans }) => scans },
};

/** @typedef {{ tile: HTMLElement, radio: HTMLInputElement, mark: HTMLElement, value: HTMLElement, of: HTMLElement, gauge: HTMLElement, hint: HTMLElement }} Tile */

export class Counters {
  /** @type {Map<string, Tile>} */
  #tiles = new Map();

  /**
   * @param {string[]} chargeWays
   * @param {(chargeWay: string) => void} onChoice
   */
  constructor(chargeWays, onChoice) {
    const tiles = chargeWays.map((chargeWay) => {
      const made = tileOf(chargeWay);
      made.radio.addEventListener("change", () => onChoice(chargeWay));
      this.#tiles.set(chargeWay, made);
      return made.tile;
    });
    byId("tiles").replaceChildren(
      element("legend", { class: "unseen" }, "Pick what the license charges for"),
      ...tiles,
    );
  }

  /**
   * @param {Counted | null} counted
   * @param {string} chargeWay the chosen one
   * @param {number | null} staleSince epoch ms
   * @param {boolean} isRefused the license server refused this device because the quota is used up
   */
  show(counted, chargeWay, staleSince, isRefused) {
    const live = byId("live");
    live.classList.toggle("stale", staleSince !== null || counted === null);
    setText(live, staleSince !== null ? "Server not reached" : counted ? "Live" : "Loading");
    byId("tiles").classList.toggle("is-stale", staleSince !== null);
    for (const [name, tile] of this.#tiles) {
      const isCharged = name === chargeWay;
      tile.radio.checked = isCharged;
      tile.tile.classList.toggle("is-charged", isCharged);
      const isFull = isCharged && counted !== null && counted.used >= counted.quota;
      tile.tile.classList.toggle("is-full", isFull);
      setText(tile.mark, isFull ? "Charged, full" : isCharged ? "Charged" : "");
      showAmount(tile, counted && TILES[name].amount(counted), isCharged && counted ? counted.quota : null, staleSince);
      setText(tile.hint, hintOf(name, isFull, staleSince, isRefused));
      tile.gauge.classList.toggle("none", !isCharged);
      const part = isCharged && counted ? Math.min(1, counted.used / Math.max(1, counted.quota)) : 0;
      tile.gauge.style.setProperty("--part", String(part));
    }
  }
}

/** @param {string} chargeWay @returns {Tile} */
function tileOf(chargeWay) {
  const radio = element("input", { type: "radio", name: "charge-way", value: chargeWay });
  const mark = element("span", { class: "mark" });
  const value = element("strong", {}, element("span", { class: "bar amount-bar" }));
  const of = element("span");
  const gauge = element("span", { class: "gauge none", "aria-hidden": "true" });
  const hint = element("span", { class: "hint" });
  const choice = element("span", { class: "choice" }, radio, CHARGE_WAYS[chargeWay].name);
  const amount = element("span", { class: "amount" }, value, of);
  const tile = element("label", { class: "tile" }, choice, mark, amount, gauge, hint);
  return { tile, radio, mark, value, of, gauge, hint };
}

/**
 * @param {Tile} tile
 * @param {number | null} amount
 * @param {number | null} quota
 * @param {number | null} staleSince
 */
function showAmount(tile, amount, quota, staleSince) {
  if (amount === null) {
    if (tile.value.textContent !== "") tile.value.replaceChildren(element("span", { class: "bar amount-bar" }));
    setText(tile.of, "");
    return;
  }
  setText(tile.value, number(amount));
  const of = quota === null ? "" : `of ${number(quota)}`;
  setText(tile.of, staleSince === null ? of : `at ${minuteUtc(staleSince)}`);
}

/**
 * @param {string} name
 * @param {boolean} isFull
 * @param {number | null} staleSince
 * @param {boolean} isRefused
 */
function hintOf(name, isFull, staleSince, isRefused) {
  if (staleSince !== null) return "Server not reached";
  if (isFull && isRefused) return "No device gets a token";
  if (isFull && name !== "per_scan") return "The next device is refused";
  return TILES[name].hint;
}
