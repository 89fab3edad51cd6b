/** The links that lead elsewhere with the same choice: another tab, the other domain, another browser, the dashboard. */

import { copy } from "./clipboard.js";
import { byId, element, icon, setText } from "./dom.js";

const SAID_MS = 1500;

/**
 * @typedef {import("./server.js").DemoConfig} DemoConfig
 * @typedef {DemoConfig["sites"][number]} Site
 */

/**
 * Tells on which of the demo's domains this page is, and which one to try beside it.
 * @param {DemoConfig["sites"]} sites
 * @returns {{ name: string, other: Site }}
 */
export function sitesOf(sites) {
  const here = sites.find(({ origin }) => origin === location.origin);
  const other = sites.find(({ origin }) => origin !== location.origin) ?? sites[0];
  return { name: here?.name ?? location.hostname, other };
}

export class Links {
  #other;
  #dashboard;

  /**
   * @param {Site} other
   * @param {(title: string, words: string) => void} hasFailed
   */
  constructor(other, hasFailed) {
    this.#other = other;
    this.tab = element("a", { class: "button", target: "_blank", rel: "noopener" }, "New tab");
    this.site = element("a", { class: "button", target: "_blank", rel: "noopener" }, other.name, icon("external"));
    this.#dashboard = element(
      "a",
      { class: "button", target: "_blank", rel: "noopener" },
      "Dashboard",
      icon("external"),
    );
    byId("dashboard").append(this.#dashboard);
    this.copy = element("button", { class: "button", type: "button" }, "Copy link");
    this.copy.addEventListener("click", async () => {
      if (!(await copy(location.href))) {
        hasFailed("The link was not copied", "Copy it from the address bar.");
        return;
      }
      setText(this.copy, "Copied");
      setTimeout(() => setText(this.copy, "Copy link"), SAID_MS);
    });
  }

  /**
   * Leads to what the address says now.
   * @param {string} licenseServer
   * @param {string} code the handshake code
   */
  show(licenseServer, code) {
    this.tab.href = location.href;
    this.site.href = `${this.#other.origin}${location.pathname}${location.search}`;
    // Where to look, and no more: whoever follows it signs in there.
    this.#dashboard.href = `${licenseServer}/?code=${encodeURIComponent(code)}`;
  }
}
