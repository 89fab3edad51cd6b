/** The page around the panels: navigation, code and time, what is up to date, and signing in anew. */
import { byId, element, icon } from "../demo/dom.js";
import { Refused, Unreachable } from "./api.js";
import { Live, RETRY_MS } from "./live.js";
import { makeOpenCount } from "./open-alerts.js";
import { addressOf, PAGES, placeOf, RANGES, usageFileOf } from "./place.js";
import { second } from "./words.js";

/**
 * @typedef {import("./api.js").Api} Api
 * @typedef {import("./place.js").Place} Place
 * @typedef {import("./place.js").PageName} PageName
 * @typedef {import("./place.js").RangeName} RangeName
 * @typedef {import("./live.js").Panel} Panel
 * @typedef {(desk: Desk) => { panels: Panel[], layout: Node[] }} Page
 */

/** Codes that the picker offers; more of them are found on their own page. */
const PICKED_CODES = 200;
const CODES_EVERY_MS = 60_000;

export class Desk {
  /** @param {Api} api @param {Record<PageName, Page>} pages */
  constructor(api, pages) {
    this.api = api;
    this.pages = pages;
    /** @type {Place} */
    this.place = placeOf(location.search);
    /** @type {Live | null} */
    this.live = null;
    /** @type {Live | null} */
    this.openCount = null;
    this.offsetMs = 0;
    this.turn = 0;
    this.picker = /** @type {HTMLSelectElement} */ (byId("code"));
    this.picker.addEventListener("change", () => this.go({ code: this.picker.value }));
    addEventListener("popstate", () => {
      this.place = placeOf(location.search);
      this.open();
    });
    for (const name of ["pointerdown", "click"]) byId("export").addEventListener(name, () => this.renewExport());
    byId("skip").addEventListener("click", (event) => {
      event.preventDefault();
      byId("main").focus();
    });
    this.makeNavigation();
  }

  /** The server's time now, ms; a browser's own clock may be wrong. */
  now() {
    return Date.now() + this.offsetMs;
  }

  /** What changes once a minute: for lists that say how long ago something was. */
  minute() {
    return Math.floor(this.now() / 60_000);
  }

  /** Whether the key may change anything. */
  get mayChange() {
    return this.api.session?.scope === "manage";
  }

  /** Shows whose session it is. */
  meet() {
    const { session } = this.api;
    if (!session) return;
    this.offsetMs = Date.parse(session.serverTime) - Date.now();
    byId("who").textContent = session.key;
    byId("scope").textContent = `, scope ${session.scope}`;
  }

  makeNavigation() {
    for (const [name, { title, icon: sign }] of Object.entries(PAGES)) {
      const link = this.link(/** @type {PageName} */ (name), title);
      link.classList.add("page-link");
      link.prepend(icon(sign));
      link.dataset.page = name;
      byId("pages").append(element("li", {}, link));
    }
    for (const [name, { name: words }] of Object.entries(RANGES)) {
      const press = element("button", { class: "button", type: "button", "data-range": name }, words);
      press.addEventListener("click", () => this.go({ range: /** @type {RangeName} */ (name) }));
      byId("ranges").append(press);
    }
  }

  /**
   * Makes a link to another page of the dashboard, which keeps code and time; its address is up to date when it is
   * pressed, also in a new tab.
   * @param {PageName} page
   * @param {string} text
   * @param {Partial<Place>} [more]
   */
  link(page, text, more = {}) {
    const target = () => ({ ...this.place, which: /** @type {const} */ ("all"), ...more, page });
    const made = element("a", { href: addressOf(target()) }, text);
    const renew = () => made.setAttribute("href", addressOf(target()));
    made.addEventListener("pointerdown", renew);
    made.addEventListener("click", (event) => {
      renew();
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      this.go({ page, which: "all", ...more });
    });
    return made;
  }

  /** Goes somewhere. @param {Partial<Place>} changes */
  go(changes) {
    const isOtherPage = changes.page !== undefined && changes.page !== this.place.page;
    this.place = { ...this.place, ...changes };
    history.pushState(null, "", addressOf(this.place));
    this.open();
    if (isOtherPage) {
      scrollTo(0, 0);
      byId("title").focus({ preventScroll: true });
    }
  }

