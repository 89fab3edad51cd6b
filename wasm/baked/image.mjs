// Starts the CPython of the npm package `pyodide` under Node, without Pyodide's own JavaScript API and Python packages,
// runs one program in it, and writes what the WebAssembly instance is made of then: the picture of a started Python.
//
//   node image.mjs '{"pyodide": DIR, "files": {GUEST: HOST, …}, "env": {…}, "program": GUEST_FILE, "out": PREFIX}'
//
// Writes PREFIX.bin, the whole memory, and PREFIX.json: the stack's place, the values of all imported globals, what was
// added to the function table, and what the program printed.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const STILL_MS = 946_684_800_000; // 2000-01-01
const RANDOM_BYTE = 0x55;

const job = JSON.parse(process.argv[2]);
const wasm = await readFile(join(job.pyodide, "pyodide.asm.wasm"));
const files = await Promise.all(
  Object.entries(job.files).map(async ([guest, host]) => ({ guest, content: await readFile(host) })),
);
const { default: createModule } = await import(pathToFileURL(join(job.pyodide, "pyodide.asm.mjs")).href);

// As on this system, Python then calls functions of other types by way of JavaScript, not of a second module that would
// have to be in the picture as well.
Object.defineProperty(globalThis, "navigator", { value: { userAgent: "iPhone" } });

// Two pictures of the same thing are the same: what Python finds out at its start of the time, and takes for random, is
// always equal. Nothing that has to be random comes from there: the page hands in all that our package needs.
class StillDate extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? [STILL_MS] : given));
  }
  static now() {
    return STILL_MS;
  }
}
globalThis.Date = StillDate;
performance.now = () => 0;
crypto.getRandomValues = (bytes) => bytes.fill(RANDOM_BYTE);

/** @type {string[]} */
const printed = [];
/** @type {WebAssembly.Exports} */
let raw;
/** @type {Record<string, WebAssembly.Global>} by name */
const importedGlobals = {};
const errorToken = Symbol("error");

const python = await createModule({
  API: {
    config: { jsglobals: globalThis, args: [], env: job.env, packages: [], indexURL: "", lockFileContents: {} },
    runtimeEnv: { IN_NODE: true, IN_NODE_ESM: true, IN_BROWSER: false },
  },
  arguments: [],
  thisProgram: "python",
  noImageDecoding: true,
  noAudioDecoding: true,
  noWasmDecoding: false,
  print: (line) => printed.push(line),
  printErr: (line) => console.error(line),
  preRun: [prepare],
  instantiateWasm,
});

/** Lays out the files and the environment before Python starts. */
function prepare(module) {
  module.API.pyVersionTuple = job.version;
  module.API.sitePackages = "/lib/site-packages";
  for (const { guest, content } of files) {
    module.FS.mkdirTree(dirname(guest));
    module.FS.writeFile(guest, content);
  }
  for (const folder of ["/lib/site-packages", "/home"]) {
    module.FS.mkdirTree(folder);
  }
  module.FS.chdir("/home");
  Object.assign(module.ENV, job.env);
}

/** Instantiates the module ourselves, to see its imports and exports as they are. */
function instantiateWasm(imports, ready) {
  imports.env.Jsv_GetError_import = () => errorToken;
  imports.env.JsvError_Check = (value) => value === errorToken;
  const module = new WebAssembly.Module(wasm);
  const instance = new WebAssembly.Instance(module, imports);
  for (const { module: space, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === "global") {
      importedGlobals[name] = imports[space][name];
    }
  }
  raw = instance.exports;
  ready(instance, module);
  return {};
}

function run(code) {
  const text = python.stringToNewUTF8(code);
  const result = python._PyRun_SimpleString(text);
  python._free(text);
  if (result !== 0) {
    throw new Error("the program failed");
  }
}

// In a namespace of its own, which is then gone: what the program defines is not in the picture.
run(`exec(open("${job.program}").read(), {"__name__": "freeze"})\n__import__("gc").collect()`);

const nameOf = new Map(
  Object.entries(raw)
    .filter(([, value]) => typeof value === "function")
    .map(([name, value]) => [value, name]),
);
const table = raw.__indirect_function_table;
await writeFile(`${job.out}.bin`, new Uint8Array(raw.memory.buffer));
await writeFile(
  `${job.out}.json`,
  JSON.stringify({
    printed,
    stack: {
      base: python._emscripten_stack_get_base(),
      end: python._emscripten_stack_get_end(),
      current: python._emscripten_stack_get_current(),
    },
    globals: Object.fromEntries(Object.entries(importedGlobals).map(([name, { value }]) => [name, value])),
    table: Array.from({ length: table.length }, (_, at) => {
      const entry = table.get(at);
      return entry === null ? null : (nameOf.get(entry) ?? "");
    }),
  }),
);
process.exit(0);
