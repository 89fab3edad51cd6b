/** The page's side of a barcode reader in a worker. */

/** @typedef {import("./types.js").Found} Found */
/** @typedef {import("./decoder.js").Reader} Reader */

/** @implements {Reader} */
export class WorkerReader {
  #worker;
  #lastId = 0;
  /** @type {Map<number, { resolve: (found: Found[]) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  /** @param {string} id of the reader */
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
      this.#giveUp(new Error(event.message || "Its worker could not start."));
    });
  }

  /**
   * Starts one, and waits until it has read an empty picture: then all of it is loaded.
   * @param {string} id of the reader
   * @returns {Promise<WorkerReader>}
   */
  static async start(id) {
    const started = new WorkerReader(id);
    try {
      await started.read(new ImageData(32, 32), "video");
    } catch (error) {
      started.close();
      throw error;
    }
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

  /** Ends the worker, and with it what it still reads. */
  close() {
    this.#worker.terminate();
    this.#giveUp(new Error("It was ended."));
  }

  /** @param {Error} reason */
  #giveUp(reason) {
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
    this.#waiting.clear();
  }
}
