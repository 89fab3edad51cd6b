/** Why the tracker counted a barcode, or did not, in a sentence. It decides nothing: the verdict is the tracker's. */

/** @typedef {import("../demo/types.js").Verdict} Verdict */
/** @typedef {{ forgetTimeMs: number, mode: string }} Memory as the tracker was told */

/**
 * @typedef {object} Sight one barcode of one picture, and what was known of it before
 * @property {Verdict | null} verdict null where the license does not permit counting
 * @property {"video" | "image"} source
 * @property {number} time of the picture, ms
 * @property {number | null} seenAt when it was last seen on this stream before, ms
 * @property {number | null} countedAt when it was last counted on this stream before, ms
 */

/** @param {Sight} sight @param {Memory} memory @param {string | null} refusal code of the license, where there is one */
export function reasonOf(sight, memory, refusal) {
  if (sight.verdict === null || sight.verdict.unlicensed)
    return `No license: the stand-in said no (${refusal ?? "no code"}).`;
  if (sight.source === "image") return ofImage(sight.verdict);
  const isOff = memory.mode === "off" || memory.forgetTimeMs === 0;
  if (sight.verdict.duplicate) return isOff ? SAME_PICTURE : duplicateOf(sight, memory);
  if (isOff) return "Nothing is remembered (mode off, or 0 s): each picture of the stream is judged on its own.";
  return countedOf(sight, memory);
}

const SAME_PICTURE = "An equal barcode in the same picture has been counted.";

/** @param {Verdict} verdict */
const ofImage = ({ duplicate }) =>
  duplicate ? SAME_PICTURE : "The first of its kind in this image. Images know nothing of each other.";

/** @param {Sight} sight @param {Memory} memory */
function countedOf({ time, seenAt, countedAt }, { forgetTimeMs, mode }) {
  const [since, word] = mode === "fixed" ? [countedAt, "counted"] : [seenAt, "seen"];
  if (since === null) return "Not seen on this stream before.";
  return `Last ${word} ${seconds(time - since)} ago. After ${seconds(forgetTimeMs)} it was forgotten, so it counts again.`;
}

/** @param {Sight} sight @param {Memory} memory */
function duplicateOf({ time, seenAt, countedAt }, { forgetTimeMs, mode }) {
  if (seenAt === time) return SAME_PICTURE;
  if (mode === "session") return "Counted once already, and mode session forgets nothing until the page is closed.";
  if (mode === "fixed") {
    const left = countedAt === null ? "" : `, counted ${seconds(time - countedAt)} ago`;
    return `Still remembered${left}. Mode fixed forgets it ${seconds(forgetTimeMs)} after it was counted.`;
  }
  const ago = seenAt === null ? "" : `, last seen ${seconds(time - seenAt)} ago`;
  return `Still remembered${ago}. It counts again once it was out of sight for ${seconds(forgetTimeMs)}.`;
}

/** @param {number} ms @returns {string} "0.04 s", "2.9 s", "60 s" */
function seconds(ms) {
  const value = Math.max(0, ms) / 1000;
  return `${Number(value.toFixed(value < 0.1 ? 2 : 1))} s`;
}
