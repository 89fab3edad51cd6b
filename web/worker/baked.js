/**
 * @file Python out of one WebAssembly module in which its memory lies as it was right after it had imported our package:
 * nothing is read, unpacked or imported at the start, and nothing can be imported from files afterwards.
 *
 * What CPython asks of a system is answered here as far as our package needs it: time, memory, and a place to print
 * errors to. There are no files, no clock to wait on and no network.
 */

import { ColdPart } from "./cold.js";
import { LoadError, RuntimeLostError } from "./errors.js";
import { readModule } from "./packed.js";

/** @typedef {import("./assets.js").Assets} Assets */
/** @typedef {import("./runtime.js").Call} Call */

/**
 * What the module exports: a few functions of Python's own C interface, and where our function lies.
 *
 * @typedef {object} Exports
 * @property {WebAssembly.Memory} memory
 * @property {WebAssembly.Table} __indirect_function_table
 * @property {WebAssembly.Global} dlt_web_handle address of the package's function, as a Python object
 * @property {(size: number) => number} malloc
 * @property {(address: number) => void} free
 * @property {(utf8: number, size: number) => number} PyUnicode_FromStringAndSize
 * @property {(callable: number, argument: number) => number} PyObject_CallOneArg
 * @property {(text: number, size: number) => number} PyUnicode_AsUTF8AndSize
 * @property {() => void} PyErr_Print
 * @property {(object: number) => void} Py_DecRef
 */

const FILE = "python.wasm";
const PAGE_BYTES = 65_536;
/** By how much more than is asked for memory grows, since each growth costs. */
const GROWTH = 1.1;
const ERROR_NO_SYSTEM_CALL = -52;
const ERROR_BAD_FILE = 8;
const REAL_TIME_CLOCK = 0;
const NS_PER_MS = 1e6;
const MS_PER_SECOND = 1000;
const MS_PER_DAY = 86_400_000;

/**
 * @param {Assets} assets
 * @returns {Promise<Call>}
 */
export async function startBaked(assets) {
  const module = await WebAssembly.compile(await readModule(assets, FILE));
  const system = new System();
  const cold = new ColdPart(assets, (part) => system.importsOf(part));
  const imports = { ...system.importsOf(module), cold: { load: () => cold.load(instance.exports) } };
  const instance = await WebAssembly.instantiate(module, imports);
  const python = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
  system.python = python;
  return lostForGood((text) => call(python, system, text));
}

/**
 * What stops Python in the middle of a call other than by an error of its own leaves it half-way through something, and
 * it is never asked again: a trap, the end of the browser's stack, a part that cannot be had.
 *
 * @param {Call} ask
 * @returns {Call} throws a {@link RuntimeLostError} from then on
 */
function lostForGood(ask) {
  /** @type {RuntimeLostError | undefined} */
  let lost;
  return (text) => {
    if (lost !== undefined) {
      throw lost;
    }
    try {
      return ask(text);
    } catch (error) {
      if (error instanceof PythonError) {
        throw error;
      }
      const isSaid = error instanceof RuntimeLostError;
      lost = isSaid ? error : new RuntimeLostError(`Python stopped in the middle of a call (${error})`);
      throw lost;
    }
  };
}

/** What Python raised, after which it goes on. */
class PythonError extends Error {}

/**
 * @param {Exports} python
 * @param {System} system
 * @param {string} text well-formed Unicode
 * @returns {string}
 */
function call(python, system, text) {
  const given = new TextEncoder().encode(text);
  const buffer = python.malloc(given.length || 1) >>> 0;
  if (buffer === 0) {
    throw new PythonError("Python has no memory left");
  }
  new Uint8Array(python.memory.buffer, buffer, given.length).set(given);
  const argument = python.PyUnicode_FromStringAndSize(buffer, given.length);
  python.free(buffer);
  const result = argument === 0 ? 0 : python.PyObject_CallOneArg(python.dlt_web_handle.value, argument);
  if (argument !== 0) {
    python.Py_DecRef(argument);
  }
  if (result === 0) {
    python.PyErr_Print();
    throw new PythonError(system.takePrinted());
  }
  const size = python.malloc(4) >>> 0;
  const utf8 = size === 0 ? 0 : python.PyUnicode_AsUTF8AndSize(result, size) >>> 0;
  if (utf8 === 0) {
    // It has taken in what it was told, and nobody hears what is to be done about it.
    throw new RuntimeLostError("Python has no memory left to answer");
  }
  const length = new DataView(python.memory.buffer).getUint32(size, true);
  const answer = new TextDecoder().decode(new Uint8Array(python.memory.buffer, utf8, length));
  python.free(size);
  python.Py_DecRef(result);
  return answer;
}

