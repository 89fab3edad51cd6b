/** What screen readers are told of the demo page. */

import assert from "node:assert/strict";
import test from "node:test";
import { Announcer } from "../../web/demo/announcer.js";

test("a notice is said once for as long as it is shown, with the scans of the same two seconds", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const region = { textContent: "" };
  const announcer = new Announcer(region);
  announcer.sayNotices([]);
  context.mock.timers.tick(2000);
  assert.equal(region.textContent, "");
  announcer.sayNotices(["quagga2 stopped"]);
  announcer.countScans(2);
  announcer.sayNotices(["quagga2 stopped"]);
  context.mock.timers.tick(2000);
  assert.equal(region.textContent, "quagga2 stopped. 2 counted, 2 in all.");
  announcer.sayNotices(["quagga2 stopped", "No barcode in this image"]);
  context.mock.timers.tick(2000);
  assert.equal(region.textContent, "No barcode in this image.");
  announcer.sayNotices([]);
  announcer.sayNotices(["quagga2 stopped"]);
  context.mock.timers.tick(2000);
  assert.equal(region.textContent, "quagga2 stopped.");
});
