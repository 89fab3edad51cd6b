/** The panel of alerts says of its items no more than it knows: each may have thresholds of its own. */

import assert from "node:assert/strict";
import test from "node:test";
import { makeAlerts } from "../../web/dashboard/alerts.js";

/** As much of an element as a panel without rows is made of. */
class Part {
  children = [];
  hidden = false;
  setAttribute() {}
  addEventListener() {}
  contains = () => false;
  append(...children) {
    this.children.push(...children);
  }
  replaceChildren(...children) {
    this.children = children;
  }
  get textContent() {
    return this.children.map((one) => (one instanceof Part ? (one.hidden ? "" : one.textContent) : one)).join("");
  }
  set textContent(text) {
    this.children = [text];
  }
}

test("no alerts means that no threshold was reached, whatever the thresholds are", async (context) => {
  globalThis.document = { createElement: () => new Part(), activeElement: null };
  context.after(() => {
    delete globalThis.document;
  });
  const answers = {
    "/v1/admin/alerts/open": { count: 0, alerts: [], thresholds: [75, 90], paused: false },
    "/v1/admin/alerts?limit=5": [],
  };
  const desk = {
    mayChange: true,
    minute: () => 0,
    link: () => new Part(),
    api: { get: async (path) => ({ data: answers[path] }) },
  };
  const panel = makeAlerts(desk, { limit: 5, isWhole: false });
  assert.equal(panel.element.textContent, "Alerts");
  await panel.refresh();
  assert.equal(panel.element.textContent, "Alerts75, 90 %No item has reached a threshold of its alerts.");
});
