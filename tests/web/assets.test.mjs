/** Files of a build: each one checked, whatever a cache holds, and a sentence where one cannot be had. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { openAssets } from "../../web/worker/assets.js";

const BASE = "https://shop.test/dlt/";
const sha384 = (content) => createHash("sha384").update(content).digest("base64");
const FILE = "right";
const MANIFEST = JSON.stringify({ version: 1, runtime: "baked", files: { a: { sha384: sha384(FILE), bytes: 5 } } });

/** Answers fetches by what is left under an address and a way to use the cache; gives what was asked for. */
async function withFetch(answers, run, { hasWebCrypto = true } = {}) {
  const { fetch } = globalThis;
  const platform = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  const asked = [];
  globalThis.fetch = async (url, options) => {
    asked.push({ name: url.slice(BASE.length), ...options });
    const answer = answers[`${url.slice(BASE.length)} ${options.cache}`];
    if (answer === undefined) {
      throw new TypeError("Failed to fetch");
    }
    return new Response(answer.body, { status: answer.status ?? 200 });
  };
  if (!hasWebCrypto) {
    Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
  }
  try {
    await run();
  } finally {
    globalThis.fetch = fetch;
    Object.defineProperty(globalThis, "crypto", platform);
  }
  return asked;
}

const GOOD = { "manifest.json default": { body: MANIFEST } };
const text = (content) => new TextDecoder().decode(content);
const readA = async () => (await openAssets(BASE, sha384(MANIFEST))).read("a");

test("a file that is what the manifest says is read once", async () => {
  const asked = await withFetch({ ...GOOD, "a default": { body: FILE } }, async () => {
    assert.equal(text(await readA()), FILE);
  });
  assert.deepEqual(asked, [
    { name: "manifest.json", cache: "default" },
    { name: "a", cache: "default" },
  ]);
});

test("one of another build in the browser's cache is asked of the server", () =>
  withFetch({ ...GOOD, "a default": { body: "stale" }, "a reload": { body: FILE } }, async () => {
    assert.equal(text(await readA()), FILE);
  }));

test("one that is damaged at the server, too, is said to be", () =>
  withFetch(
    {
      ...GOOD,
      "a default": { body: "stale" },
      "a reload": { body: "wrong" },
      "a no-store": { body: "wrong" },
    },
    () => assert.rejects(readA, { name: "LoadError", message: /does not match the build's manifest \(SHA-384\)/ }),
  ));

test("one that is missing is said to be", () =>
  withFetch({ ...GOOD, "a default": { body: "", status: 404 } }, () =>
    assert.rejects(readA, { name: "LoadError", message: /answered 404; deploy the whole folder/ }),
  ));

test("one that cannot be fetched is said to be, apart from one that will never be there", () =>
  withFetch(GOOD, () =>
    assert.rejects(readA, { name: "UnreachableError", message: /could not be fetched: no network/ }),
  ));

test("without WebCrypto the browser itself is told to check", async () => {
  const answers = { ...GOOD, "a default": { body: FILE } };
  const asked = await withFetch(answers, async () => assert.equal(text(await readA()), FILE), { hasWebCrypto: false });
  assert.deepEqual(asked.at(-1), { name: "a", cache: "default", integrity: `sha384-${sha384(FILE)}` });
});
