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
  // Nothing that is asked takes so long, and a driver of WebKit's waits for 90 s; what hangs keeps no run waiting for ever.
  const CALL_WAIT_MS = 60_000;
  // What is said to a frame before its document is there, nobody hears: it is said again until somebody does.
  const HEARD_WAIT_MS = 200;
  const HEARD_TRIES = 50;
  // Storage that the window throws away at its end is no reason to wait longer.
  const UNSTORE_WAIT_MS = 3000;
  const hidden = { enumerable: false, configurable: true };
  const trackers = [];
  Object.defineProperty(globalThis, TRACKERS, { ...hidden, value: trackers });

  const sleep = (ms) => new Promise((resolve) => setTimeout(() => resolve(null), ms));
  const within = (ms, promise, otherwise) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(otherwise), ms);
      promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });

  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  /** Undoes what JSON cannot carry: `{bytesBase64}` becomes `bytes`. */
  function revive({ bytesBase64, ...rest }) {
    if (bytesBase64 === undefined) return rest;
    return { ...rest, bytes: Uint8Array.from(atob(bytesBase64), (char) => char.charCodeAt(0)) };
  }

  async function optionsOf(tracker) {
    const told = await within(EXPLAIN_WAIT_MS, tracker.explain(), null);
    return { options: told?.tracker?.options ?? null, failure: told?.failure ?? null };
  }

  /**
   * The newest open tracker of a handshake code, undefined where none has named it; certain once each newer one has named
   * another. All are asked at once: a slow start answers to none of them in time, and one after the other would show
   * its end as an older one that answers.
   */
  async function newest(code) {
    const among = [...trackers].reverse();
    const named = (await Promise.all(among.map(optionsOf))).map(({ options }) => options?.handshakeCode);
    const at = named.indexOf(code);
    return { tracker: among[at], isCertain: at >= 0 && !named.slice(0, at).includes(undefined), count: among.length };
  }

  let found;
  let foundAmong = 0;
  /** As above; a page may close one and make another. */
  async function find(code) {
    if (found !== undefined && foundAmong === trackers.length) return found;
    const { tracker, isCertain, count } = await newest(code);
    if (tracker === undefined) throw new Error(`This page has no tracker with the handshake code ${code}.`);
    if (isCertain) [found, foundAmong] = [tracker, count];
    return tracker;
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
    /**
     * Scans without waiting for anything, and says whether the tracker was still on its way; null while there is none, or
     * none of several has named this code yet. The page's only one is not asked, which would take until it is ready.
     */
    scanEarly: async (code, barcodes, isOnly) => {
      const tracker = isOnly ? trackers[0] : (await newest(code)).tracker;
      if (tracker === undefined) return null;
      const scan = async () => tracker.scan(barcodes.map(revive), { stream: "dlt-web verify" });
      scan().catch(() => {}); // that it was refused leaves what it stored
      const said = (word) => () => word;
      return Promise.race([tracker.ready.then(said("ready"), said("ready")), sleep(0).then(said("early"))]);
    },
    now: () => performance.now(),
    /** Stores a mark in each kind of storage that a tracker may use, and says whether all of them kept it. */
    store: async (name) => {
      try {
        localStorage.setItem(name, name);
        (await done(indexedDB.open(name))).close();
      } catch {
        return false;
      }
      return true;
    },
    unstore: async (name) => {
      try {
        localStorage.removeItem(name);
        await within(UNSTORE_WAIT_MS, done(indexedDB.deleteDatabase(name)), null);
      } catch {
        // What could not be stored cannot be removed either.
      }
    },
    /** Tells whether any kind of storage shows the mark here. */
    hasStored: async (name) => {
      const looks = [
        async () => localStorage.getItem(name) !== null,
        async () => (await indexedDB.databases()).some((database) => database.name === name),
      ];
      const found = await Promise.all(looks.map((look) => look().catch(() => false))); // not even to be looked at from here
      return found.includes(true);
    },
    /** Clicks an element once it is there, and says whether it was. */
    click: (selector) => {
      const element = document.querySelector(selector);
      element?.click();
      return element !== null;
    },
  };

  const failure = (message) => ({ error: { name: "Error", code: null, message } });

  function call(name, given) {
    const late = failure(`${name}() did not come to an end within ${CALL_WAIT_MS / 1000} s.`);
    return within(CALL_WAIT_MS, perform(name, given), late);
  }

  async function perform(name, given) {
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
    const frame = frames[0];
    const answer = new Promise((resolve) => {
      let isHeard = false;
      const hear = ({ data, source }) => {
        if (source !== frame || data?.number !== number) return;
        isHeard = true;
        if (data[MESSAGE] === "answer") resolve(data.outcome);
      };
      addEventListener("message", hear);
      const say = async () => {
        for (let tries = 0; !isHeard && tries < HEARD_TRIES; tries += 1) {
          frame.postMessage({ [MESSAGE]: "call", number, name, given }, "*");
          await sleep(HEARD_WAIT_MS);
        }
        if (!isHeard) resolve(failure("The frame does not answer: does the app let itself be embedded?"));
      };
      say();
    });
    return within(CALL_WAIT_MS + HEARD_WAIT_MS * HEARD_TRIES, answer, failure(`${name}() in the frame has no answer.`));
  }
  if (window !== top) {
    const heard = new Set();
    addEventListener("message", async ({ data, source }) => {
      if (data?.[MESSAGE] !== "call" || source !== parent) return;
      const { number } = data;
      parent.postMessage({ [MESSAGE]: "heard", number }, "*");
      if (heard.has(number)) return;
      heard.add(number);
      const outcome = await call(data.name, data.given);
      parent.postMessage({ [MESSAGE]: "answer", number, outcome }, "*");
    });
  }
  Object.defineProperty(globalThis, DRIVER, { ...hidden, value: { call, callFrame } });
})();
