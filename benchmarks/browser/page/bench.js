/** @file What is measured inside the page: the start of a tracker, and the way of its scans. All times in ms. */

import { BarePut } from "./bare-put.js";
import { MainThread } from "./main-thread.js";
import { symbols } from "./symbols.js";

/**
 * What every variant offers, as far as it is measured.
 *
 * @typedef {object} Tracker
 * @property {Promise<void>} ready
 * @property {(decoded: unknown, options?: object) => Promise<{ scans: number }>} scan
 * @property {() => Promise<unknown>} flush
 * @property {() => Promise<{ runtime: { name: string } | null }>} explain
 */

/** As many frames may wait for their answer at once: a reader that is faster than the tracker does not stop. */
const MAX_UNDERWAY = 8;

/** @type {Tracker | undefined} */
let tracker;

/** Every barcode that shall count needs a text of its own. */
let textCount = 0;

/** What the tracker said that it has counted. */
let scanCount = 0;

const barePut = new BarePut();

/** @type {MainThread | undefined} */
let watched;

/**
 * Starts a tracker with a scan that waits for it, as a page does that has just read its first barcode.
 *
 * @param {string} moduleUrl
 * @param {object} options
 */
async function start(moduleUrl, options) {
  const mainThread = new MainThread();
  const importedAt = performance.now();
  const { Tracker } = await import(moduleUrl);
  const constructedAt = performance.now();
  const made = /** @type {Tracker} */ (new Tracker(options));
  tracker = made;
  const answer = scanNew(1);
  const callsMs = performance.now() - constructedAt;
  await answer;
  const now = performance.now();
  await made.ready;
  const readyMs = performance.now() - constructedAt;
  return {
    firstVerdictMs: now - constructedAt,
    withModuleMs: now - importedAt,
    readyMs,
    callsMs,
    ...(await mainThread.end()),
    runtime: (await made.explain()).runtime?.name ?? null,
  };
}

/**
 * Times frames one after the other: of a barcode in view (nothing to write), of a new one, and bare writes beside them.
 *
 * @param {number} count
 */
async function latencies(count) {
  /** @type {{ verdict: number[], durable: number[], put: number[] }} */
  const times = { verdict: [], durable: [], put: [] };
  const inView = symbols(1, 0);
  await scan(inView);
  for (let at = 0; at < count; at += 1) {
    times.put.push(await timed(() => barePut.put()));
    times.durable.push(await timed(() => scanNew(1)));
    times.verdict.push(await timed(() => scan(inView)));
  }
  return times;
}

/**
 * Hands frames over as fast as they are answered.
 *
 * @param {number} size barcodes in each
 * @param {boolean} isNew each barcode counts; else they are in view all the time
 * @param {number} durationMs
 * @returns {Promise<number>} frames per second
 */
async function framesPerSecond(size, isNew, durationMs) {
  const inView = symbols(size, 0);
  await scan(inView);
  const beganAt = performance.now();
  let frames = 0;
  await side(async () => {
    while (performance.now() - beganAt < durationMs) {
      await (isNew ? scanNew(size) : scan(inView));
      frames += 1;
    }
  });
  return (frames * 1000) / (performance.now() - beganAt);
}

/**
 * Counts so many barcodes, one in each frame.
 *
 * @param {number} count
 * @param {number} underway how many frames may wait for their answer at once
 */
async function scanMany(count, underway) {
  let left = count;
  const beganAt = performance.now();
  await side(async () => {
    while (left > 0) {
      left -= 1;
      await scanNew(1);
    }
  }, underway);
  return performance.now() - beganAt;
}

/**
 * Counts barcodes at the pace of a person at work.
 *
 * @param {number} perSecond
 * @param {number} durationMs
 */
async function scanSteadily(perSecond, durationMs) {
  const beganAt = performance.now();
  for (let at = 0; at < (durationMs / 1000) * perSecond; at += 1) {
    await new Promise((resolve) => setTimeout(resolve, beganAt + (at * 1000) / perSecond - performance.now()));
    await scanNew(1);
  }
}

/**
 * Judges frames by a duplicate filter in plain JavaScript and does nothing else: the least that counting can cost.
 *
 * @param {string} moduleUrl
 * @param {number} count
 */
async function plainFilter(moduleUrl, count) {
  const { DuplicateFilter } = await import(moduleUrl);
  const filter = new DuplicateFilter();
  const beganAt = performance.now();
  for (let at = 0; at < count; at += 1) {
    filter.frame([`qr_code ${at}`], performance.now());
  }
  return performance.now() - beganAt;
}

/** Watches the main thread from now on. */
function watch() {
  watched = new MainThread();
}

/** @returns {Promise<number | null>} long tasks since `watch()`, `null` where the browser does not say */
async function longTasks() {
  return (await watched?.end())?.longTasks ?? null;
}

async function flush() {
  await tracker?.flush();
  return scanCount;
}

/** @param {number} size */
function scanNew(size) {
  textCount += size;
  return scan(symbols(size, textCount));
}

/** @param {unknown[]} decoded */
async function scan(decoded) {
  const { scans } = await /** @type {Tracker} */ (tracker).scan(decoded);
  scanCount += scans;
}

/**
 * @param {() => Promise<unknown>} run
 * @param {number} [count]
 */
function side(run, count = MAX_UNDERWAY) {
  return Promise.all(Array.from({ length: count }, run));
}

/** @param {() => Promise<unknown>} run */
async function timed(run) {
  const beganAt = performance.now();
  await run();
  return performance.now() - beganAt;
}

const bench = { start, latencies, framesPerSecond, scanMany, scanSteadily, plainFilter, watch, longTasks, flush };
Object.assign(globalThis, { bench });
document.documentElement.dataset.bench = "ready";
