// Starts the npm package `pyodide` under Node as a page's worker does, calls our package in a way that fails, whose
// traceback needs more than an answer does, and prints as JSON where all that was imported from the zip comes from, and
// in base64 a module with what the making of classes compiled; guest_classes.py, which the zip holds, says more.
//
//   node loaded.mjs '{"pyodide": DIR, "stdlib": ZIP, "wheel": FILE, "lockFileInfo": {…}}'
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const WHEEL_PATH = "/dlt_web.whl";

const job = JSON.parse(process.argv[2]);
const { loadPyodide } = await import(pathToFileURL(join(job.pyodide, "pyodide.mjs")).href);
const wheel = await readFile(job.wheel);
const python = await loadPyodide({
  indexURL: job.pyodide,
  stdLibURL: job.stdlib,
  lockFileContents: { ...job.lockFileInfo, packages: {} },
  // Two builds are to give the same bytes.
  env: { HOME: "/home/pyodide", PYTHONPATH: WHEEL_PATH, PYTHONHASHSEED: "0" },
  fsInit: async (files) => files.writeFile(WHEEL_PATH, new Uint8Array(wheel)),
});
const handle = python.pyimport("dlt_web.browser").handle;
let said = "nothing";
try {
  handle("no JSON");
} catch (error) {
  said = String(error);
}
if (!said.includes("Traceback")) {
  throw new Error(`the package was to fail with a traceback, and said ${said}`);
}
const origins = python.runPython(`
import json, sys
json.dumps([origin for one in [*sys.modules.values()]
            if (origin := getattr(getattr(one, "__spec__", None), "origin", None)) and ".zip/" in origin])
`);
const module = Buffer.from(python.pyimport("sitecustomize").module().toJs()).toString("base64");
console.log(JSON.stringify({ origins: JSON.parse(origins), classes: module }));
