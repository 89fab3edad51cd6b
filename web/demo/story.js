/** The grid of browsers and domains: each filled cell is a device. */
import { byId, element, icon, rebuild, setText } from "./dom.js";
import { counted as countedWords, day, number, span } from "./words.js";

/** @typedef {import("./types.js").CountedDevice} CountedDevice */
/** @typedef {import("./types.js").Counted} Counted */
/** @typedef {{ name: string, origin: string }} Site */
/** @typedef {{ browser: string, site: string, deviceUuid: string | null, isInMemory: boolean, tabs: number }} Me */

/** More devices than this in one cell are named by their number. */
const MOST_IN_A_CELL = 3;

/**
 * Splits "Chrome on shop-a", the friendly name that this page gives its trackers.
 * @param {CountedDevice} device
 */
export function placeOf({ friendlyName }) {
  const match = /^(.+) on (\S+)$/.exec(friendlyName ?? "");
  return match ? { browser: match[1], site: match[2] } : { browser: friendlyName ?? "No name", site: null };
}

export class Story {
  #sites;

  /** @param {Site[]} sites */
  constructor(sites) {
    this.#sites = sites;
    byId("grid-columns").replaceChildren(element("col", { class: "names" }), ...sites.map(() => element("col")));
    const heads = sites.map(({ name, origin }) => {
      const rest = new URL(origin).host.slice(name.length + 1);
      return element("th", { scope: "col" }, element("strong", {}, name), rest);
    });
    byId("grid-head").replaceChildren(element("tr", {}, element("td"), ...heads));
  }

  /**
   * @param {Counted | null} counted null while nothing is known
   * @param {Me} me
   */
  show(counted, me) {
    const count = counted ? `${number(counted.devices)} ${counted.devices === 1 ? "device" : "devices"}` : "";
    setText(byId("story-count"), count);
    const rows = this.#rows(counted?.deviceList ?? [], me);
    const now = counted ? Date.parse(counted.now) : 0;
    const drawn = rows.map(({ browser, hint, cells }) => ({
      browser,
      hint,
      cells: cells.map((devices) => devices.map((device) => cardOf(device, me, now))),
    }));
    const isLoading = counted === null;
    rebuild(byId("grid-body"), JSON.stringify([isLoading, drawn]), () =>
      drawn.map(({ browser, hint, cells }) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, element("strong", {}, browser), hint),
          ...cells.map((cards) => element("td", {}, ...cellContent(cards, isLoading))),
        ),
      ),
    );
  }

  /**
   * This browser first, then the others in the order in which they came; at least one row invites another browser.
   * @param {CountedDevice[]} devices
   * @param {Me} me
   */
  #rows(devices, me) {
    const browsers = [me.browser, ...devices.map((device) => placeOf(device).browser)];
    const rows = [...new Set(browsers)].map((browser) => ({
      browser,
      hint: browser === me.browser ? "this one" : "another one",
      cells: this.#sites.map(({ name }, index) =>
        devices.filter((device) => {
          const place = placeOf(device);
          return place.browser === browser && (place.site === name || (place.site === null && index === 0));
        }),
      ),
    }));
    if (rows.length === 1) rows.push({ browser: "Other", hint: "browser", cells: this.#sites.map(() => []) });
    return rows;
  }
}

/**
 * @param {CountedDevice} device
 * @param {Me} me
 * @param {number} now
 */
function cardOf(device, me, now) {
  const name = device.deviceUuid.slice(0, 8);
  if (device.deviceUuid === me.deviceUuid) {
    if (me.isInMemory) return { kind: "memory-only", name, lines: ["In memory only,", "new at each reload"] };
    return { kind: "here", name, lines: ["You are here", `${countedWords(me.tabs, "tab")} open`] };
  }
  if (device.purged) {
    const end = Date.parse(device.removalTime);
    const until = end - now < 86_400_000 ? `for ${span(end - now)}` : `until ${day(end)}`;
    return { kind: "purged", name, lines: ["Purged here, counted", until] };
  }
  if (device.storage === "memory")
    return { kind: "memory-only", name, lines: ["In memory only,", "new at each reload"] };
  const seen = now - Date.parse(device.lastSeen);
  const active = seen < 5000 ? "just now" : `${span(seen)} ago`;
  return { kind: "other", name, lines: [device.seated ? "Active" : "Without a seat", active] };
}

/**
 * @param {{ kind: string, name: string, lines: string[] }[]} cards
 * @param {boolean} isLoading
 */
function cellContent(cards, isLoading) {
  if (isLoading) {
    return [
      element("div", { class: "cell loading" }, element("span", { class: "bar" }), element("span", { class: "bar" })),
    ];
  }
  if (cards.length === 0) return [element("div", { class: "cell none" }, "Not counted yet")];
  // Oldest first is the order of the list; what lives now is worth more room than what is gone.
  const sorted = [...cards].sort((one, other) => weight(one.kind) - weight(other.kind));
  const shown = sorted
    .slice(0, MOST_IN_A_CELL)
    .map(({ kind, name, lines }) =>
      element(
        "div",
        { class: `cell ${kind}` },
        element(
          "span",
          { class: "name" },
          icon(kind === "memory-only" ? "warning" : "browser"),
          element("code", {}, name),
        ),
        ...lines.map((line) => element("span", {}, line)),
      ),
    );
  if (cards.length > MOST_IN_A_CELL) {
    shown.push(element("div", { class: "cell" }, `and ${countedWords(cards.length - MOST_IN_A_CELL, "more device")}`));
  }
  return shown;
}

/** @param {string} kind */
const weight = (kind) => ["here", "memory-only", "other", "purged"].indexOf(kind);
