/** The try-out: the demo's scanner, the real tracker, and a stand-in for the license server inside the browser. */

import { Announcer } from "../demo/announcer.js";
import { ScannerControls } from "../demo/controls.js";
import { Decoder } from "../demo/decoder.js";
import { licenseWords, pillWord, showPill } from "../demo/device.js";
import { byId } from "../demo/dom.js";
import { Identities } from "../demo/identities.js";
import { Notices } from "../demo/notices.js";
import { Overlay } from "../demo/overlay.js";
import { failureWords } from "../demo/reader-words.js";
import { Scanner } from "../demo/scanner.js";
import { startThemeSwitch } from "../demo/theme.js";
import { Tracking } from "../demo/tracking.js";
import { WhyDialog } from "../demo/why.js";
import { BooksCard } from "./books-card.js";
import { Choices } from "./choices.js";
import { takePlace } from "./place.js";
import { Verdicts } from "./verdicts.js";
import { whileSeen } from "./while-seen.js";

/** @typedef {import("../demo/types.js").Frame} Frame */
/** @typedef {import("../demo/types.js").Read} Read */

const SAMPLE = new URL("../demo/sample.webm", import.meta.url).href;
const REDRAW_EVERY_MS = 1000;

// That the page has not started: from here on it says itself what is wrong.
byId("notices").replaceChildren();
startThemeSwitch(byId("theme"));
const notices = new Notices();
const announcer = new Announcer(byId("announcer"));

takePlace().then(
  (server) => new Tryout(server).start(),
  ({ message: words }) => {
    const title = "There is no stand-in";
    notices.show([{ key: "place", kind: "bad", icon: "cross", title, words }]);
    announcer.sayNotices([title]);
  },
);

class Tryout {
  #tracking;
  #books;
  #identities;
  #verdicts;
  #choices = new Choices(() => this.#useChoices());
  #decoder = new Decoder();
  #overlay = new Overlay(/** @type {HTMLCanvasElement} */ (byId("marks")));
  #scanner;
  #controls;
  #frameNumber = 0;

  /** @param {string} server address of the stand-in */
  constructor(server) {
    this.#tracking = new Tracking({ licenseServer: server, deviceFriendlyName: "Try-out" });
    this.#books = new BooksCard(server);
    const explain = (/** @type {unknown[]} */ read) => this.#tracking.explainScan(read);
    this.#identities = new Identities(explain);
    const why = new WhyDialog(explain);
    this.#verdicts = new Verdicts((readings) => void why.show(readings));
    const video = /** @type {HTMLVideoElement} */ (byId("video"));
    const still = /** @type {HTMLCanvasElement} */ (byId("still"));
    this.#scanner = new Scanner(video, still, SAMPLE, (frame) => this.#takeFrame(frame));
    this.#controls = new ScannerControls(this.#scanner, this.#overlay, () => this.#redraw());
  }

  start() {
    this.#tracking.addEventListener("change", () => this.#redraw());
    whileSeen(() => this.#redraw(), REDRAW_EVERY_MS);
    this.#useChoices();
    return this.#controls.start();
  }

  /** Makes the tracker anew from what is chosen. */
  #useChoices() {
    const { handshakeCode, forgetTimeMs, mode } = this.#choices.chosen;
    const begin = () => this.#verdicts.restart({ forgetTimeMs, mode });
    begin();
    const made = this.#tracking.use({ handshakeCode, duplicateForgetTime: forgetTimeMs, duplicateMode: mode });
    void made.then(begin); // until then the old one may have judged a picture more
    this.#redraw();
  }

  /**
   * Reads one frame; the next one is taken while the tracker still judges this one.
   * @param {Frame} taken
   */
  async #takeFrame(taken) {
    const { image, time, source } = taken;
    this.#frameNumber += 1;
    const frame = { number: this.#frameNumber, width: image.width, height: image.height, time };
    const { found, failures, untilOthers } = await this.#decoder.read(image, source);
    if (!this.#scanner.isCurrent(taken)) return;
    if (failures.length) {
      const { title, words } = failureWords(failures, 0);
      this.#controls.fail(title, words.replace("Choose another reader.", "Reload the page."), "reader");
      return source === "video" ? (untilOthers ?? undefined) : undefined;
    }
    this.#controls.noteFrame(source, found.length, this.#decoder.readers);
    this.#identities.recall(found);
    const lasts = source === "image" || this.#scanner.isPaused;
    this.#overlay.show(frame, this.#scanner.picture, found, { covers: this.#scanner.source === "sample", lasts });
    if (found.length) void this.#judge(frame, found, source);
  }

  /**
   * @param {{ number: number, time: number }} frame
   * @param {Read[]} barcodes
   * @param {"video" | "image"} source
   */
  async #judge({ number, time }, barcodes, source) {
    const read = barcodes.map(({ result }) => result);
    const [judged] = await Promise.all([this.#tracking.scan(read, time, source), this.#identities.learn(barcodes)]);
    if (!judged?.isCurrent) return; // the tracker was just being replaced
    const refusal = this.#tracking.view.license.code ?? null;
    const kinds = this.#verdicts.take({ barcodes, verdicts: judged.verdicts, time, source, refusal });
    this.#overlay.judge(number, barcodes, kinds);
    announcer.countScans(kinds.filter((kind) => kind === "counted").length);
  }

  #redraw() {
    const { view, failure } = this.#tracking;
    const now = Date.now();
    showPill(view.license, now);
    announcer.sayLicense(`${pillWord(view.license)}. ${view.license.code ? licenseWords(view.license, now) : ""}`);
    /** @type {import("../demo/notices.js").Notice[]} */
    const shown = this.#controls.notices();
    if (failure) {
      const words = `${failure.message} Reload the page.`;
      shown.push({ key: "failure", kind: "bad", icon: "warning", title: "The tracker cannot run", words });
    }
    announcer.sayNotices(shown.map(({ title }) => title));
    notices.show(shown);
    if (!document.hidden) void this.#books.refresh(view.pending.scans);
  }
}
