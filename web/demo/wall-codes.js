/** The test codes of wall.json, which make_wall.py makes, and how they are drawn. */

/**
 * One code: which barcode it is, and the outline of its black parts, in modules, quiet zone included.
 * @typedef {{ name: string, symbology: string, identity: string, keyHex: string, width: number, height: number, path: string }} WallCode
 */

const COLUMNS = 5;
/** Of the picture of all codes, in pixels; its sides are those of the page's stage. */
const CELL = { width: 320, height: 200 };
const LARGEST_CODE = { width: 300, height: 150 };
const LARGEST_MODULE = 5;
const CAPTION_BELOW = 18;

/** @returns {Promise<WallCode[]>} */
export async function wallCodes() {
  const answer = await fetch(new URL("wall.json", import.meta.url));
  if (!answer.ok) throw new Error(`The test codes were answered ${answer.status}.`);
  return answer.json();
}

/**
 * Draws all codes into one picture, black on white, each module a whole number of pixels.
 * @param {WallCode[]} codes
 * @returns {HTMLCanvasElement}
 */
export function drawWall(codes) {
  const canvas = document.createElement("canvas");
  canvas.width = COLUMNS * CELL.width;
  canvas.height = Math.ceil(codes.length / COLUMNS) * CELL.height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "black";
  context.font = "14px sans-serif";
  context.textAlign = "center";
  for (const [index, code] of codes.entries()) {
    const left = (index % COLUMNS) * CELL.width;
    drawCode(context, code, left, Math.floor(index / COLUMNS) * CELL.height);
  }
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {WallCode} code
 * @param {number} left
 * @param {number} top
 */
function drawCode(context, { name, width, height, path }, left, top) {
  const fitting = Math.min(LARGEST_CODE.width / width, LARGEST_CODE.height / height, LARGEST_MODULE);
  const module = Math.max(1, Math.floor(fitting));
  const x = left + Math.round((CELL.width - width * module) / 2);
  const y = top + Math.round((CELL.height - CAPTION_BELOW - height * module) / 2);
  context.setTransform(module, 0, 0, module, x, y);
  context.fill(new Path2D(path));
  context.resetTransform();
  context.fillText(name, left + CELL.width / 2, y + height * module + CAPTION_BELOW);
}
