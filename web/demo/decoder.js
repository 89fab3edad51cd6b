/** The barcode readers, of which one is chosen. Each is loaded when it is first needed. */

/** @typedef {import("./types.js").Found} Found */
/** @typedef {import("./types.js").Read} Read */
/** @typedef {{ read: (image: ImageData, source: "video" | "image") => Promise<Found[]> }} Reader */
/** @typedef {"zxing-wasm" | "native" | "barcode-detector" | "zxing-library" | "quagga2"} ReaderId */

/** `runsIn`: a worker, where the reader can do without a document. @type {Record<ReaderId, { name: string, runsIn: "worker" | "page" }>} */
export const READERS = {
  "zxing-wasm": { name: "zxing-wasm", runsIn: "worker" },
  native: { name: "BarcodeDetector", runsIn: "page" },
  "barcode-detector": { name: "BarcodeDetector polyfill", runsIn: "worker" },
  "zxing-library": { name: "@zxing/library", runsIn: "worker" },
  quagga2: { name: "quagga2", runsIn: "page" },
};

export class Decoder {
  /** @type {Map<ReaderId, Promise<Reader>>} */
  #loaded = new Map();
  /** Those that read. @type {ReaderId[]} */
  #chosen = ["zxing-wasm"];
  #turn = 0;

  constructor() {
    void this.#load("zxing-wasm"); // soon wanted
  }

  /**
   * Makes these ready to read, while those from before go on.
   * @param {ReaderId[]} readers
   * @returns {Promise<void>} rejects where one of them cannot be loaded
   */
  async load(readers) {
    await Promise.all(readers.map((id) => this.#load(id)));
  }

  /**
   * Has these read from now on: of a still image each, of a moving picture one after the other.
   * @param {ReaderId[]} readers at least one
   */
  use(readers) {
    this.#chosen = readers;
  }

  /**
   * Reads every barcode of one picture. The picture's memory may move to a worker: it is empty afterwards.
   * @param {ImageData} image
   * @param {"video" | "image"} source
   * @returns {Promise<Read[]>}
   */
  async read(image, source) {
    this.#turn += 1;
    const readers = source === "image" ? this.#chosen : [this.#chosen[this.#turn % this.#chosen.length]];
    const found = [];
    for (const id of readers) {
      const { data, width, height } = image;
      const own = readers.length > 1 ? new ImageData(new Uint8ClampedArray(data), width, height) : image;
      const reader = await this.#load(id);
      for (const one of await reader.read(own, source)) found.push({ ...one, reader: READERS[id].name });
    }
    return found;
  }

  /** @param {ReaderId} id @returns {Promise<Reader>} */
  #load(id) {
    let loading = this.#loaded.get(id);
    if (!loading) {
      loading = READERS[id].runsIn === "page" ? import(`./readers/${id}.js`) : WorkerReader.start(id);
      this.#loaded.set(id, loading);
      loading.catch(() => this.#loaded.delete(id)); // the next choice of it tries again
    }
    return loading;
  }
}

/** The page's side of a reader in a worker. @implements {Reader} */
class WorkerReader {
  #worker;
  #lastId = 0;
  /** @type {Map<number, { resolve: (found: Found[]) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  /** @param {ReaderId} id */
  constructor(id) {
    const place = new URL(`reader-worker.js?reader=${id}`, import.meta.url);
    this.#worker = new Worker(place, { type: "module", name: `barcode reader ${id}` });
    this.#worker.addEventListener("message", ({ data: { id: answered, found, error } }) => {
      const waiting = this.#waiting.get(answered);
      this.#waiting.delete(answered);
      if (error === undefined) waiting?.resolve(found);
      else waiting?.reject(new Error(error));
    });
    this.#worker.addEventListener("error", (event) => {
      const reason = new Error(event.message || "the barcode reader's worker could not start");
      for (const waiting of this.#waiting.values()) waiting.reject(reason);
      this.#waiting.clear();
    });
  }

  /**
   * Starts one, and waits until it has read an empty picture: then all of it is loaded.
   * @param {ReaderId} id
   * @returns {Promise<Reader>}
   */
  static async start(id) {
    const started = new WorkerReader(id);
    await started.read(new ImageData(32, 32), "video");
    return started;
  }

  /** @param {ImageData} image @param {"video" | "image"} source @returns {Promise<Found[]>} */
  read(image, source) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, image, source }, [image.data.buffer]);
    });
  }
}
