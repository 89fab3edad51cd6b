/** SHA-256 against the platform's, at every length at which its blocks differ. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { sha256 } from "../../web/worker/sha256.js";

/** @param {number} length */
const bytesOf = (length) => Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);

test("every length around the end of a block gives the platform's hash", () => {
  for (const length of [...Array(131).keys(), 1000, 100_000]) {
    const bytes = bytesOf(length);
    assert.equal(sha256(bytes), createHash("sha256").update(bytes).digest("base64"), `${length} bytes`);
  }
});

test("a part of a buffer is hashed, not the buffer", () => {
  const whole = bytesOf(300);
  assert.equal(sha256(whole.subarray(7, 200)), createHash("sha256").update(whole.slice(7, 200)).digest("base64"));
});
