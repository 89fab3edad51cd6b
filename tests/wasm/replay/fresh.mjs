// Starts Python anew many times, each time as a worker does, scans once, and prints as JSON what each start called its
// device, its stream and its report.
//
//   node fresh.mjs BUNDLE COUNT OPTIONS
import { readFile } from "node:fs/promises";
import { startBaked } from "../../../web/worker/baked.js";
import { Shell } from "../../../web/worker/shell.js";
import { MemoryStore } from "../../../web/worker/store.js";
import { pathIn } from "./paths.mjs";

const [, , bundle, count, options] = process.argv;
const pathOf = pathIn(bundle);
const assets = { names: [], read: (name) => readFile(pathOf(name)) };
// A browser keeps what it compiled, too.
const compiled = WebAssembly.compile(await assets.read("python.wasm"));
WebAssembly.compile = () => compiled;

const OPENED = { type: "TrackerOpened", options: JSON.parse(options) };
const SCAN = { source: "video", stream: "default", barcodes: [{ format: "qr_code", text: "A" }] };

/** A store that also shows what is put into it. */
class WatchedStore extends MemoryStore {
  put = {};

  async commit(change) {
    Object.assign(this.put, change.put);
    return await super.commit(change);
  }
}

async function start() {
  const store = new WatchedStore();
  const call = await startBaked(assets);
  await new Promise((resolve) => {
    const say = ({ commands }) => {
      if (commands.some(({ type }) => type === "ClaimCalls")) {
        // Nothing is journalled here.
        queueMicrotask(() => shell.feedText("t", JSON.stringify({ type: "CallsClaimed", page: "p", unclear: [] })));
      }
      if (commands.some((one) => one.type === "Resolve" && one.call === "p/2")) {
        resolve();
      }
    };
    const shell = new Shell({ call, about: { runtime: "baked" }, store, say });
    shell.open("t", JSON.stringify(OPENED));
    shell.feedText("t", JSON.stringify({ type: "PageJoined", page: "p" }));
    const now = { timeMs: 0, calledWallMs: Date.now(), calledMonotonicMs: 0 };
    shell.feedText("t", JSON.stringify({ type: "ScanSeen", call: "p/2", page: "p", number: 2, ...now, ...SCAN }));
  });
  const [report] = Object.entries(store.put).filter(([key]) => key.includes("/report/"));
  return { device: store.put.device.uuid, stream: report[1].streamId, report: report[1].report.id };
}

const found = [];
for (let at = 0; at < Number(count); at += 1) {
  found.push(await start());
}
process.stdout.write(JSON.stringify(found), () => process.exit(0)); // requests may be under way still
