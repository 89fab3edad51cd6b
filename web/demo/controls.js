/** The controls around the picture: sources, pause, dropping of files, frames per second. */
import { byId, icon, rebuild, setText } from "./dom.js";
import { nothingWords } from "./reader-words.js";
import { SourceError } from "./scanner.js";

/** @typedef {import("./notices.js").Notice} Notice */
/** @typedef {import("./scanner.js").Scanner} Scanner */
/** @typedef {import("./scanner.js").SourceName} SourceName */

/** @type {Record<SourceName, { icon: string, long: string, short: string }>} */
const SOURCES = {
  sample: { icon: "film", long: "Sample video", short: "Sample" },
  camera: { icon: "camera", long: "Camera", short: "Camera" },
  files: { icon: "image", long: "Files", short: "Files" },
};

export class ScannerControls {
  #scanner;
  #overlay;
  #onChange;
  /** @type {Notice | null} */
  #notice = null;
  #frames = 0;
  #stage = byId("stage");
  #pause = byId("pause");
  #narrow = matchMedia("(max-width: 719px)");
  #buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("[data-source]")]);

  /**
   * @param {Scanner} scanner
   * @param {import("./overlay.js").Overlay} overlay
   * @param {() => void} onChange when there is another notice to show
   */
  constructor(scanner, overlay, onChange) {
    this.#scanner = scanner;
    this.#overlay = overlay;
    this.#onChange = onChange;
    for (const button of this.#buttons) button.addEventListener("click", () => this.#choose(sourceOf(button)));
    this.#pause.addEventListener("click", () => void scanner.setPaused(!scanner.isPaused));
    const files = /** @type {HTMLInputElement} */ (byId("files"));
    files.addEventListener("change", () => {
      void this.open([...(files.files ?? [])]);
      files.value = "";
    });
    this.#acceptDrops();
    byId("paste").addEventListener("click", () => void this.#run(async () => this.open(await imagesInClipboard())));
    document.addEventListener("paste", (event) => {
      const { files: pasted, types } = event.clipboardData ?? { files: [], types: [] };
      if (types.length === 0 || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      void this.#run(async () => this.open(pasted.length ? [...pasted] : nothingToPaste()));
    });
    this.#narrow.addEventListener("change", () => this.#show());
    scanner.addEventListener("change", () => this.#show());
    setInterval(() => this.#showRate(), 1000);
  }

  /** Plays the sample; where people asked for little motion it waits, paused. */
  async start() {
    const paused = matchMedia("(prefers-reduced-motion: reduce)").matches;
    await this.#run(() => this.#scanner.playSample({ paused }));
  }

  /** @returns {Notice[]} */
  notices() {
    return this.#notice ? [this.#notice] : [];
  }

  /** @param {string} title @param {string} words what to do next @param {"source" | "reader"} [of] what failed */
  fail(title, words, of = "source") {
    const kind = title.startsWith("No barcode") ? "plain" : "warn";
    const name = this.#scanner.source === "camera" ? "camera" : "warning";
    this.#notice = { key: `${of} ${title}`, kind, icon: kind === "plain" ? "image" : name, title, words };
    this.#onChange();
  }

  /** Takes back what was said of one that failed. @param {"source" | "reader"} of */
  forgive(of) {
    if (!this.#notice?.key.startsWith(of)) return;
    this.#notice = null;
    this.#onChange();
  }

  /**
   * Counts a frame for the rate, and says so where a chosen image held nothing.
   * @param {"video" | "image"} source
   * @param {number} barcodes found in it
   * @param {readonly import("./decoder.js").ReaderId[]} readers that looked for them
   */
  noteFrame(source, barcodes, readers) {
    this.#frames += 1;
    // The next choice of a reader takes it back: that one may find something.
    if (source === "image" && barcodes === 0) this.fail("No barcode in this image", nothingWords(readers), "reader");
  }

  /** @param {SourceName} source */
  #choose(source) {
    if (source === "sample") void this.#run(() => this.#scanner.playSample());
    else if (source === "camera") void this.#run(() => this.#scanner.playCamera());
    else void this.#run(async () => this.#scanner.waitForFiles());
  }

  /** Shows files, images and videos, as if they were dropped. @param {File[]} files */
  async open(files) {
    const usable = files.filter(({ type }) => /^(image|video)\//.test(type));
    if (files.length === 0) return;
    await this.#run(async () => {
      if (usable.length === 0) throw new SourceError("Neither image nor video", "Drop a PNG, JPEG, WebP, WebM or MP4.");
      await this.#scanner.openFiles(usable);
    });
  }

  /** @param {() => Promise<void>} act */
  async #run(act) {
    this.#notice = null;
    this.#overlay.clear();
    this.#onChange();
    try {
      await act();
    } catch (error) {
      if (error instanceof SourceError) this.fail(error.title, error.message);
      else this.fail("No picture", `${error instanceof Error ? error.message : error} Use the sample video.`);
    }
  }

  /** Takes files wherever they fall: one that misses the picture would otherwise replace the whole page. */
  #acceptDrops() {
    const mark = (/** @type {boolean} */ isOver) => this.#stage.classList.toggle("is-over", isOver);
    for (const name of /** @type {const} */ (["dragenter", "dragover"])) {
      document.addEventListener(name, (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        mark(true);
      });
    }
    document.addEventListener("dragleave", ({ relatedTarget }) => {
      if (relatedTarget === null) mark(false); // out of the window, not from one part to the next
    });
    document.addEventListener("drop", (event) => {
      mark(false);
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      void this.open([...event.dataTransfer.files]);
    });
  }

  #show() {
    const { source, isPaused, isMoving } = this.#scanner;
    for (const button of this.#buttons) {
      const name = sourceOf(button);
      const words = this.#narrow.matches ? SOURCES[name].short : SOURCES[name].long;
      button.setAttribute("aria-pressed", String(name === source));
      rebuild(button, words, () => [icon(SOURCES[name].icon), words]);
    }
    byId("drop").hidden = isMoving || !byId("still").hidden;
    this.#stage.classList.toggle("is-still", !isMoving);
    this.#pause.hidden = !isMoving;
    rebuild(this.#pause, String(isPaused), () => [icon(isPaused ? "play" : "pause")]);
    this.#pause.setAttribute("aria-label", isPaused ? "Play" : "Pause");
  }

  #showRate() {
    const rate = byId("rate");
    rate.hidden = !this.#scanner.isMoving || this.#frames === 0;
    if (this.#frames) setText(rate, `${this.#frames} frames/s`);
    this.#frames = 0;
  }
}

/** @returns {never} */
function nothingToPaste() {
  throw new SourceError("No image in the clipboard", "Copy a picture, not its name or address, and paste again.");
}

/** Asks the browser for the clipboard, which may ask the person. @returns {Promise<File[]>} */
async function imagesInClipboard() {
  let items;
  try {
    items = await navigator.clipboard.read();
  } catch {
    throw new SourceError("The clipboard stays closed", "Allow it and try again, or press Ctrl+V, on a Mac ⌘V.");
  }
  const images = items.flatMap((item) => {
    const type = item.types.find((one) => one.startsWith("image/"));
    return type ? [item.getType(type).then((blob) => new File([blob], "from the clipboard", { type }))] : [];
  });
  return images.length ? Promise.all(images) : nothingToPaste();
}

/** @param {HTMLButtonElement} button */
function sourceOf(button) {
  return /** @type {SourceName} */ (button.dataset.source);
}
