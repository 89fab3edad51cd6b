/** @file The worker: one counter for each set of options, for all pages that connect. */

import { Counter } from "./counter.js";
import { Store } from "./store.js";

/** @type {Promise<{ store: Store, content: { uuid: string, reports: any[] } }> | undefined} */
let opened;

/** @type {Map<string, Promise<Counter>>} by options as JSON text */
const counters = new Map();

/** @param {string} options */
function counterOf(options) {
  opened ??= open();
  const counter = counters.get(options) ?? opened.then(({ store, content }) => make(options, store, content));
  counters.set(options, counter);
  return counter;
}

/**
 * @param {string} options
 * @param {Store} store
 * @param {{ uuid: string, reports: any[] }} content
 */
function make(options, store, content) {
  return new Counter(JSON.parse(options), store, content);
}

async function open() {
  const store = await Store.open();
  return { store, content: await store.load() };
}

/** @param {MessagePort | typeof globalThis} port */
function connect(port) {
  const target = /** @type {MessagePort} */ (port);
  target.onmessage = async ({ data: { call, options, page, method, frame } }) => {
    try {
      const counter = await counterOf(options);
      const value = await (method === "scan" ? counter.scan(page, frame) : answer(counter, method));
      target.postMessage({ call, value });
    } catch (error) {
      const { name, message, code } = /** @type {Error & { code?: string }} */ (error);
      target.postMessage({ call, error: { name, message, code } });
    }
  };
}

/**
 * @param {Counter} counter
 * @param {string} method
 */
function answer(counter, method) {
  return method === "flush" ? counter.flush() : counter.ready;
}

if ("SharedWorkerGlobalScope" in self) {
  self.addEventListener("connect", (event) => connect(/** @type {MessageEvent} */ (event).ports[0]));
} else {
  connect(self);
}
