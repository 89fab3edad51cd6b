/** Whether a worker that tabs share knows that it is the only one. */

import assert from "node:assert/strict";
import test from "node:test";
import { beKnown, isAlone } from "../../web/worker/alone.js";

/** @param {unknown} locks of the browser; none in insecure contexts */
const install = (locks) => Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });

test("a worker is alone while nobody else holds the lock that it holds", async () => {
  const held = [{ name: "an app's" }];
  install({ query: async () => ({ held }), request: async (name) => void held.push({ name }) });
  assert.equal(await isAlone(), false);
  beKnown();
  assert.equal(await isAlone(), true);
  beKnown(); // as another worker does
  assert.equal(await isAlone(), false);
});

test("where there are no locks, or they cannot be asked for, nobody is known to be alone", async () => {
  install(undefined);
  beKnown();
  assert.equal(await isAlone(), false);
  const refuse = () => Promise.reject(new Error("no"));
  install({ query: refuse, request: refuse });
  beKnown();
  assert.equal(await isAlone(), false);
});
