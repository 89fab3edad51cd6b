/**
 * Where the pictures come from: sample video, camera, chosen video, chosen images. Gives one frame at a time to
 * `onFrame` and waits for it, so a slow machine reads fewer frames and never falls behind.
 */

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {"sample" | "camera" | "files"} SourceName */

/** A camera of twelve megapixels reads no more barcodes than this, but takes ten times as long. */
const LONGEST_VIDEO_SIDE = 1280;
/** Beyond this a browser may refuse a canvas. */
const LONGEST_IMAGE_SIDE = 4096;

/** Why a source gives no picture; `message` is for people. */
export class SourceError extends Error {
  /**
   * @param {string} title
   * @param {string} message
   */
  constructor(title, message) {
    super(message);
    this.title = title;
  }
}

export class Scanner extends EventTarget {
  /** @type {SourceName} */
  source = "sample";
  #video;
  #still;
  #onFrame;
  #canvas = document.createElement("canvas");
  /** Raised at each change of source: what still runs for an older one gives up. */
  #turn = 0;
  /** Fulfils once the chosen images are read; null where none is. @type {Promise<void> | null} */
  #images = null;
  /** @type {MediaStream | null} */
  #camera = null;
  #objectUrl = "";
  #isPaused = false;
  #sampleUrl;

  /**
   * @param {HTMLVideoElement} video
   * @param {HTMLCanvasElement} still
   * @param {string} sampleUrl
   * @param {(frame: Frame) => Promise<void>} onFrame
   */
  constructor(video, still, sampleUrl, onFrame) {
    super();
    this.#video = video;
    this.#still = still;
    this.#sampleUrl = sampleUrl;
    this.#onFrame = onFrame;
  }

  /**
   * Whether the frame's source is still the chosen one; a frame that was read meanwhile is not to be shown.
   * @param {Frame} frame
   */
  isCurrent(frame) {
    return frame.turn === this.#turn;
  }

  get isPaused() {
    return this.#isPaused;
  }

  /** The pixels of the frame that was given last. @returns {CanvasImageSource} */
  get picture() {
    return this.#canvas;
  }

  /** Whether a moving picture is shown, which can be paused. */
  get isMoving() {
    return !this.#video.hidden;
  }

  /** Plays the sample video, muted, in a loop. @param {{ paused?: boolean }} [how] */
  async playSample({ paused = false } = {}) {
    const turn = this.#change("sample");
    this.#video.loop = true;
    this.#video.src = this.#sampleUrl;
    this.#video.classList.add("cover");
    await this.#play(turn, paused);
  }

