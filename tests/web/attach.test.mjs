/** Readers with an event that need a license: heard beside the app's own callbacks. quagga2 is tested as it is. */

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import test from "node:test";
import { attachTo } from "../../web/page/attach.js";

const RESULT = { codeResult: { code: "A", format: "code_128" } };

/** As Dynamsoft's CaptureVisionRouter is described: a list of receivers. */
class CaptureVisionRouter {
  receivers = new Set();
  addResultReceiver(receiver) {
    this.receivers.add(receiver);
  }
  removeResultReceiver(receiver) {
    this.receivers.delete(receiver);
  }
  decode(result) {
    for (const receiver of this.receivers) receiver.onDecodedBarcodesReceived?.(result);
  }
}

/** As Scandit's BarcodeCapture is described: a list of listeners, each told the mode and its session. */
class BarcodeCapture {
  listeners = [];
  addListener(listener) {
    if (!this.listeners.includes(listener)) this.listeners.push(listener);
  }
  removeListener(listener) {
    this.listeners = this.listeners.filter((one) => one !== listener);
  }
  async applySettings() {}
  decode(session) {
    for (const listener of this.listeners) listener.didScan?.(this, session, {});
  }
}

function heardOf(reader) {
  const heard = [];
  const detach = attachTo(reader, async (decoded) => heard.push(decoded));
  return { heard, detach };
}

test("Dynamsoft's router is heard until it is detached, and the app's receiver as before", () => {
  const router = new CaptureVisionRouter();
  const own = [];
  const receiver = { onDecodedBarcodesReceived: (result) => own.push(result) };
  router.addResultReceiver(receiver);
  const { heard, detach } = heardOf(router);
  router.decode({ barcodeResultItems: [1] });
  detach();
  detach();
  router.decode({ barcodeResultItems: [2] });
  assert.deepEqual(heard, [{ barcodeResultItems: [1] }]);
  assert.equal(own.length, 2);
  assert.deepEqual([...router.receivers], [receiver]);
});

test("Scandit's mode is heard with its session until it is detached", () => {
  const capture = new BarcodeCapture();
  const { heard, detach } = heardOf(capture);
  capture.decode({ newlyRecognizedBarcode: null });
  detach();
  capture.decode({ newlyRecognizedBarcode: null });
  assert.deepEqual(heard, [{ newlyRecognizedBarcode: null }]);
  assert.deepEqual(capture.listeners, []);
});

test("what emits events of any name, or has a callback of the app's own, is refused by what it has", () => {
  const strich = { detected: () => {} };
  const named = [
    [new EventEmitter(), "_events"],
    [strich, "detected"],
    [class Reader {}, "length"],
    [
      new (class Reader {
        decode() {}
      })(),
      "decode",
    ],
    [{}, "nothing in it"],
    [null, "null"],
    [undefined, "undefined"],
    ["quagga", "string"],
  ];
  const own = strich.detected;
  for (const [reader, words] of named) {
    assert.throws(
      () => attachTo(reader, async () => {}),
      (error) => error.code === "READER_UNKNOWN" && error.message.includes(words),
    );
  }
  assert.equal(strich.detected, own);
});

test("a result that cannot be counted is warned about once, and the reader goes on", async (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const router = new CaptureVisionRouter();
  attachTo(router, () => Promise.reject(new Error("a shape that is not known")));
  router.decode(RESULT);
  router.decode(RESULT);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(warn.mock.callCount(), 1);
  assert.match(String(warn.mock.calls[0].arguments[1]), /not known/);
});
