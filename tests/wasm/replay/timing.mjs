// Asks the baked runtimes of bundles what lies in a file, line by line and in turns, and prints how long each kind of call
// took, in microseconds: the fastest tenth is below the first figure, half of all below the second.
//
//   node timing.mjs REQUESTS BUNDLE…
import { readFileSync } from "node:fs";
import { startBaked } from "../../../web/worker/baked.js";
import { assetsIn } from "./paths.mjs";

/** So many requests go to one runtime before it is another one's turn. */
const TURN = 300;
/** Part of the requests after which what runs often has been compiled for speed. */
const WARM = 1 / 4;

const [, , file, ...bundles] = process.argv;
const requests = readFileSync(file, "utf8").split("\n");
const runtimes = await Promise.all(
  bundles.map(async (bundle) => ({ bundle, call: await startBaked(assetsIn(bundle)), times: new Map(), answers: [] })),
);
for (let from = 0; from < requests.length; from += TURN) {
  for (const { call, times, answers } of runtimes) {
    for (const [at, request] of requests.slice(from, from + TURN).entries()) {
      const beganAt = performance.now();
      const answer = call(request);
      const tookUs = 1000 * (performance.now() - beganAt);
      answers.push(answer);
      const kind = kindOf(request, answer);
      if (kind !== undefined && from + at >= WARM * requests.length) {
        times.set(kind, times.get(kind) ?? []);
        times.get(kind).push(tookUs);
      }
    }
  }
}
for (const { bundle, times, answers } of runtimes) {
  console.log(bundle);
  if (answers.some((answer, at) => answer !== runtimes[0].answers[at])) {
    throw new Error("its answers are not those of the first one");
  }
  for (const [kind, figures] of times) {
    const sorted = figures.toSorted((a, b) => a - b);
    const at = (/** @type {number} */ part) => sorted[Math.floor(part * sorted.length)].toFixed(0);
    console.log(`  ${kind}: ${at(0.1)}, ${at(0.5)}`);
  }
}

/**
 * @param {string} request
 * @param {string} answer
 */
function kindOf(request, answer) {
  if (request.includes('"type": "Committed"')) {
    return "with the scan on disk";
  }
  if (request.includes('"type": "ScanSeen"')) {
    return answer.includes('"type": "Commit"') ? "new barcode to commit" : "barcode in view";
  }
}
