/** The demo page's tracker, which is made anew whenever a setting changes. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Tracking } from "../../web/demo/tracking.js";
import { FakeJournal, FakeWorkers, until } from "./fake_platform.js";

mock.timers.enable({ apis: ["setTimeout"] });
new FakeJournal().install();
const workers = new FakeWorkers().install();

const A = { format: "qr_code", text: "A" };
const VERDICT = { duplicate: false, symbology: "qr_code", forgetsAt: null };

/** Says yes to a page's call. */
function answer({ say }, { tracker, call }, value) {
  say({ type: "Commands", tracker, commands: [{ type: "Resolve", call, value }] });
}

/** The call of a kind that a page makes next, once it has an idle moment. */
async function called(type) {
  mock.timers.tick(1);
  const found = () => workers.all[0]?.heard.find(({ input }) => input?.startsWith(`{"type":"${type}"`));
  await until(() => found() !== undefined);
  const call = found();
  workers.all[0].heard.splice(workers.all[0].heard.indexOf(call), 1);
  return call;
}

test("a picture that is chosen while one tracker makes room for the next is the next one's", async () => {
  const tracking = new Tracking({
    licenseServer: "https://lts.test",
    deviceFriendlyName: "Chrome on shop-a",
    assetBase: "https://shop.test/",
  });
  const choice = { handshakeCode: "200001-demo", duplicateForgetTime: 3000, duplicateMode: "sliding" };
  await tracking.use(choice);
  const first = tracking.scan([A], 0, "image");
  const call = await called("ScanSeen");
  workers.all[0].say({ type: "Started" });
  answer(workers.all[0], call, { results: [VERDICT], scans: 1 });
  assert.deepEqual(await first, { verdicts: [VERDICT], isCurrent: true });

  const using = tracking.use({ ...choice, duplicateForgetTime: 10_000 });
  const closing = await called("CloseRequested");
  const second = tracking.scan([A], 1, "image");
  answer(workers.all[0], closing, null);
  await using;
  answer(workers.all[0], await called("ScanSeen"), { results: [VERDICT], scans: 1 });
  assert.deepEqual(await second, { verdicts: [VERDICT], isCurrent: true });
});
