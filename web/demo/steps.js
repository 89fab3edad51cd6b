/** The four steps: each says what the number will do, then what it did. */
import { byId, element, icon, setText } from "./dom.js";
import { placeOf } from "./story.js";
import { number } from "./words.js";

/** @typedef {import("./types.js").Counted} Counted */
/** @typedef {import("./story.js").Me} Me */
/** @typedef {"tab" | "domain" | "browser" | "purge"} StepName */

/** The number that the license charges for, per charge way. @type {Record<string, (counted: Counted) => number>} */
const CHARGED = {
  per_device: ({ devices }) => devices,
  concurrent_device: ({ concurrentDevices }) => concurrentDevices,
  per_scan: ({ scans }) => scans,
};

/** @type {Record<StepName, (counted: Counted, me: Me) => boolean>} */
const HAS_HAPPENED = {
  tab: (_, me) => me.tabs > 1,
  domain: ({ deviceList }, me) =>
    deviceList.map(placeOf).some(({ browser, site }) => browser === me.browser && site !== null && site !== me.site),
  browser: ({ deviceList }, me) => deviceList.map(placeOf).some(({ browser }) => browser !== me.browser),
  purge: ({ deviceList }, me) =>
    deviceList.some((device) => device.purged && isMine(device, me)) &&
    deviceList.some((device) => device.deviceUuid === me.deviceUuid && !device.purged),
};

/** @param {import("./types.js").CountedDevice} device @param {Me} me */
function isMine(device, me) {
  const { browser, site } = placeOf(device);
  return browser === me.browser && site === me.site;
}

/** What the number will do. @type {Record<string, (name: StepName, from: number) => string>} */
const PREDICTED = {
  per_device: (name, from) => {
    if (name === "tab") return `Same device: stays ${number(from)}`;
    const change = `${number(from)} becomes ${number(from + 1)}`;
    return name === "purge" ? `${change}, the old one stays` : `Another device: ${change}`;
  },
  concurrent_device: (name, from) => {
    if (name === "tab") return `Same device: stays ${number(from)}`;
    const change = `${number(from)} becomes ${number(from + 1)}`;
    return name === "purge" ? `${change}, back to ${number(from)} after 3 min` : `${change} while both scan`;
  },
  per_scan: (_, from) => `Scans stay ${number(from)}`,
};

export class Steps {
  #words;
  /** @type {Map<StepName, { before: number | null, outcome: string | null, line: HTMLElement, item: HTMLElement }>} */
  #steps = new Map();
  #code = "";

  /** @param {Record<StepName, { title: string, control: HTMLElement }>} words */
  constructor(words) {
    this.#words = words;
    const names = /** @type {StepName[]} */ (Object.keys(words));
    const items = names.map((name, index) => {
      const line = element("p", { class: "hint outcome" });
      const mark = element("span", { class: "number", "aria-hidden": "true" }, String(index + 1));
      const { title, control } = this.#words[name];
      const item = element("li", { class: "step" }, mark, element("div", {}, element("h3", {}, title), line), control);
      this.#steps.set(name, { before: null, outcome: null, line, item });
      return item;
    });
    byId("steps").replaceChildren(...items);
  }

  /**
   * @param {Counted | null} counted
   * @param {Me} me
   */
  show(counted, me) {
    if (!counted) return;
    if (counted.handshakeCode !== this.#code) this.#start(counted.handshakeCode);
    const charged = CHARGED[counted.chargeWay](counted);
    for (const [name, step] of this.#steps) {
      if (step.outcome === null && HAS_HAPPENED[name](counted, me)) {
        step.outcome = outcomeOf(counted.chargeWay, step.before, charged);
        step.item.classList.add("done");
        step.item.querySelector(".number")?.replaceChildren(icon("check"));
      }
      if (step.outcome === null) step.before = charged;
      setText(step.line, step.outcome ?? PREDICTED[counted.chargeWay](name, charged));
    }
  }

  /** @param {string} code */
  #start(code) {
    this.#code = code;
    let index = 0;
    for (const step of this.#steps.values()) {
      index += 1;
      step.before = null;
      step.outcome = null;
      step.item.classList.remove("done");
      step.item.querySelector(".number")?.replaceChildren(String(index));
    }
  }
}

/**
 * Says what the number did; where this page did not see it happen, it claims no number.
 * @param {string} chargeWay
 * @param {number | null} before
 * @param {number} after
 */
function outcomeOf(chargeWay, before, after) {
  if (chargeWay === "per_scan") return "Done: scans did not change by it";
  if (before === null) return "Done before this page was opened";
  return before === after ? `Done: stayed ${number(after)}` : `Done: ${number(before)} became ${number(after)}`;
}
