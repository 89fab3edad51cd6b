/**
 * @file Runs the core's tests with pytest on the bundle's own Python: its interpreter and wheel.
 */

const bytesOf = async (/** @type {string} */ url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
const root = new URL("/", self.location.href).href;

try {
  const names = Object.keys((await (await fetch(`${root}manifest.json`)).json()).files);
  const wheel = await bytesOf(root + names.find((name) => name.endsWith(".whl")));
  const tests = await bytesOf(`${root}packed/tests.zip`);
  const program = await (await fetch("run_tests.py")).text();
  const { loadPyodide } = await import(`${root}pyodide.mjs`);
  const python = await loadPyodide({
    indexURL: root,
    stdLibURL: `${root}packed/python_stdlib.zip`,
    env: { HOME: "/home/pyodide", PYTHONPATH: "/dlt_web.whl" },
    fsInit: async (/** @type {any} */ files) => files.writeFile("/dlt_web.whl", wheel),
  });
  python.unpackArchive(tests, "zip", { extractDir: "/repository" });
  self.postMessage({ report: JSON.parse(python.runPython(program)) });
} catch (error) {
  // Chromium puts the message into the stack, Firefox does not.
  self.postMessage({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
}
