/** Counts on a real license server, with a store in memory: prints what it counted. */

import { Counter } from "../../benchmarks/browser/js_tracker/counter.js";

const [licenseServer, handshakeCode] = process.argv.slice(2);
const store = { save: async () => {} };
const uuid = crypto.randomUUID();
const counter = new Counter({ licenseServer, handshakeCode }, store, { uuid, reports: [] });
await counter.ready;
let counted = 0;
for (let at = 0; at < 20; at += 1) {
  const barcodes = [
    { format: "QRCode", text: `text ${at % 15}` },
    { format: "ean_13", text: String(at) },
  ];
  const { scans } = await counter.scan("page", {
    source: "video",
    stream: "s",
    timeMs: at,
    wallMs: Date.now(),
    barcodes,
  });
  counted += scans;
  if (at % 7 === 0) {
    await counter.flush();
  }
}
await counter.flush();
console.log(JSON.stringify({ uuid, counted }));
process.exit();
