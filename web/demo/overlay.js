/** Outlines the barcodes over the picture: solid cobalt for what was counted just now, white dashes for a duplicate. */

/** @typedef {import("./types.js").Read} Read */
/** @typedef {"counted" | "duplicate" | "uncounted" | "waiting"} Kind `waiting`: the tracker has not judged it yet */
/** @typedef {import("./types.js").Point} Point */
/**
 * @typedef {object} Mark
 * @property {string} key
 * @property {Point[]} corners in pixels of the frame
 * @property {Point} speed in pixels of the frame per ms
 * @property {Kind} kind
 */

/** Line widths hold for a picture of this width and shrink with it, down to what stays visible. */
const REFERENCE_WIDTH = 960;
/** After this long without a new frame the outlines are about a picture that is gone. */
const STALE_AFTER_MS = 1500;
/**
 * Where reading takes longer than this, the outlined frame is shown instead of the running picture: an outline that
 * lies beside its code looks like a mistake, a slower picture looks like a slow machine.
 */
const SLOW_READING_MS = 60;
/** The reader needs a moment: where a code moves, its outline is carried on for at most this long. */
const CARRIED_ON_MS = 160;
/** Two sightings further apart than this say nothing about a speed. */
const SPEED_FROM_MS = 250;
/** Pixels of the frame per ms: ten in a second. */
const VISIBLE_SPEED = 0.01;
const LABELS = { counted: "+1 Counted", duplicate: "Duplicate", uncounted: "Not counted", waiting: "" };
/** More would cover each other, and what they are about. */
const MOST_TAGS = 8;
const COUNTED = "#2446c6";
const NEAR_BLACK = "#101316";

