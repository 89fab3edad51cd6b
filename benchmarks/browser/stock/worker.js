/** @file Stock Pyodide in a worker, with a shell around the package's one function that keeps all in memory. */

// @ts-expect-error: the benchmark serves the npm package's file beside this one.
import { loadPyodide } from "./pyodide.mjs";

const PAGE = "page";
const TRACKER = "tracker";

/** @typedef {{ type: string, [field: string]: any }} Message */

/** @type {((text: string) => string) | undefined} */
let handle;

/** @type {any[]} */
const arrived = [];

self.onmessage = ({ data }) => {
  if (data.wheel !== undefined) {
    boot(data);
  } else if (handle === undefined) {
    arrived.push(data);
  } else {
    scan(data);
  }
};

/** @param {{ wheel: string, options: object }} given */
async function boot({ wheel, options }) {
  const pyodide = await loadPyodide();
  await pyodide.loadPackage(new URL(wheel, import.meta.url).href, { messageCallback: () => {} });
  handle = pyodide.pyimport("dlt_web.browser").handle;
  feed({ type: "TrackerOpened", options });
  feed({ type: "PageJoined", page: PAGE });
  arrived.splice(0).forEach(scan);
}

/** @param {{ call: number, barcodes: unknown, wallMs: number, monotonicMs: number }} given */
function scan({ call, barcodes, wallMs, monotonicMs }) {
  feed({
    type: "ScanSeen",
    call: String(call),
    page: PAGE,
    number: call,
    stream: "default",
    source: "video",
    timeMs: null,
    calledWallMs: wallMs,
    calledMonotonicMs: monotonicMs,
    barcodes,
  });
}

/** @param {Message} input */
function feed(input) {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(64)), (byte) => byte.toString(16).padStart(2, "0"));
  const now = { wallMs: Date.now(), monotonicMs: Math.floor(performance.now()), random: random.join("") };
  const answer = JSON.parse(/** @type {any} */ (handle)(JSON.stringify({ tracker: TRACKER, now, input })));
  if (answer.error !== undefined) {
    throw new Error(answer.error.message);
  }
  for (const command of answer.commands) {
    carryOut(command);
  }
}

/** @param {Message} command */
function carryOut(command) {
  switch (command.type) {
    case "LoadStore":
      return feed({ type: "StoreLoaded", storage: "memory", revision: 0, records: {}, failure: null });
    case "Commit":
      command.answers.forEach(carryOut);
      return feed({ type: "Committed", revision: command.expectedRevision + 1 });
    case "Resolve":
      return self.postMessage({ call: Number(command.call), value: command.value });
    case "Reject":
      throw new Error(command.message);
    default:
      // Requests stay unanswered, as without a network; what a page shows is not shown.
      return undefined;
  }
}
