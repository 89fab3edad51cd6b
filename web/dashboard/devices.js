/** Devices of a code: searched and read page by page, looked at one by one, released. */
import { element, icon, rebuild } from "../demo/dom.js";
import { confirmed } from "./ask.js";
import { awayWords, goneOf } from "./chosen.js";
import { deviceTable } from "./device-rows.js";
import { lengthOf, partWords } from "./list-place.js";
import { button, card, nothing } from "./parts.js";
import { releaseAll } from "./release.js";
import { counted, number } from "./words.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./place.js").Which} Which
 * @typedef {object} Device a device as the server lists it
 * @property {string} handshakeCode
 * @property {string} deviceUuid
 * @property {string | null} licenseId
 * @property {string} firstSeen
 * @property {string} lastSeen
 * @property {string} removalTime
 * @property {string} storage
 * @property {boolean} partitioned
 * @property {string | null} friendlyName
 * @property {boolean} seated
 * @property {boolean} unseated
 * @property {boolean} cloned
 * @property {number} scans
 */

const EVERY_MS = 5_000;
const SEARCHED_EVERY_MS = 120_000;
/** What the server looks at for one answer; it goes on where it ended. */
export const LOOKS = 50_000;
/** A text that can only begin a UUID, so names need not be looked at. */
const LIKE_A_UUID = /^[0-9a-f]{6,8}(-[0-9a-f-]{0,27})?$/i;

/** @type {Record<Which, string>} */
const WHICH = { all: "All devices", unseated: "Without a seat", gap: "With gaps", clone: "Copied" };

/**
 * Gives the path of the first page of devices.
 * @param {{ code: string, which: Which, search: string, limit: number }} wanted
 */
export function pathOf({ code, which, search, limit }) {
  const query = new URLSearchParams({ handshake: code, limit: String(limit) });
  if (which === "gap" || which === "clone") query.set("oddity", which);
  else query.set("looks", String(LOOKS));
  if (which === "unseated") query.set("unseated", "true");
  if (search && (which === "all" || which === "unseated")) {
    const name = LIKE_A_UUID.test(search) ? "uuid" : "search";
    query.set(name, name === "uuid" ? search.toLowerCase() : search);
  }
  return `/v1/admin/devices?${query}`;
}

/**
 * Makes the panel.
 * @param {Desk} desk
 * @param {{ limit: number, isWhole: boolean, chosen: Set<string> }} options `chosen` are the UUIDs chosen by now
 */
export function makeDevices(desk, options) {
  return new Devices(desk, options).panel;
}

class Devices {
  /** @param {Desk} desk @param {Parameters<typeof makeDevices>[1]} options */
  constructor(desk, { limit, isWhole, chosen }) {
    this.desk = desk;
    this.limit = limit;
    this.isWhole = isWhole;
    this.search = "";
    /** @type {{ path: string, first: number }[]} the pages before this one */
    this.before = [];
    this.path = "";
    /** @type {Which} */
    this.which = "all";
    /** The place of the page's first device in the list, from 1. */
    this.first = 1;
    /** @type {import("./list-place.js").Lengths | null} */
    this.lengths = null;
    this.isComplete = false;
    /** @type {string | null} */
    this.next = null;
    /** @type {Device[]} */
    this.rows = [];
    this.chosen = chosen;
    this.turn = 0;
    this.release = button("Release", () => this.askToRelease(), { class: "button danger", disabled: true });
    this.table = element("div", { class: "table-frame" });
    this.foot = element("div", { class: "card-foot" });
    this.words = element("p", { class: "small looked", role: "status" });
    this.away = element("div", { class: "chosen-away" });
    const made = card("Devices", { actions: [this.searchForm(), this.release], className: "devices" });
    this.count = made.aside;
    made.body.append(...(isWhole ? [this.whichRow()] : []), this.words, this.away, this.table, this.foot);
    this.panel = { element: made.element, everyMs: EVERY_MS, refresh: () => this.refresh() };
    this.begin();
  }

  /** Goes to the first page of what is wanted. */
  begin() {
    const { code, which } = this.desk.place;
    this.which = this.isWhole ? which : "all";
    this.path = pathOf({ code, which: this.which, search: this.search, limit: this.limit });
    this.before = [];
    this.first = 1;
    this.turn += 1;
  }

  searchForm() {
    const field = element("input", { type: "search", class: "field", placeholder: "UUID or name", maxlength: 120 });
    const form = element("form", { class: "device-search", role: "search" });
    form.append(element("label", { class: "search" }, element("span", { class: "unseen" }, "Search devices"), field));
    form.append(element("button", { class: "button square", type: "submit", "aria-label": "Search" }, icon("search")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search = field.value.trim();
      this.begin();
      this.desk.again(this.panel);
    });
    return form;
  }

  whichRow() {
    const select = element("select", { class: "button" });
    for (const [name, words] of Object.entries(WHICH)) select.append(element("option", { value: name }, words));
    select.value = this.desk.place.which;
    select.addEventListener("change", () => this.desk.go({ which: /** @type {Which} */ (select.value) }));
    return element(
      "div",
      { class: "search-row" },
      element("label", { class: "picker" }, element("span", { class: "small" }, "Show"), select),
    );
  }

