/** @file Hears of a reader's results from the reader itself, beside the app: nothing of the reader's own is replaced. */

import { TrackerError } from "./errors.js";

/** @typedef {Record<string, any>} Reader */
/** @typedef {(decoded: unknown) => void} Hear */

/**
 * Readers with an event that several may hear: the methods that tell one, and how to begin and to end.
 *
 * @type {{ methods: string[], hook: (reader: Reader, hear: Hear) => () => void }[]}
 */
const HOOKS = [
  {
    // quagga2
    methods: ["onDetected", "offDetected"],
    hook: (reader, hear) => {
      reader.onDetected(hear);
      return () => reader.offDetected(hear);
    },
  },
  {
    // Dynamsoft 10 and 11
    methods: ["addResultReceiver", "removeResultReceiver"],
    hook: (reader, hear) => {
      const receiver = { onDecodedBarcodesReceived: hear };
      reader.addResultReceiver(receiver);
      return () => reader.removeResultReceiver(receiver);
    },
  },
  {
    // Scandit; what emits events of any name has the first two methods as well.
    methods: ["addListener", "removeListener", "applySettings"],
    hook: (reader, hear) => {
      const listener = { didScan: (/** @type {unknown} */ _mode, /** @type {unknown} */ session) => hear(session) };
      reader.addListener(listener);
      return () => reader.removeListener(listener);
    },
  },
];

/**
 * @param {unknown} reader
 * @param {(decoded: unknown) => Promise<unknown>} scan
 * @returns {() => void} detaches; more than once does no harm
 * @throws {TrackerError} `READER_UNKNOWN`
 */
export function attachTo(reader, scan) {
  const known = HOOKS.find(({ methods }) =>
    methods.every((name) => typeof (/** @type {any} */ (reader)?.[name]) === "function"),
  );
  if (known === undefined) {
    throw new TrackerError(
      "READER_UNKNOWN",
      `attach() takes quagga2, Dynamsoft's CaptureVisionRouter or Scandit's BarcodeCapture; found ${seen(reader)}. ` +
        "Call scan() with what any other reader gives.",
    );
  }
  let isOver = false;
  let hasWarned = false;
  const hear = (/** @type {unknown} */ decoded) => {
    if (!isOver) {
      scan(decoded).catch((error) => {
        if (!hasWarned) {
          hasWarned = true; // it may come with each frame
          console.warn("dlt-web: an attached reader's result was not counted:", error);
        }
      });
    }
  };
  const end = known.hook(/** @type {Reader} */ (reader), hear);
  return () => {
    if (!isOver) {
      isOver = true;
      end();
    }
  };
}

/** @param {unknown} reader */
function seen(reader) {
  if ((typeof reader !== "object" && typeof reader !== "function") || reader === null) {
    return String(reader === null ? null : typeof reader);
  }
  const kind = Object.getPrototypeOf(reader);
  const inherited = kind === null || kind === Object.prototype ? [] : Object.getOwnPropertyNames(kind);
  const names = [...Object.keys(reader), ...inherited.filter((name) => name !== "constructor")];
  return `an object with ${names.slice(0, 12).join(", ") || "nothing in it"}`;
}