  /** Asks for the camera, the one at the back where there are two. */
  async playCamera() {
    const turn = this.#change("camera");
    if (!navigator.mediaDevices) {
      throw new SourceError(
        "No camera here",
        "The browser gives none to this page. Use the sample video or drop an image.",
      );
    }
    /** @type {MediaStream} */
    let stream;
    try {
      const video = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
      stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    } catch (error) {
      throw cameraError(error);
    }
    if (turn !== this.#turn) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.#camera = stream;
    this.#video.srcObject = stream;
    await this.#play(turn, false);
  }

  /** Shows where files can be chosen or dropped. */
  waitForFiles() {
    this.#change("files");
    this.#video.hidden = true;
    this.#announce();
  }

  /**
   * Plays the first video among the files, else reads every image once, in order, after those that were chosen before
   * and are still being read.
   * @param {File[]} files
   */
  async openFiles(files) {
    const movie = files.find((file) => file.type.startsWith("video/"));
    if (movie) return this.#playFile(movie);
    const before = this.#images;
    const turn = before ? this.#turn : this.#change("files");
    this.#video.hidden = true;
    const images = this.#readImages(files, turn, before);
    this.#images = images;
    try {
      await images;
    } finally {
      if (this.#images === images) this.#images = null;
    }
  }

  /** @param {boolean} paused */
  async setPaused(paused) {
    this.#isPaused = paused;
    if (paused) this.#video.pause();
    else await this.#video.play().catch(() => {});
    this.#announce();
  }

  /** @param {File} file */
  async #playFile(file) {
    const turn = this.#change("files");
    this.#objectUrl = URL.createObjectURL(file);
    this.#video.src = this.#objectUrl;
    this.#video.loop = false;
    await this.#play(turn, false).catch(() => {
      throw new SourceError(
        "This video cannot be played",
        `${file.name}: choose one that the browser can play, WebM or MP4.`,
      );
    });
  }

  /**
   * @param {File[]} files
   * @param {number} turn
   * @param {Promise<void> | null} before fulfils when those before them are read
   */
  async #readImages(files, turn, before) {
    await before?.catch(() => {}); // whoever chose those says what is wrong with them
    for (const file of files) {
      if (turn !== this.#turn) return;
      await this.#readImage(file, turn);
    }
  }

  /**
   * @param {File} file
   * @param {number} turn
   */
  async #readImage(file, turn) {
    let bitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      throw new SourceError("This image cannot be opened", `${file.name}: choose a PNG, JPEG or WebP.`);
    }
    if (turn !== this.#turn) return;
    const image = this.#pixels(bitmap, bitmap.width, bitmap.height, LONGEST_IMAGE_SIDE);
    this.#still.width = image.width;
    this.#still.height = image.height;
    this.#still.getContext("2d")?.putImageData(image, 0, 0);
    this.#still.hidden = false;
    this.#still.setAttribute("aria-label", `Chosen image ${file.name}`);
    bitmap.close();
    this.#announce();
    await this.#onFrame({ image, time: performance.now(), source: "image", turn });
  }

  /** Ends whatever ran. @param {SourceName} source @returns {number} the new turn */
  #change(source) {
    this.source = source;
    this.#images = null;
    for (const track of this.#camera?.getTracks() ?? []) track.stop();
    this.#camera = null;
    this.#video.pause();
    this.#video.srcObject = null;
    this.#video.removeAttribute("src");
    this.#video.hidden = false;
    this.#video.classList.remove("cover");
    this.#still.hidden = true;
    if (this.#objectUrl) URL.revokeObjectURL(this.#objectUrl);
    this.#objectUrl = "";
    this.#isPaused = false;
    this.#announce();
    return ++this.#turn;
  }

  /**
   * @param {number} turn
   * @param {boolean} paused
   */
  async #play(turn, paused) {
    this.#isPaused = paused;
    this.#announce();
    void this.#pump(turn);
    if (paused) return;
    try {
      await this.#video.play();
    } catch (error) {
      if (turn !== this.#turn || (error instanceof DOMException && error.name === "AbortError")) return;
      if (error instanceof DOMException && error.name === "NotAllowedError") await this.setPaused(true);
      else throw error;
    }
  }

  /** Takes one new frame after the other for as long as this source is the chosen one. @param {number} turn */
  async #pump(turn) {
    while (turn === this.#turn) {
      const time = await nextFrame(this.#video);
      if (turn !== this.#turn) return;
      const { videoWidth, videoHeight } = this.#video;
      if (!videoWidth || this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) continue;
      const image = this.#pixels(this.#video, videoWidth, videoHeight, LONGEST_VIDEO_SIDE);
      await this.#onFrame({ image, time, source: "video", turn });
    }
  }

  /**
   * @param {CanvasImageSource} picture
   * @param {number} width
   * @param {number} height
   * @param {number} longest
   */
  #pixels(picture, width, height, longest) {
    const scale = Math.min(1, longest / Math.max(width, height));
    this.#canvas.width = Math.max(1, Math.round(width * scale));
    this.#canvas.height = Math.max(1, Math.round(height * scale));
    const context = this.#canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new SourceError("No picture", "The browser gives no canvas to this page. Reload it.");
    context.drawImage(picture, 0, 0, this.#canvas.width, this.#canvas.height);
    return context.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #announce() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Waits for the video's next frame. A page in the background gets none: it rests.
 * @param {HTMLVideoElement} video
 * @returns {Promise<number>} when the frame was shown, ms on the axis of performance.now()
 */
function nextFrame(video) {
  return new Promise((resolve) => {
    if ("requestVideoFrameCallback" in video) {
      video.requestVideoFrameCallback((now, frame) => resolve(Math.min(now, frame.presentationTime ?? now)));
    } else {
      requestAnimationFrame((now) => resolve(now));
    }
  });
}

/** @param {unknown} error */
function cameraError(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") {
    return new SourceError("Camera not allowed", "Allow it in the address bar, or use the sample video.");
  }
  if (name === "NotFoundError" || name === "OverconstrainedError") {
    return new SourceError("No camera found", "Connect one, or use the sample video.");
  }
  return new SourceError("Camera in use", "Another program holds it. Close that one, or use the sample video.");
}
