/** @file Python out of the npm package `pyodide`: the reference, and what is left where another one fails. */

import { LoadError, UnreachableError } from "./errors.js";
import { randomHex } from "./random.js";

/** @typedef {import("./assets.js").Assets} Assets */
/** @typedef {import("./runtime.js").Call} Call */

/** Name of the module and of its one function, text to text. */
const ENTRY = { module: "dlt_web.browser", function: "handle" };

/** Where the package's wheel lies in Pyodide's own file system; Python imports from it as from a zip. */
const WHEEL_PATH = "/dlt_web.whl";

/**
 * Starts Python with our package in it.
 *
 * @param {Assets} assets
 * @returns {Promise<Call>}
 */
export async function startPyodide(assets) {
  const name = (/** @type {string} */ ending) => fileEndingIn(assets, ending);
  const [loader, , wasm, stdlib, lock, wheel] = await Promise.all(
    ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json", ".whl"].map(
      async (ending) => ({ url: assets.url(name(ending)), bytes: await assets.read(name(ending)) }),
    ),
  );
  const { loadPyodide } = await importScript(loader.url);
  const pyodide = await withFiles([wasm, stdlib], () =>
    loadPyodide({
      indexURL: new URL("./", loader.url).href,
      lockFileContents: new TextDecoder().decode(lock.bytes),
      packageBaseUrl: new URL("./", lock.url).href,
      env: { HOME: "/home/pyodide", PYTHONPATH: WHEEL_PATH },
      fsInit: async (/** @type {any} */ fileSystem) => fileSystem.writeFile(WHEEL_PATH, new Uint8Array(wheel.bytes)),
    }),
  );
  const handle = pyodide.pyimport(ENTRY.module)[ENTRY.function];
  return (text) => handle(text);
}

/**
 * Imports a script that was read and checked a moment ago. One that fails all the same, some browsers do not ask for
 * again as long as the worker lives, unless it has another name.
 *
 * @param {string} url
 * @returns {Promise<any>} the module
 * @throws {UnreachableError} it can be had under neither
 */
function importScript(url) {
  return import(url)
    .catch(() => import(`${url}?again=${randomHex(8)}`))
    .catch((error) => {
      throw new UnreachableError(`${url} could not be imported (${error})`);
    });
}

/**
 * @param {Assets} assets
 * @param {string} ending
 * @returns {string}
 */
function fileEndingIn(assets, ending) {
  const name = assets.names.find((one) => one.endsWith(ending));
  if (name === undefined) {
    throw new LoadError(`the manifest of this build lists no file ending in ${ending}; build it anew`);
  }
  return name;
}

/**
 * Runs a function during which `fetch` answers from bytes that are already here and checked, and fetches nothing else.
 *
 * Pyodide takes neither bytes nor hashes for these two files. The answer names its type, since compiling while
 * loading needs `application/wasm`, which not every file server says.
 *
 * @template T
 * @param {{ url: string, bytes: ArrayBuffer }[]} files
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
async function withFiles(files, run) {
  const platformFetch = globalThis.fetch;
  const content = new Map(files.map(({ url, bytes }) => [url, bytes]));
  globalThis.fetch = async (input) => {
    const url = input instanceof Request ? input.url : String(input);
    const bytes = content.get(url);
    if (bytes === undefined) {
      throw new LoadError(`the Python runtime asked for ${url}, which is not a part of this build`);
    }
    const type = url.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return new Response(bytes, { headers: { "content-type": type } });
  };
  try {
    return await run();
  } finally {
    globalThis.fetch = platformFetch;
  }
}
