/** The card of this device and the license pill. */
import { byId, element, icon, rebuild, setText } from "./dom.js";
import { CHARGE_WAYS, countdown, counted, day, minuteUtc, number, span } from "./words.js";

/** @typedef {import("./types.js").TrackerView} TrackerView */
/** @typedef {import("./types.js").LicenseView} LicenseView */

/** @type {Record<LicenseView["state"], { word: string, icon: string, kind: string }>} */
const PILLS = {
  starting: { word: "Starting", icon: "wait", kind: "" },
  licensed: { word: "Licensed", icon: "check", kind: "ok" },
  grace: { word: "Grace", icon: "clock", kind: "warn" },
  offline: { word: "Offline", icon: "offline", kind: "rest" },
  refused: { word: "Refused", icon: "cross", kind: "bad" },
  expired: { word: "Expired", icon: "calendar", kind: "bad" },
};

/** Short reasons of the license server's refusals. @type {Record<string, string>} */
export const REASONS = {
  QUOTA_EXHAUSTED: "Quota used up",
  HANDSHAKE_CODE_UNKNOWN: "Handshake code not known",
  SESSION_PASSWORD_WRONG: "Session password wrong",
  ORIGIN_NOT_ALLOWED: "This domain is not allowed",
  NO_MATCHING_ITEM: "No license for this product",
  LICENSE_EXPIRED: "The license ended",
  LICENSE_NOT_YET_VALID: "The license has not begun",
  LICENSE_REVOKED: "The license was revoked",
};

/** @param {LicenseView} license */
export function pillWord(license) {
  return PILLS[license.state].word;
}

/** Says the license's state in one sentence or two. @param {LicenseView} license @param {number} now epoch ms */
export function licenseWords(license, now) {
  const per = CHARGE_WAYS[license.chargeWay ?? ""]?.per ?? "Licensed";
  switch (license.state) {
    case "starting":
      return "Loading the tracker. Scans are kept and judged in order.";
    case "licensed":
      return license.expiresAt ? `${per}, token good for ${span(license.expiresAt - now)}` : per;
    case "grace":
      return `${per}, over the quota, still allowed`;
    case "offline":
      return "Server not reached. Scans are kept here and sent later.";
    case "refused":
      return `${REASONS[license.code ?? ""] ?? "Refused"}. ${license.code ?? ""}`;
    case "expired":
      return license.expiresAt
        ? `The token ended on ${day(license.expiresAt)}, ${minuteUtc(license.expiresAt)}.`
        : "The token ended and no server was reached.";
  }
}

/** @param {LicenseView} license @param {number} now epoch ms */
export function showPill(license, now) {
  const { word, icon: name, kind } = PILLS[license.state];
  const pill = byId("license-pill");
  pill.className = `pill ${kind}`;
  pill.title = licenseWords(license, now);
  rebuild(pill, word, () => [icon(name), word]);
}

export class DeviceCard {
  /** @type {Map<string, HTMLElement>} */
  #values = new Map();
  #sendNow;

  /**
   * @param {() => Promise<void>} onSendNow
   * @param {(text: string) => Promise<boolean>} copy
   */
  constructor(onSendNow, copy) {
    this.#sendNow = element("button", { class: "button plain", type: "button", hidden: true }, "Send now");
    this.#sendNow.addEventListener("click", () => void onSendNow());
    const facts = ["Kept in", "License", "Reported", "Pending"].map((name) => {
      const value = element("dd", {}, element("span", { class: "bar" }));
      this.#values.set(name, value);
      const action = name === "Pending" ? element("dd", {}, this.#sendNow) : null;
      return element("div", {}, element("dt", {}, name), value, action);
    });
    byId("facts").replaceChildren(...facts);
    const button = byId("copy-uuid");
    button.replaceChildren(icon("copy"));
    button.setAttribute("aria-label", "Copy this device’s UUID");
    button.addEventListener("click", async () => {
      const copied = await copy(byId("uuid").textContent ?? "");
      button.replaceChildren(icon(copied ? "check" : "cross"));
      setTimeout(() => button.replaceChildren(icon("copy")), 1500);
    });
  }

  /** @param {TrackerView} view @param {number} now epoch ms */
  show(view, now) {
    const { license, pending } = view;
    showPill(license, now);
    const uuid = byId("uuid");
    rebuild(uuid, view.deviceUuid ?? "", () => [view.deviceUuid ?? element("span", { class: "bar uuid-bar" })]);
    byId("copy-uuid").hidden = view.deviceUuid === null;
    if (view.storage !== null) {
      const isMemory = view.storage === "memory";
      this.#set("Kept in", isMemory ? "Memory only, new at each reload" : "IndexedDB of this domain");
    }
    this.#set("License", licenseWords(license, now));
    if (view.deviceUuid === null) return;
    this.#set("Reported", pending.accepted ? `${counted(pending.accepted, "report")}, all accepted` : "Nothing yet");
    this.#set("Pending", pendingWords(pending, now));
    this.#sendNow.hidden = pending.scans === 0;
  }

  /** @param {string} name @param {string} text */
  #set(name, text) {
    const value = this.#values.get(name);
    if (value) setText(value, text);
  }
}

/** @param {TrackerView["pending"]} pending @param {number} now */
function pendingWords({ scans, nextReportAt }, now) {
  const what = scans ? counted(scans, "scan") : "Nothing";
  if (nextReportAt === null || !Number.isFinite(nextReportAt)) return what;
  return nextReportAt > now ? `${what}, next report in ${countdown(nextReportAt - now)}` : `${what}, reporting now`;
}

/** @param {number} count */
export const waitingScans = (count) => `${number(count)} ${count === 1 ? "scan waits" : "scans wait"} here.`;
