/** The barcode readers, of which one is chosen, or several. Each is loaded when it is first needed. */
import { WorkerReader } from "./worker-reader.js";

/** @typedef {import("./types.js").Found} Found */
/** @typedef {import("./types.js").Read} Read */
/** @typedef {{ read: (image: ImageData, source: "video" | "image") => Promise<Found[]>, close?: () => void }} Reader */
/** @typedef {"zxing-wasm" | "native" | "barcode-detector" | "zxing-library" | "quagga2"} ReaderId */

/**
 * A reader that could not be loaded, or that was and could not read.
 * @typedef {{ id: ReaderId, wasLoaded: boolean, reason: string }} Failure
 */

/**
 * What became of a picture. `failures`: which of the chosen readers failed; the `others` read on. `untilOthers` where
 * none does: fulfils when other readers are chosen.
 * @typedef {{ found: Read[], failures: Failure[], others: ReaderId[], untilOthers: Promise<void> | null }} Reading
 */

/**
 * `runsIn`: a worker, where the reader can do without a document. `limits`: what it does not read of a picture, for
 * people; none where it reads every code that is in it.
 * @type {Record<ReaderId, { name: string, runsIn: "worker" | "page", limits: "" | "one a picture" | "bars, one a picture" }>}
 */
export const READERS = {
  "zxing-wasm": { name: "zxing-wasm", runsIn: "worker", limits: "" },
  native: { name: "BarcodeDetector", runsIn: "page", limits: "" },
  "barcode-detector": { name: "BarcodeDetector polyfill", runsIn: "worker", limits: "" },
  "zxing-library": { name: "@zxing/library", runsIn: "worker", limits: "one a picture" },
  quagga2: { name: "quagga2", runsIn: "page", limits: "bars, one a picture" },
};

export class Decoder {
  /** @type {Map<ReaderId, Promise<Reader>>} */
  #loaded = new Map();
  /** How often each could not be loaded. @type {Map<ReaderId, number>} */
  #failed = new Map();
  #choice = choiceOf(["zxing-wasm"]);
  #turn = 0;
  #loadReader;

  /** @param {(id: ReaderId, again: number) => Promise<Reader>} [loadReader] `again` counts what failed before */
  constructor(loadReader = loadFromOrigin) {
    this.#loadReader = loadReader;
    this.#load("zxing-wasm").catch(() => {}); // soon wanted; whoever wants it is told why not
  }

  /** Those that read now. @returns {readonly ReaderId[]} */
  get readers() {
    return this.#choice.readers;
  }

  /**
   * Makes these ready to read, while those from before go on.
   * @param {ReaderId[]} readers
   * @returns {Promise<Failure[]>} those that could not be loaded
   */
  async load(readers) {
    const ends = await Promise.allSettled(readers.map((id) => this.#load(id)));
    return readers.flatMap((id, at) => {
      const end = ends[at];
      return end.status === "rejected" ? [{ id, wasLoaded: false, reason: reasonOf(end.reason) }] : [];
    });
  }

  /**
   * Has these read from now on: of a still image each, of a moving picture one after the other.
   * @param {ReaderId[]} readers at least one
   */
  use(readers) {
    const before = this.#choice;
    this.#choice = choiceOf(readers);
    before.end();
  }

  /**
   * Reads every barcode of one picture. The picture's memory may move to a worker: it is empty afterwards. Of several
   * readers one that fails is asked no more; a single one is tried again with the next picture.
   * @param {ImageData} image
   * @param {"video" | "image"} source
   * @returns {Promise<Reading>}
   */
  async read(image, source) {
    const choice = this.#choice;
    this.#turn += 1;
    const readers = source === "image" ? choice.readers : [choice.readers[this.#turn % choice.readers.length]];
    /** @type {Read[]} */
    const found = [];
    /** @type {Failure[]} */
    const failures = [];
    for (const id of readers) {
      const { data, width, height } = image;
      const own = readers.length > 1 ? new ImageData(new Uint8ClampedArray(data), width, height) : image;
      const read = await this.#readWith(id, own, source);
      if (Array.isArray(read)) found.push(...read);
      else failures.push(read);
    }
    // Of readers that were replaced meanwhile nobody wants to know why they stopped.
    if (failures.length === 0 || choice !== this.#choice) return { found, failures: [], others: [], untilOthers: null };
    const others = choice.readers.filter((id) => !failures.some((failure) => failure.id === id));
    if (others.length) choice.readers = others;
    return { found, failures, others, untilOthers: others.length ? null : choice.ended };
  }

  /**
   * @param {ReaderId} id
   * @param {ImageData} image
   * @param {"video" | "image"} source
   * @returns {Promise<Read[] | Failure>}
   */
  async #readWith(id, image, source) {
    const loading = this.#load(id);
    let wasLoaded = false;
    try {
      const reader = await loading;
      wasLoaded = true;
      return (await reader.read(image, source)).map((one) => ({ ...one, reader: READERS[id].name }));
    } catch (error) {
      if (wasLoaded) this.#drop(id, loading);
      return { id, wasLoaded, reason: reasonOf(error) };
    }
  }

  /** @param {ReaderId} id @returns {Promise<Reader>} */
  #load(id) {
    let loading = this.#loaded.get(id);
    if (!loading) {
      loading = this.#loadReader(id, this.#failed.get(id) ?? 0);
      this.#loaded.set(id, loading);
      loading.catch(() => {
        this.#loaded.delete(id); // the next choice of it tries again
        this.#failed.set(id, (this.#failed.get(id) ?? 0) + 1);
      });
    }
    return loading;
  }

  /**
   * Ends one that failed: its next picture is for a fresh one.
   * @param {ReaderId} id
   * @param {Promise<Reader>} loading
   */
  #drop(id, loading) {
    if (this.#loaded.get(id) === loading) this.#loaded.delete(id);
    void loading.then((reader) => reader.close?.());
  }
}

/** @param {ReaderId[]} readers those that read, and a promise that fulfils with `end` */
function choiceOf(readers) {
  let end = () => {};
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => {
    end = resolve;
  });
  return { readers, ended, end };
}

/** @param {unknown} error */
const reasonOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * A page keeps to it that a script could not be loaded, and asks for it no more: another attempt needs another address.
 * A worker knows nothing of those before it.
 * @param {ReaderId} id
 * @param {number} again how many attempts failed before
 * @returns {Promise<Reader>}
 */
function loadFromOrigin(id, again) {
  if (READERS[id].runsIn === "worker") return WorkerReader.start(id);
  return import(`./readers/${id}.js${again ? `?again=${again}` : ""}`);
}
