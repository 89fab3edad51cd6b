/** Sentences about what is wrong, each with the next step; none of them goes away by itself while it is true. */

import { REASONS, waitingScans } from "./device.js";
import { byId, element, icon, setText } from "./dom.js";
import { CHARGE_WAYS, number, span } from "./words.js";

/** @typedef {import("./types.js").TrackerView} TrackerView */
/** @typedef {import("./types.js").Counted} Counted */
/** @typedef {{ key: string, kind: "bad" | "warn" | "plain", icon: string, title: string, words: string, actions?: { label: string, act: () => void }[] }} Notice */

export class Notices {
  #frame = byId("notices");
  /** @type {Map<string, HTMLElement>} */
  #shown = new Map();

  /** @param {Notice[]} notices */
  show(notices) {
    const wanted = new Set(notices.map(({ key }) => key));
    for (const [key, item] of this.#shown) {
      if (wanted.has(key)) continue;
      item.remove();
      this.#shown.delete(key);
    }
    for (const notice of notices) {
      let item = this.#shown.get(notice.key);
      if (!item) {
        item = noticeElement(notice);
        this.#shown.set(notice.key, item);
        this.#frame.append(item);
      }
      const [title, words] = item.querySelectorAll("strong, p");
      setText(title, notice.title);
      setText(words, notice.words);
    }
  }
}

/** @param {Notice} notice */
function noticeElement({ kind, icon: name, actions }) {
  const buttons = (actions ?? []).map(({ label, act }) => {
    const button = element("button", { class: "button", type: "button" }, label);
    button.addEventListener("click", act);
    return button;
  });
  return element(
    "div",
    { class: `notice ${kind}` },
    icon(name),
    element("div", { class: "words" }, element("strong"), element("p")),
    buttons.length ? element("div", { class: "actions" }, ...buttons) : null,
  );
}

/** @param {TrackerView["pending"]} pending @returns {Notice} */
function reportTrouble({ scans, code, message }) {
  const words = `${message ?? ""} (${code}) ${waitingScans(scans)}`.trim();
  return { key: `reports ${code}`, kind: "warn", icon: "warning", title: "Reports are not taken", words };
}

/** @param {number | null} nextTryAt epoch ms @param {number} now epoch ms */
function nextTry(nextTryAt, now) {
  return nextTryAt !== null && nextTryAt - now >= 1000 ? `Next try in ${span(nextTryAt - now)}.` : "Trying now.";
}

/**
 * What the license's state asks of the person before the page.
 * @param {TrackerView} view
 * @param {Counted | null} counted
 * @param {number} now epoch ms
 * @param {{ freeSeat: () => void, retry: () => void }} acts
 * @returns {Notice[]}
 */
export function licenseNotices({ license, pending }, counted, now, { freeSeat, retry }) {
  if (license.state === "offline") {
    const words = `${waitingScans(pending.scans)} ${nextTry(license.nextTryAt ?? null, now)}`;
    return [{ key: "offline", kind: "plain", icon: "offline", title: "Server not reached", words }];
  }
  const tryAgain = { label: "Try again", act: retry };
  if (license.state === "expired") {
    const words = `${waitingScans(pending.scans)} Connect to the license server; counting goes on by itself.`;
    return [
      { key: "expired", kind: "bad", icon: "calendar", title: "The license token ended", words, actions: [tryAgain] },
    ];
  }
  if (license.state !== "refused") return pending.code ? [reportTrouble(pending)] : [];
  if (license.code === "QUOTA_EXHAUSTED") {
    const way = CHARGE_WAYS[counted?.chargeWay ?? ""];
    const used = counted && way ? `: ${number(counted.used)} of ${number(counted.quota)} ${way.unit}s` : "";
    const hasSeats = counted?.chargeWay !== "per_scan";
    const words = hasSeats ? "Free a seat, or pick another charge way." : "Pick another charge way.";
    const actions = hasSeats ? [{ label: "Free a seat", act: freeSeat }, tryAgain] : [tryAgain];
    return [{ key: "quota", kind: "bad", icon: "cross", title: `Quota used up${used}`, words, actions }];
  }
  const title = REASONS[license.code ?? ""] ?? "The license server said no";
  const words = `${license.message ?? ""} (${license.code ?? "no code"})`.trim();
  return [{ key: `refused ${license.code}`, kind: "bad", icon: "cross", title, words, actions: [tryAgain] }];
}
