/** What each page of the dashboard is made of. */
import { element } from "../demo/dom.js";
import { makeItems } from "./items.js";

/**
 * @typedef {import("./desk.js").Page} Page
 * @typedef {import("./place.js").PageName} PageName
 */

/** @returns {Record<PageName, Page>} */
export function makePages() {
  /** @type {Page} */
  const codes = (desk) => {
    const panel = makeItems(desk, { limit: 50, isWhole: true });
    return { panels: [panel], layout: [element("div", { class: "one" }, panel.element)] };
  };
  return { overview: codes, codes, usage: codes, devices: codes, advisor: codes, alerts: codes, audit: codes };
}
