/** The readers of the demo page: one that fails ends neither the others nor what is chosen after it. */

import assert from "node:assert/strict";
import test from "node:test";
import { Decoder } from "../../web/demo/decoder.js";
import { failureWords, nothingWords, wallWords } from "../../web/demo/reader-words.js";

globalThis.ImageData = class {
  constructor(data, width, height) {
    Object.assign(this, { data, width, height });
  }
};
const picture = () => new ImageData(new Uint8ClampedArray(4), 1, 1);

/** Readers that do as `fates` says at that moment: "read", "stop", or "missing". */
function decoderOf(fates) {
  const loads = [];
  const closed = [];
  const decoder = new Decoder(async (id, again) => {
    loads.push([id, again]);
    if (fates[id] === "missing") throw new Error("failed to fetch");
    return {
      read: async () => {
        if (fates[id] === "stop") throw new Error("out of memory");
        return [{ result: id, format: "x", text: id, corners: [] }];
      },
      close: () => closed.push(id),
    };
  });
  return { decoder, loads, closed };
}
const textsOf = ({ found }) => found.map(({ text }) => text);

test("a single reader that stops is ended, and the next choice wakes whoever waits for one", async () => {
  const fates = { "zxing-wasm": "stop" };
  const { decoder, closed } = decoderOf(fates);
  const { found, failures, untilOthers } = await decoder.read(picture(), "video");
  assert.deepEqual([found, failures], [[], [{ id: "zxing-wasm", wasLoaded: true, reason: "out of memory" }]]);
  assert.deepEqual(closed, ["zxing-wasm"]);
  let isAwake = false;
  const waiting = untilOthers.then(() => {
    isAwake = true;
  });
  await new Promise(setImmediate);
  assert.equal(isAwake, false);
  assert.deepEqual(await decoder.load(["quagga2"]), []);
  decoder.use(["quagga2"]);
  await waiting;
  assert.deepEqual(textsOf(await decoder.read(picture(), "video")), ["quagga2"]);
});

test("a single reader that stopped is tried afresh with the next picture", async () => {
  const fates = { "zxing-wasm": "stop" };
  const { decoder, loads } = decoderOf(fates);
  await decoder.read(picture(), "image");
  fates["zxing-wasm"] = "read";
  assert.deepEqual(textsOf(await decoder.read(picture(), "image")), ["zxing-wasm"]);
  assert.deepEqual(loads, [
    ["zxing-wasm", 0],
    ["zxing-wasm", 0],
  ]);
});

test("a reader that was replaced while it failed makes nobody wait", async () => {
  const { decoder } = decoderOf({ "zxing-wasm": "stop" });
  const reading = decoder.read(picture(), "video");
  decoder.use(["quagga2"]);
  assert.deepEqual(await reading, { found: [], failures: [], others: [], untilOthers: null });
});

test("of several readers one that stops is asked no more, and the others read on", async () => {
  const { decoder } = decoderOf({ quagga2: "stop" });
  decoder.use(["zxing-wasm", "quagga2", "zxing-library"]);
  const { failures, others, untilOthers, ...rest } = await decoder.read(picture(), "image");
  assert.deepEqual(textsOf(rest), ["zxing-wasm", "zxing-library"]);
  assert.deepEqual(
    failures.map(({ id }) => id),
    ["quagga2"],
  );
  assert.deepEqual([others, untilOthers], [["zxing-wasm", "zxing-library"], null]);
  for (let frame = 0; frame < 3; frame += 1) {
    const next = await decoder.read(picture(), "video");
    assert.deepEqual([next.found.length, next.failures], [1, []]);
  }
});

test("of several readers those that can be loaded are, and a new attempt is told that it is one", async () => {
  const fates = { quagga2: "missing" };
  const { decoder, loads } = decoderOf(fates);
  const failures = await decoder.load(["zxing-wasm", "quagga2", "zxing-library"]);
  assert.deepEqual(failures, [{ id: "quagga2", wasLoaded: false, reason: "failed to fetch" }]);
  fates.quagga2 = "read";
  assert.deepEqual(await decoder.load(["quagga2"]), []);
  assert.deepEqual(
    loads.filter(([id]) => id === "quagga2"),
    [
      ["quagga2", 0],
      ["quagga2", 1],
    ],
  );
});

test("the words name the readers, and are whole sentences", () => {
  const lost = { id: "quagga2", wasLoaded: false, reason: "failed to fetch" };
  assert.deepEqual(failureWords([lost], 4), {
    title: "quagga2 could not be loaded",
    words: "Failed to fetch. The other four read.",
  });
  assert.deepEqual(failureWords([{ ...lost, wasLoaded: true, reason: "Out of memory!" }], 0), {
    title: "quagga2 stopped",
    words: "Out of memory! Choose another reader.",
  });
  const three = ["zxing-wasm", "zxing-library", "quagga2"].map((id) => ({ ...lost, id }));
  assert.deepEqual(failureWords(three, 1), {
    title: "zxing-wasm, @zxing/library and quagga2 could not be loaded",
    words: "Failed to fetch. The other one reads.",
  });
});

test("what to do about an image in which nothing was found depends on who looked", () => {
  const words = "Choose a sharper one, or one that shows the whole code.";
  for (const readers of [["zxing-wasm"], ["zxing-library"], ["native", "quagga2"]])
    assert.equal(nothingWords(readers), words);
  assert.match(nothingWords(["quagga2"]), /^quagga2 reads bars only\. Choose zxing-wasm, or /);
});

test("the wall promises what those that read it can keep", () => {
  const all = "Scanned once, the license server counts 29 scans for it.";
  for (const readers of [["zxing-wasm"], ["native"], ["quagga2", "barcode-detector"]])
    assert.equal(wallWords(readers, 29), all);
  assert.equal(
    wallWords(["zxing-library"], 29),
    "@zxing/library reads one code of a picture, so 1 scan at most is counted for it. zxing-wasm reads them all.",
  );
  assert.match(
    wallWords(["zxing-library", "quagga2"], 29),
    /^@zxing\/library and quagga2 each .* 2 scans at most are /,
  );
});

test("the readers that read are those that were chosen, but for one of several that failed", async () => {
  const { decoder } = decoderOf({ quagga2: "stop" });
  assert.deepEqual(decoder.readers, ["zxing-wasm"]);
  decoder.use(["quagga2", "zxing-library"]);
  assert.deepEqual(decoder.readers, ["quagga2", "zxing-library"]);
  await decoder.read(picture(), "image");
  assert.deepEqual(decoder.readers, ["zxing-library"]);
});
