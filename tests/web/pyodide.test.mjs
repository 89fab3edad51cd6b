/** The reference runtime's script, which the browser itself loads, in a worker that outlives a failure. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { startPyodide } from "../../web/worker/pyodide.js";

/** A build whose files lie in a folder; nothing but Pyodide's first script is ever run. */
function assetsIn(folder) {
  const names = [
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
    "a.whl",
  ];
  return {
    names,
    url: (name) => pathToFileURL(join(folder, name)).href,
    read: async () => new ArrayBuffer(0),
  };
}

/** @param {import("node:test").TestContext} t */
function folderOf(t) {
  const folder = mkdtempSync(join(tmpdir(), "dlt-web-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("a script that cannot be imported is named, as one that may be there later", async (t) => {
  await assert.rejects(startPyodide(assetsIn(folderOf(t))), {
    name: "UnreachableError",
    message: /\/pyodide\.mjs could not be imported \(/,
  });
});

test("a script that failed once is asked for under another name, as the worker remembers the failure", async (t) => {
  const folder = folderOf(t);
  writeFileSync(
    join(folder, "pyodide.mjs"),
    `globalThis.pyodideAttempts = (globalThis.pyodideAttempts ?? 0) + 1;
    if (globalThis.pyodideAttempts === 1) throw new Error("broke off");
    export const loadPyodide = async () => ({ pyimport: () => ({ handle: (text) => "answer to " + text }) });`,
  );
  const call = await startPyodide(assetsIn(folder));
  assert.equal(call("it"), "answer to it");
});