  /** Offers the codes, and picks the first one where none is named. */
  async loadCodes() {
    const { data } = await this.api.get(`/v1/admin/overview?limit=${PICKED_CODES}`);
    const names = data.map((/** @type {{ id: string }} */ one) => one.id);
    if (this.place.code && !names.includes(this.place.code)) names.push(this.place.code);
    if (!this.place.code && names.length) this.place = { ...this.place, code: names[0] };
    const shown = names.join("\n");
    if (this.picker.dataset.shown !== shown) {
      this.picker.replaceChildren(
        ...names.map((/** @type {string} */ name) => element("option", { value: name }, name)),
      );
      this.picker.dataset.shown = shown;
    }
    this.picker.value = this.place.code;
    this.picker.disabled = names.length === 0;
  }

  /** Shows the place. */
  async open() {
    this.live?.stop();
    this.turn += 1;
    const { turn } = this;
    const { page, code, range } = this.place;
    document.title = `${PAGES[page].title} · License server`;
    byId("title").textContent = PAGES[page].title;
    if (code && ![...this.picker.options].some((one) => one.value === code)) await this.loadCodes().catch(() => {});
    // Somebody went on meanwhile.
    if (turn !== this.turn) return;
    this.picker.value = code;
    for (const one of document.querySelectorAll("[data-page]")) {
      if (one instanceof HTMLElement) one.ariaCurrent = one.dataset.page === page ? "page" : null;
    }
    for (const one of document.querySelectorAll("[data-range]")) {
      if (one instanceof HTMLElement) one.ariaPressed = String(one.dataset.range === range);
    }
    this.showExport();
    this.openCount ??= this.countOpen();
    const { panels, layout } = this.pages[page](this);
    byId("main").replaceChildren(...layout);
    this.live = new Live(panels, { isUpdated: () => this.isUpdated(), hasFailed: (error) => this.hasFailed(error) });
    await this.live.start();
  }

  /** Keeps the number of open alerts in the navigation, whatever page is shown; the page says where the server is away. */
  countOpen() {
    const count = makeOpenCount(this);
    document.querySelector("[data-page=alerts]")?.append(count.element);
    const live = new Live([count], { isUpdated: () => {}, hasFailed: () => {} });
    live.start();
    return live;
  }

  showExport() {
    const link = byId("export");
    const { page, code } = this.place;
    const isDevices = page === "devices";
    this.renewExport();
    link.replaceChildren(icon("download"), isDevices ? "Export devices" : "Export usage");
    link.hidden = !code;
  }

  /** A chart moves on with time, and what is exported with it: the address is made when it is pressed. */
  renewExport() {
    const { page, code, range } = this.place;
    const path =
      page === "devices"
        ? `/v1/admin/devices/export?handshake=${encodeURIComponent(code)}&format=csv`
        : usageFileOf(code, range, this.now());
    byId("export").setAttribute("href", path);
  }

  /** Reads a panel again at once. @param {Panel} panel */
  again(panel) {
    this.live?.now(panel);
  }

  isUpdated() {
    const shown = byId("updated");
    shown.classList.remove("is-away");
    shown.replaceChildren(element("span", { class: "dot" }), `Updated ${second(this.now())} UTC`);
  }

  /** @param {unknown} error */
  hasFailed(error) {
    const shown = byId("updated");
    shown.classList.add("is-away");
    shown.replaceChildren(icon("offline"), failureWords(error));
    // That figures are up to date again and again is nothing to be told; that they are not is.
    this.say(failureWords(error));
    if (!(error instanceof Refused) && !(error instanceof Unreachable)) reportError(error);
  }

  /** Says something to those who do not see it. @param {string} words */
  say(words) {
    byId("said").textContent = words;
  }

  keepCodes() {
    setInterval(() => document.hidden || this.loadCodes().catch(() => {}), CODES_EVERY_MS);
  }
}

/**
 * Says why figures are not up to date, and when they will be.
 * @param {unknown} error
 */
export function failureWords(error) {
  if (error instanceof Unreachable) return `Server not reached. Next try in ${RETRY_MS / 1000} s.`;
  return error instanceof Refused ? error.message : "The page failed to show this. Load it again.";
}
