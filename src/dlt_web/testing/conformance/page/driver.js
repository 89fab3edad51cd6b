/**
 * Runs in every page and frame before its own scripts: holds the trackers that the page makes, and drives one of them
 * through its public interface. Everything that it answers is JSON.
 */
(() => {
  const TRACKERS = Symbol.for("dlt-web.trackers");
  const DRIVER = Symbol.for("dlt-web.conformance");
  const MESSAGE = "dlt-web.conformance";
  // A runtime that hangs must not keep the suite from finding the tracker beside it.
  const EXPLAIN_WAIT_MS = 3000;
  const hidden = { enumerable: false, configurable: true };
  const trackers = [];
  Object.defineProperty(globalThis, TRACKERS, { ...hidden, value: trackers });

  const sleep = (ms) => new Promise((resolve) => setTimeout(() => resolve(null), ms));
  const within = (ms, promise, otherwise) => Promise.race([promise, sleep(ms).then(() => otherwise)]);

  /** Undoes what JSON cannot carry: `{bytesBase64}` becomes `bytes`. */
  function revive({ bytesBase64, ...rest }) {
    if (bytesBase64 === undefined) return rest;
    return { ...rest, bytes: Uint8Array.from(atob(bytesBase64), (char) => char.charCodeAt(0)) };
  }

  async function optionsOf(tracker) {
    const told = await within(EXPLAIN_WAIT_MS, tracker.explain(), null);
    return { options: told?.tracker?.options ?? null, failure: told?.failure ?? null };
  }

  let found;
  let foundAmong = 0;
  /** The newest open tracker of a handshake code; a page may close one and make another. */
  async function find(code) {
    if (found !== undefined && foundAmong === trackers.length) return found;
    for (const tracker of [...trackers].reverse()) {
      const { options } = await optionsOf(tracker);
      if (options?.handshakeCode === code) {
        foundAmong = trackers.length;
        found = tracker;
        return tracker;
      }
    }
    throw new Error(`This page has no tracker with the handshake code ${code}.`);
  }

  const work = {
    /** Which trackers there are, newest last, with what they say of themselves. */
    trackers: () => Promise.all(trackers.map(optionsOf)),
    ready: async (code, ms) => {
      const tracker = await find(code);
      return within(ms, tracker.ready.then(() => "ready"), "waiting");
    },
    state: async (code) => {
      const { deviceUuid, license, pending, storage } = await find(code);
      return { deviceUuid, license, pending, storage };
    },
    scan: async (code, barcodes, options) => {
      const tracker = await find(code);
      // A stream of our own: the app's own frames do not stand between ours.
      const { results, scans } = await tracker.scan(barcodes.map(revive), { stream: "dlt-web verify", ...options });
      return { duplicates: results.map(({ duplicate }) => duplicate), scans };
    },
    flush: async (code) => {
      await (await find(code)).flush();
      return null;
    },
    now: () => performance.now(),
  };

  async function call(name, given) {
    try {
      const value = await work[name](...given);
      return { value: value === undefined ? null : value };
    } catch (error) {
      const { name: kind, code, message } = error ?? {};
      return { error: { name: kind ?? typeof error, code: code ?? null, message: String(message ?? error) } };
    }
  }

  /** What is asked of the page in the first frame, which may be of any origin. */
  let callCount = 0;
  function callFrame(name, given) {
    callCount += 1;
    const number = callCount;
    return new Promise((resolve) => {
      const hear = ({ data }) => {
        if (data?.[MESSAGE] === "answer" && data.number === number) {
          removeEventListener("message", hear);
          resolve(data.outcome);
        }
      };
      addEventListener("message", hear);
      frames[0].postMessage({ [MESSAGE]: "call", number, name, given }, "*");
    });
  }
  if (window !== top) {
    addEventListener("message", async ({ data, source }) => {
      if (data?.[MESSAGE] !== "call" || source !== parent) return;
      const outcome = await call(data.name, data.given);
      parent.postMessage({ [MESSAGE]: "answer", number: data.number, outcome }, "*");
    });
  }
  Object.defineProperty(globalThis, DRIVER, { ...hidden, value: { call, callFrame } });
})();
