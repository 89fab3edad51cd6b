/** From a frame to a count: what the readers find in it is shown over the picture, and judged by the tracker. */

import { ScannerControls } from "./controls.js";
import { Decoder } from "./decoder.js";
import { byId } from "./dom.js";
import { Identities } from "./identities.js";
import { Overlay } from "./overlay.js";
import { failureWords } from "./reader-words.js";
import { Scanner } from "./scanner.js";
import { Wall } from "./wall.js";

const SAMPLE = new URL("sample.webm", import.meta.url).href;

export class Reading {
  #tracking;
  #results;
  #announcer;
  #identities;
  #overlay;
  #scanner;
  #frameNumber = 0;

  /**
   * @param {object} parts
   * @param {import("./tracking.js").Tracking} parts.tracking
   * @param {import("./results.js").Results} parts.results
   * @param {import("./announcer.js").Announcer} parts.announcer
   * @param {() => void} hasChanged called where what is said of pictures and readers has changed
   */
  constructor({ tracking, results, announcer }, hasChanged) {
    this.#tracking = tracking;
    this.#results = results;
    this.#announcer = announcer;
    this.#identities = new Identities((read) => tracking.explainScan(read));
    this.#overlay = new Overlay(/** @type {HTMLCanvasElement} */ (byId("marks")));
    this.decoder = new Decoder();
    this.#scanner = new Scanner(
      /** @type {HTMLVideoElement} */ (byId("video")),
      /** @type {HTMLCanvasElement} */ (byId("still")),
      SAMPLE,
      (taken) => this.#takeFrame(taken),
    );
    this.controls = new ScannerControls(this.#scanner, this.#overlay, hasChanged);
    this.wall = new Wall(async (picture) => {
      await this.controls.open([picture]);
      // On a phone the stage, which was scrolled to, has them out of view.
      if (this.controls.notices().length) byId("notices").scrollIntoView({ block: "nearest" });
    });
  }

  /**
   * Reads one frame; the next one is taken while the tracker still judges this one, and once a reader reads.
   * @param {import("./types.js").Frame} taken
   */
  async #takeFrame(taken) {
    const { image, time, source } = taken;
    const scanner = this.#scanner;
    this.#frameNumber += 1;
    const frame = { number: this.#frameNumber, width: image.width, height: image.height, time };
    const { found: barcodes, failures, others, untilOthers } = await this.decoder.read(image, source);
    if (!scanner.isCurrent(taken)) return;
    if (!untilOthers) this.controls.noteFrame(source, barcodes.length, this.decoder.readers);
    if (failures.length) this.haveFailed(failures, others.length);
    if (untilOthers) return source === "video" ? untilOthers : undefined;
    this.#identities.recall(barcodes);
    const lasts = source === "image" || scanner.isPaused;
    this.#overlay.show(frame, scanner.picture, barcodes, { covers: scanner.source === "sample", lasts });
    if (barcodes.length) void this.#judge(frame, barcodes, source);
  }

  /** @param {import("./decoder.js").Failure[]} failures @param {number} others how many others read */
  haveFailed(failures, others) {
    const { title, words } = failureWords(failures, others);
    this.controls.fail(title, words, "reader");
  }

  /**
   * @param {{ number: number, time: number }} frame
   * @param {import("./types.js").Read[]} barcodes
   * @param {"video" | "image"} source
   */
  async #judge(frame, barcodes, source) {
    const read = barcodes.map(({ result }) => result);
    const scanned = this.#tracking.scan(read, frame.time, source);
    const [judged] = await Promise.all([scanned, this.#identities.learn(barcodes)]);
    if (judged === null) return; // the tracker was just being replaced
    this.wall.note(barcodes);
    const { verdicts, isCurrent } = judged;
    if (isCurrent) {
      const sightings = barcodes.map((barcode, index) => ({ barcode, verdict: verdicts[index] ?? null }));
      this.#overlay.judge(frame.number, barcodes, this.#results.take(sightings, frame.time, source));
    } else {
      this.#results.tally(verdicts);
    }
    this.#announcer.countScans(
      verdicts.filter((verdict) => verdict && !verdict.duplicate && !verdict.unlicensed).length,
    );
  }
}
