import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonOf } from "../../web/tryout/reasons.js";

const SLIDING = { forgetTimeMs: 3000, mode: "sliding" };
const FIXED = { forgetTimeMs: 3000, mode: "fixed" };
const NEW = { duplicate: false, symbology: "qr_code", forgetsAt: null };
const KNOWN = { ...NEW, duplicate: true };
const sight = (verdict, more = {}) => ({
  verdict,
  source: "video",
  time: 5000,
  seenAt: null,
  countedAt: null,
  ...more,
});

const CASES = [
  ["first sighting", sight(NEW), SLIDING, "Not seen on this stream before."],
  [
    "forgotten",
    sight(NEW, { seenAt: 2000, countedAt: 0 }),
    SLIDING,
    "Last seen 3 s ago. After 3 s it was forgotten, so it counts again.",
  ],
  [
    "forgotten by the count, not by the sighting",
    sight(NEW, { seenAt: 4960, countedAt: 1900 }),
    FIXED,
    "Last counted 3.1 s ago. After 3 s it was forgotten, so it counts again.",
  ],
  [
    "seen a frame ago",
    sight(KNOWN, { seenAt: 4960, countedAt: 0 }),
    SLIDING,
    "Still remembered, last seen 0.04 s ago. It counts again once it was out of sight for 3 s.",
  ],
  [
    "fixed",
    sight(KNOWN, { seenAt: 4960, countedAt: 2500 }),
    FIXED,
    "Still remembered, counted 2.5 s ago. Mode fixed forgets it 3 s after it was counted.",
  ],
  [
    "session",
    sight(KNOWN, { seenAt: 0, countedAt: 0 }),
    { forgetTimeMs: 3000, mode: "session" },
    "Counted once already, and mode session forgets nothing until the page is closed.",
  ],
  [
    "off",
    sight(NEW, { seenAt: 4960 }),
    { forgetTimeMs: 0, mode: "sliding" },
    "Nothing is remembered (mode off, or 0 s): each picture of the stream is judged on its own.",
  ],
  [
    "twice in a frame",
    sight(KNOWN, { seenAt: 5000, countedAt: 5000 }),
    SLIDING,
    "An equal barcode in the same picture has been counted.",
  ],
  [
    "twice in a frame, off",
    sight(KNOWN),
    { forgetTimeMs: 0, mode: "off" },
    "An equal barcode in the same picture has been counted.",
  ],
  [
    "an image",
    sight(NEW, { source: "image", seenAt: 4960 }),
    SLIDING,
    "The first of its kind in this image. Images know nothing of each other.",
  ],
  [
    "twice in an image",
    sight(KNOWN, { source: "image" }),
    SLIDING,
    "An equal barcode in the same picture has been counted.",
  ],
  ["no license", sight(null), SLIDING, "No license: the stand-in said no (QUOTA_EXHAUSTED)."],
];

for (const [name, given, memory, said] of CASES) {
  test(`why it was or was not counted: ${name}`, () => {
    assert.equal(reasonOf(given, memory, "QUOTA_EXHAUSTED"), said);
  });
}
