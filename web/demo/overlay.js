/** Outlines the barcodes over the picture: solid cobalt for what was counted just now, white dashes for a duplicate. */

/** @typedef {import("./types.js").Sighting} Sighting */

/** Line widths hold for a picture of this width and shrink with it, down to what stays visible. */
const REFERENCE_WIDTH = 960;
/** After this long without a new frame the outlines are about a picture that is gone. */
const STALE_AFTER_MS = 700;
const COUNTED = "#2446c6";
const NEAR_BLACK = "#101316";

export class Overlay {
  #canvas;
  #frameWidth = 1;
  #frameHeight = 1;
  /** @type {{ corners: { x: number, y: number }[], kind: string, label: string }[]} */
  #marks = [];
  #fill = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #clearing;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.#draw()).observe(canvas);
  }

  /**
   * Shows what one frame held.
   * @param {{ width: number, height: number }} frame its size in pixels
   * @param {{ sighting: Sighting, kind: "counted" | "duplicate" | "uncounted" }[]} marks
   * @param {{ covers: boolean, lasts: boolean }} how `covers`: the picture fills the stage and is cut at its edges;
   *   `lasts`: a still image, whose outlines stay
   */
  show(frame, marks, { covers, lasts }) {
    clearTimeout(this.#clearing);
    this.#frameWidth = frame.width;
    this.#frameHeight = frame.height;
    this.#fill = covers;
    this.#marks = marks.map(({ sighting, kind }) => {
      const { topLeft, topRight, bottomRight, bottomLeft } = sighting.barcode.position;
      const label = { counted: "+1 Counted", duplicate: "Duplicate", uncounted: "Not counted" }[kind];
      return { corners: padded([topLeft, topRight, bottomRight, bottomLeft]), kind, label };
    });
    this.#draw();
    if (!lasts) this.#clearing = setTimeout(() => this.clear(), STALE_AFTER_MS);
  }

  clear() {
    clearTimeout(this.#clearing);
    this.#marks = [];
    this.#draw();
  }

  #draw() {
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
    const fit = this.#fill ? Math.max : Math.min;
    const scale = fit(clientWidth / this.#frameWidth, clientHeight / this.#frameHeight);
    const left = (clientWidth - this.#frameWidth * scale) / 2;
    const top = (clientHeight - this.#frameHeight * scale) / 2;
    const line = Math.max(0.45, Math.min(1, (this.#frameWidth * scale) / REFERENCE_WIDTH));
    const placed = this.#marks.map((mark) => ({
      ...mark,
      corners: mark.corners.map(({ x, y }) => ({ x: left + x * scale, y: top + y * scale })),
    }));
    for (const mark of placed) outline(context, mark.corners, mark.kind === "counted", line);
    for (const mark of placed) tag(context, mark.corners, mark, clientWidth);
  }
}

/**
 * Widens the outline a little, so that it frames the bars and does not cover them.
 * @param {{ x: number, y: number }[]} corners
 */
function padded(corners) {
  const middle = {
    x: corners.reduce((sum, corner) => sum + corner.x, 0) / corners.length,
    y: corners.reduce((sum, corner) => sum + corner.y, 0) / corners.length,
  };
  return corners.map(({ x, y }) => {
    const distance = Math.hypot(x - middle.x, y - middle.y) || 1;
    const factor = (distance + 12) / distance;
    return { x: middle.x + (x - middle.x) * factor, y: middle.y + (y - middle.y) * factor };
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{ x: number, y: number }[]} corners
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
 * @param {{ x: number, y: number }[]} corners
 * @param {{ kind: string, label: string }} mark
 * @param {number} width of the stage
 */
function tag(context, corners, { kind, label }, width) {
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