  /** Reads the page, and goes on looking until it is full or there is no more; each answer is shown as it comes. */
  async refresh() {
    if (!this.desk.place.code) return;
    const { turn } = this;
    /** @type {Device[]} */
    const rows = [];
    let next = /** @type {string | null} */ (this.path);
    let looked = 0;
    while (next !== null && rows.length < this.limit) {
      const answer = await this.desk.api.get(next);
      if (turn !== this.turn) return;
      rows.push(...answer.data);
      next = answer.next;
      looked += LOOKS;
      if (next !== null && rows.length < this.limit) {
        this.words.textContent = `${counted(rows.length, "device")} found. Looked at ${number(looked)} so far.`;
        this.show(rows, null, false);
      }
    }
    this.words.textContent = "";
    this.show(rows, next, true);
    // What takes the server many answers is not asked for again and again.
    this.panel.everyMs = looked > LOOKS ? SEARCHED_EVERY_MS : EVERY_MS;
    await this.showCount();
  }

  async showCount() {
    const { data } = await this.desk.api.get(
      `/v1/admin/devices/count?handshake=${encodeURIComponent(this.desk.place.code)}`,
    );
    this.lengths = data;
    this.count.textContent = `${number(data.devices)} with a seat`;
    this.showFoot();
  }

  /** @param {Device[]} rows @param {string | null} next @param {boolean} isComplete */
  show(rows, next, isComplete) {
    this.rows = rows;
    this.next = next;
    this.isComplete = isComplete;
    for (const one of goneOf(this.chosen, { rows, path: this.path, next, isComplete })) this.chosen.delete(one);
    rebuild(this.table, JSON.stringify([rows, this.desk.minute(), [...this.chosen]]), () => [
      rows.length ? deviceTable(this.desk, rows, this.chosen, () => this.showRelease()) : nothing(this.emptyWords()),
    ]);
    this.showFoot();
    this.showRelease();
  }

  emptyWords() {
    if (this.search) return `No device has ${this.search} in its name, or a UUID that begins with it.`;
    if (this.isWhole && this.desk.place.which !== "all") return "No such device. Nothing to do here.";
    return "No device yet. The first one appears when an app starts.";
  }

  showFoot() {
    const part = { first: this.first, shown: this.rows.length, isEnd: this.next === null };
    const words = this.isComplete ? partWords(part, lengthOf(this.lengths, this)) : "";
    rebuild(this.foot, JSON.stringify([this.next, this.before.length, words]), () => this.pages(words));
  }

  /** @param {string} words which ones are shown */
  pages(words) {
    const found = /** @type {Node[]} */ (words ? [element("p", { class: "small part" }, words)] : []);
    if (this.before.length) {
      const press = () => {
        const { path, first } = this.before.pop() ?? this;
        this.goTo(path, first);
      };
      found.push(button("Previous", press, { "data-key": "previous" }));
    }
    const { next } = this;
    if (next) {
      const press = () => {
        this.before.push({ path: this.path, first: this.first });
        this.goTo(next, this.first + this.rows.length);
      };
      found.push(button("Next", press, { "data-key": "next" }));
    }
    found.push(element("p", { class: "small" }, "A released device takes a seat again if it comes back."));
    return found;
  }

  /** @param {string} path @param {number} first */
  goTo(path, first) {
    this.path = path;
    this.first = first;
    this.turn += 1;
    this.desk.again(this.panel);
  }

  showRelease() {
    const { size } = this.chosen;
    this.release.disabled = size === 0 || !this.desk.mayChange;
    this.release.textContent = size ? `Release ${number(size)}` : "Release";
    const away = awayWords(this.chosen, this.rows);
    rebuild(this.away, away, () =>
      away ? [element("p", { class: "small" }, away), button("Choose none", () => this.chooseNone())] : [],
    );
    this.release.title = this.desk.mayChange ? "" : "This key may only read.";
  }

  chooseNone() {
    this.chosen.clear();
    this.show(this.rows, this.next, false);
    this.desk.say("No device is chosen.");
    // The button is gone, and the focus goes on from where it was.
    this.panel.element.querySelector("input")?.focus();
  }

  askToRelease() {
    const { size } = this.chosen;
    const what = counted(size, "device");
    let released = 0;
    const it = size === 1 ? "It takes a seat again if it comes back." : "They take seats again if they come back.";
    const words = [it, awayWords(this.chosen, this.rows)].filter(Boolean).join(" ");
    confirmed({ title: `Release ${what}?`, words, yes: `Release ${what}` }, async () => {
      const code = encodeURIComponent(this.desk.place.code);
      await releaseAll(this.chosen, async (uuid) => {
        await this.desk.api.change("POST", `/v1/admin/devices/${uuid}/release?handshake=${code}`);
        released += 1;
      });
      this.desk.say(`${counted(released, "device")} released.`);
      this.showRelease();
      this.desk.again(this.panel);
    });
  }
}
