/** What each page of the dashboard is made of. */
import { element } from "../demo/dom.js";
import { makeAdvisor, makeAdvisorCard } from "./advisor.js";
import { makeAlerts, makeDeliveryLog } from "./alerts.js";
import { makeAudit } from "./audit.js";
import { makeDevices } from "./devices.js";
import { addCode, addItem, edit } from "./edit.js";
import { makeItemList, makeItems } from "./items.js";
import { button } from "./parts.js";
import { makeUsage } from "./usage.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./desk.js").Page} Page
 * @typedef {import("./place.js").PageName} PageName
 */

/** @param {...Node} nodes */
const one = (...nodes) => [element("div", { class: "one" }, ...nodes)];

/**
 * Makes the panel of codes with their items; on a page of their own, that of all items, too, and forms for both.
 * @param {Desk} desk
 * @param {boolean} isWhole
 * @returns {import("./live.js").Panel[]}
 */
function items(desk, isWhole) {
  const isDone = () => {
    desk.loadCodes().catch(() => {});
    for (const panel of panels) desk.again(panel);
  };
  const actions = desk.mayChange
    ? [button("Add code", () => addCode(desk, isDone)), button("Add item", () => addItem(desk, isDone))]
    : [];
  const editing =
    desk.mayChange && isWhole
      ? { edit: (/** @type {Parameters<typeof edit>[1]} */ what) => edit(desk, what, isDone) }
      : {};
  const panels = [makeItems(desk, { limit: isWhole ? 50 : 6, isWhole, actions, ...editing })];
  if (isWhole) panels.push(makeItemList(desk, { limit: 20, isWhole, ...editing }));
  return panels;
}

/** Devices that were chosen, by code: they are still when one comes back to them. */
class ChosenDevices {
  constructor() {
    /** @type {Map<string, Set<string>>} */
    this.byCode = new Map();
  }

  /** @param {string} code */
  of(code) {
    const found = this.byCode.get(code) ?? new Set();
    this.byCode.set(code, found);
    return found;
  }
}

/** @param {Desk} desk @param {Set<string>} chosen */
function overview(desk, chosen) {
  const [codes] = items(desk, false);
  const usage = makeUsage(desk);
  const advisor = makeAdvisorCard(desk);
  const devices = makeDevices(desk, { limit: 7, isWhole: false, chosen });
  const alerts = makeAlerts(desk, { limit: 3, isWhole: false });
  const audit = makeAudit(desk, { limit: 4, isWhole: false });
  codes.element.classList.add("whole");
  const left = element("div", { class: "column" }, usage.panel.element, devices.element);
  const right = element("div", { class: "column" }, usage.looks, advisor.element, alerts.element, audit.element);
  return {
    panels: [codes, usage.panel, devices, advisor, alerts, audit],
    layout: [element("div", { class: "panels" }, codes.element, left, right)],
  };
}

/** @returns {Record<PageName, Page>} */
export function makePages() {
  const chosen = new ChosenDevices();
  return {
    overview: (desk) => overview(desk, chosen.of(desk.place.code)),
    codes: (desk) => {
      const panels = items(desk, true);
      return { panels, layout: one(...panels.map((panel) => panel.element)) };
    },
    usage: (desk) => {
      const { panel, looks } = makeUsage(desk);
      return { panels: [panel], layout: one(panel.element, looks) };
    },
    devices: (desk) => {
      const panel = makeDevices(desk, { limit: 50, isWhole: true, chosen: chosen.of(desk.place.code) });
      return { panels: [panel], layout: one(panel.element) };
    },
    advisor: (desk) => {
      const { panel, layout } = makeAdvisor(desk);
      return { panels: [panel], layout: one(...layout) };
    },
    alerts: (desk) => {
      const alerts = makeAlerts(desk, { limit: 20, isWhole: true });
      const log = makeDeliveryLog(desk);
      return { panels: [alerts, log], layout: one(alerts.element, log.element) };
    },
    audit: (desk) => {
      const panel = makeAudit(desk, { limit: 50, isWhole: true });
      return { panels: [panel], layout: one(panel.element) };
    },
  };
}
