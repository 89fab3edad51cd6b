/** The page's side of the barcode reader. */

/** @typedef {import("./types.js").ReadResult} ReadResult */

/** What a moving picture needs: the next frame soon, so no search in inverted and smaller copies. */
const VIDEO_OPTIONS = { tryHarder: true, tryInvert: false, tryDownscale: false, maxNumberOfSymbols: 16 };
/** A still image gets one chance: everything is tried. */
const IMAGE_OPTIONS = { tryHarder: true, tryInvert: true, maxNumberOfSymbols: 64 };

export class Decoder {
  #worker = new Worker(new URL("decoder-worker.js", import.meta.url), { type: "module", name: "barcode reader" });
  #lastId = 0;
  /** @type {Map<number, { resolve: (results: ReadResult[]) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  constructor() {
    this.#worker.addEventListener("message", (event) => {
      const { id, results, error } = event.data;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(results);
      else waiting?.reject(new Error(error));
    });
    this.#worker.addEventListener("error", (event) => {
      const reason = new Error(event.message || "the barcode reader's worker could not start");
      for (const waiting of this.#waiting.values()) waiting.reject(reason);
      this.#waiting.clear();
    });
  }

  /**
   * Reads every barcode of one picture. The picture's memory moves to the worker: it is empty afterwards.
   * @param {ImageData} image
   * @param {"video" | "image"} source
   * @returns {Promise<ReadResult[]>}
   */
  read(image, source) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const options = source === "video" ? VIDEO_OPTIONS : IMAGE_OPTIONS;
      this.#worker.postMessage({ id, image, options }, [image.data.buffer]);
    });
  }
}