export class Overlay {
  #canvas;
  #frame = { number: 0, width: 1, height: 1, time: 0 };
  /** @type {Mark[]} */
  #marks = [];
  #how = { covers: false, lasts: false };
  #isDrawing = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #clearing;
  /** The frame that the outlines belong to, where it is shown itself. */
  #picture = document.createElement("canvas");
  #showsPicture = false;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.#draw(performance.now())).observe(canvas);
  }

  /**
   * Shows where the barcodes of one frame are. What is not judged yet looks as it did in the frame before.
   * @param {{ number: number, width: number, height: number, time: number }} frame its size in pixels, its capture time
   * @param {CanvasImageSource} picture the frame's pixels, until the next frame is taken
   * @param {Read[]} barcodes
   * @param {{ covers: boolean, lasts: boolean }} how `covers`: the picture fills the stage and is cut at its edges;
   *   `lasts`: a picture that stands still, whose outlines stay
   */
  show(frame, picture, barcodes, how) {
    const passed = frame.time - this.#frame.time;
    this.#marks = barcodes.map((barcode) => {
      const corners = padded(barcode.corners);
      const before = this.#marks.find(({ key }) => key === barcode.key);
      const speed =
        before && passed > 0 && passed < SPEED_FROM_MS ? speedOf(before.corners, corners, passed) : { x: 0, y: 0 };
      return { key: barcode.key ?? "", corners, speed, kind: before?.kind ?? "waiting" };
    });
    this.#frame = frame;
    this.#how = how;
    this.#showsPicture = !how.lasts && performance.now() - frame.time > SLOW_READING_MS;
    if (this.#showsPicture) this.#keepPicture(picture);
    this.#keepDrawing();
  }

  /**
   * Takes the tracker's verdicts on a frame, which may come after the next frame was shown.
   * @param {number} frameNumber
   * @param {Read[]} barcodes
   * @param {Kind[]} kinds one for each barcode
   */
  judge(frameNumber, barcodes, kinds) {
    const isCurrent = frameNumber === this.#frame.number;
    for (const [index, barcode] of barcodes.entries()) {
      const mark = isCurrent ? this.#marks[index] : this.#marks.find(({ key }) => key === barcode.key);
      if (!mark) continue;
      mark.kind = kinds[index];
      mark.key = barcode.key ?? mark.key; // by now the tracker may have said which barcode it is
    }
    if (isCurrent) this.#marks = this.#marks.filter((_, index) => !isReadBefore(barcodes, index));
    this.#keepDrawing();
  }

  clear() {
    clearTimeout(this.#clearing);
    this.#marks = [];
    this.#showsPicture = false;
    this.#draw(performance.now());
  }

  /** @param {CanvasImageSource} picture */
  #keepPicture(picture) {
    const { width, height } = this.#frame;
    if (this.#picture.width !== width || this.#picture.height !== height) {
      this.#picture.width = width;
      this.#picture.height = height;
    }
    this.#picture.getContext("2d")?.drawImage(picture, 0, 0);
  }

  /** Draws once, and on and on for as long as an outline has to be moved along with its code. */
  #keepDrawing() {
    clearTimeout(this.#clearing);
    if (!this.#how.lasts) this.#clearing = setTimeout(() => this.clear(), STALE_AFTER_MS);
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    const step = (/** @type {number} */ now) => {
      this.#draw(now);
      const isCarried = !this.#how.lasts && !this.#showsPicture && now - this.#frame.time < CARRIED_ON_MS;
      this.#isDrawing = isCarried && this.#marks.some(({ speed }) => Math.hypot(speed.x, speed.y) > VISIBLE_SPEED);
      if (this.#isDrawing) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  /** @param {number} now */
  #draw(now) {
    const { clientWidth, clientHeight } = this.#canvas;
    const context = this.#canvas.getContext("2d");
    if (!context || !clientWidth) return;
    const density = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(clientWidth * density), Math.round(clientHeight * density)];
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, clientWidth, clientHeight);
    const fit = this.#how.covers ? Math.max : Math.min;
    const scale = fit(clientWidth / this.#frame.width, clientHeight / this.#frame.height);
    const left = (clientWidth - this.#frame.width * scale) / 2;
    const top = (clientHeight - this.#frame.height * scale) / 2;
    const line = Math.max(0.45, Math.min(1, (this.#frame.width * scale) / REFERENCE_WIDTH));
    if (this.#showsPicture) {
      context.drawImage(this.#picture, left, top, this.#frame.width * scale, this.#frame.height * scale);
    }
    const passed =
      this.#how.lasts || this.#showsPicture ? 0 : Math.max(0, Math.min(CARRIED_ON_MS, now - this.#frame.time));
    const placed = this.#marks.map(({ kind, corners, speed }) => ({
      kind,
      corners: corners.map(({ x, y }) => ({
        x: left + (x + speed.x * passed) * scale,
        y: top + (y + speed.y * passed) * scale,
      })),
    }));
    for (const { kind, corners } of placed) outline(context, corners, kind === "counted", line);
    if (placed.length > MOST_TAGS) return;
    for (const { kind, corners } of placed) if (LABELS[kind]) tag(context, corners, kind, clientWidth);
  }
}

/** Tells whether another reader told of this barcode already: one outline is enough. @param {Read[]} barcodes @param {number} index */
function isReadBefore(barcodes, index) {
  const { key, reader } = barcodes[index];
  return barcodes.slice(0, index).some((one) => one.key === key && one.reader !== reader);
}

/** @param {Point[]} corners @returns {Point} */
function middleOf(corners) {
  const sum = corners.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / corners.length, y: sum.y / corners.length };
}

/** @param {Point[]} before @param {Point[]} after @param {number} passed ms @returns {Point} */
function speedOf(before, after, passed) {
  const [from, to] = [middleOf(before), middleOf(after)];
  return { x: (to.x - from.x) / passed, y: (to.y - from.y) / passed };
}

/**
 * Widens the outline a little, so that it frames the bars and does not cover them.
 * @param {Point[]} corners
 */
function padded(corners) {
  const middle = middleOf(corners);
  return corners.map(({ x, y }) => {
    const distance = Math.hypot(x - middle.x, y - middle.y) || 1;
    const factor = (distance + 12) / distance;
    return { x: middle.x + (x - middle.x) * factor, y: middle.y + (y - middle.y) * factor };
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point[]} corners
 * @param {boolean} isCounted
 * @param {number} line
 */
function outline(context, corners, isCounted, line) {
  context.beginPath();
  for (const { x, y } of corners) context.lineTo(x, y);
  context.closePath();
  context.lineJoin = "round";
  context.setLineDash([]);
  context.strokeStyle = isCounted ? "#ffffff" : NEAR_BLACK;
  context.lineWidth = (isCounted ? 11 : 9) * line;
  context.stroke();
  context.strokeStyle = isCounted ? COUNTED : "#ffffff";
  context.lineWidth = (isCounted ? 6 : 4.5) * line;
  if (!isCounted) context.setLineDash([14 * line, 10 * line]);
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point[]} corners
 * @param {Kind} kind
 * @param {number} width of the stage
 */
function tag(context, corners, kind, width) {
  const label = LABELS[kind];
  context.font = `600 12px ${getComputedStyle(context.canvas).fontFamily}`;
  const tagWidth = context.measureText(label).width + 16;
  const left = Math.max(4, Math.min(width - tagWidth - 4, Math.min(...corners.map(({ x }) => x))));
  const top = Math.max(4, Math.min(...corners.map(({ y }) => y)) - 30);
  context.fillStyle = kind === "counted" ? COUNTED : "rgb(16 19 22 / 0.84)";
  context.beginPath();
  context.roundRect(left, top, tagWidth, 22, 4);
  context.fill();
  if (kind === "counted") {
    context.setLineDash([]);
    context.lineWidth = 1.5;
    context.strokeStyle = "#ffffff";
    context.stroke();
  }
  context.fillStyle = "#ffffff";
  context.textBaseline = "middle";
  context.fillText(label, left + 8, top + 11.5);
}