/** What Python takes for its operating system. */
class System {
  /** @type {Exports | undefined} */
  python;
  #printed = "";
  /** @type {Record<string, (...args: any[]) => any>} */
  #answers = {
    // Python calls a function of another type by way of JavaScript, which does not mind how many of these it takes. A
    // scan makes thirty such calls before it is on disk.
    _PyEM_TrampolineCall_JS: (at, self, given, named) =>
      this.#exports.__indirect_function_table.get(at)(self, given, named),
    _Py_CheckEmscriptenSignals_Helper: () => 0,
    _emscripten_get_now_is_monotonic: () => 1,
    emscripten_date_now: () => Date.now(),
    emscripten_get_now: () => performance.now(),
    clock_time_get: (clock, _precision, at) => this.#tellTime(clock, at),
    _gmtime_js: (seconds, at) => this.#tellCalendar(new Date(Number(seconds) * MS_PER_SECOND), at >>> 0),
    random_get: (at, size) => {
      crypto.getRandomValues(new Uint8Array(this.#exports.memory.buffer, at >>> 0, size));
      return 0;
    },
    emscripten_resize_heap: (bytes) => this.#grow(bytes >>> 0),
    fd_write: (_file, pieces, count, written) => this.#print(pieces >>> 0, count, written >>> 0),
    fd_read: () => ERROR_BAD_FILE,
    fd_seek: () => ERROR_BAD_FILE,
    fd_close: () => 0,
  };

  get #exports() {
    return /** @type {Exports} */ (this.python);
  }

  get #view() {
    return new DataView(this.#exports.memory.buffer);
  }

  /**
   * @param {WebAssembly.Module} module
   * @returns {WebAssembly.Imports}
   */
  importsOf(module) {
    /** @type {Record<string, Record<string, WebAssembly.ImportValue>>} */
    const imports = {};
    for (const { module: space, name } of WebAssembly.Module.imports(module)) {
      imports[space] ??= {};
      imports[space][name] = this.#answers[name] ?? (() => refuse(name));
    }
    return imports;
  }

  /** What Python has printed of an error since this was last asked. */
  takePrinted() {
    const printed = this.#printed;
    this.#printed = "";
    return printed;
  }

  /**
   * @param {number} clock
   * @param {number} at
   */
  #tellTime(clock, at) {
    const ms = clock === REAL_TIME_CLOCK ? Date.now() : performance.now();
    this.#view.setBigInt64(at >>> 0, BigInt(Math.round(ms * NS_PER_MS)), true);
    return 0;
  }

  /**
   * Writes C's `struct tm`, which lacks only what does not change in UTC.
   *
   * @param {Date} date
   * @param {number} at
   */
  #tellCalendar(date, at) {
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    const dayOfYear = Math.floor((date.getTime() - new Date(date).setUTCMonth(0, 1)) / MS_PER_DAY);
    const [hour, minute, second] = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
    const fields = [second, minute, hour, day, month, year - 1900, date.getUTCDay(), dayOfYear, 0];
    const view = this.#view;
    fields.forEach((field, index) => {
      view.setInt32(at + 4 * index, field, true);
    });
  }

  /** @param {number} bytes in all */
  #grow(bytes) {
    const { memory } = this.#exports;
    const has = memory.buffer.byteLength;
    for (const wanted of [Math.max(bytes, has * GROWTH), bytes]) {
      try {
        memory.grow(Math.ceil((wanted - has) / PAGE_BYTES));
        return 1;
      } catch {
        // There may be less to be had.
      }
    }
    return 0;
  }

  /**
   * @param {number} pieces
   * @param {number} count
   * @param {number} written
   */
  #print(pieces, count, written) {
    let total = 0;
    for (let piece = pieces; piece < pieces + 8 * count; piece += 8) {
      const [at, size] = [this.#view.getUint32(piece, true), this.#view.getUint32(piece + 4, true)];
      this.#printed += new TextDecoder().decode(new Uint8Array(this.#exports.memory.buffer, at, size));
      total += size;
    }
    this.#view.setUint32(written, total, true);
    return 0;
  }
}

/**
 * @param {string} name of a function that there is no answer for
 */
function refuse(name) {
  if (name.startsWith("__syscall_")) {
    return ERROR_NO_SYSTEM_CALL;
  }
  throw new LoadError(`Python asked for ${name}, which a page has not`);
}
