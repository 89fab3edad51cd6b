// Starts a runtime of the bundle under Node, as the worker does, and asks it what lies in a file, line by line.
//
//   node replay.mjs BUNDLE REQUESTS ANSWERS [baked|pyodide]
//
// An answer is the text that came back, or what was thrown, as JSON. Prints the name of each file that is
// fetched later, and the number of the request that needs it.
import { createReadStream, createWriteStream, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { startBaked } from "../../../web/worker/baked.js";
import { answered } from "../guest/answered.js";
import { assetsIn } from "./paths.mjs";

const WHEEL_PATH = "/dlt_web.whl";

const [, , bundle, requests, answers, runtime = "baked"] = process.argv;
let number = 0;
const assets = assetsIn(bundle, (name) => console.log(name, number));
const call = await { baked: () => startBaked(assets), pyodide: startPyodide }[runtime]();
const out = createWriteStream(answers);
for await (const request of createInterface({ input: createReadStream(requests) })) {
  const answer = answered(call, request);
  number += 1;
  out.write(`${JSON.stringify(answer)}\n`);
}
out.end();

// As web/worker/pyodide.js does, whose addresses Pyodide does not take under Node.
async function startPyodide() {
  const { loadPyodide } = await import(pathToFileURL(join(bundle, "pyodide.mjs")).href);
  const wheel = await readFile(
    join(
      bundle,
      readdirSync(bundle).find((name) => name.endsWith(".whl")),
    ),
  );
  const python = await loadPyodide({
    indexURL: bundle,
    lockFileContents: JSON.parse(await readFile(join(bundle, "pyodide-lock.json"), "utf8")),
    env: { HOME: "/home/pyodide", PYTHONPATH: WHEEL_PATH },
    fsInit: async (files) => files.writeFile(WHEEL_PATH, new Uint8Array(wheel)),
  });
  return python.pyimport("dlt_web.browser").handle;
}
