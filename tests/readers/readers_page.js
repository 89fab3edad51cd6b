/** Shows pictures to the real readers, and what they gave, as it is, to the real tracker. */

const { Tracker } = await import("../dlt-web.js");
const { Quagga, READERS } = await import("/installed/installed.js");

/** A reader that hangs on a picture has not read it. */
const PATIENCE_MS = 10_000;
/** Around the picture, so that symbols at its edge have their quiet zone. */
const MARGIN = 20;

const tracker = new Tracker({ handshakeCode: "readers", licenseServer: "/lts", enforcement: "event" });
const warnings = [];
const warn = console.warn;
console.warn = (...words) => {
  warnings.push(words.join(" "));
  warn(...words);
};

/** @param {string} url @returns {Promise<import("./installed.js").Picture>} */
async function pictureAt(url) {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob());
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width + 2 * MARGIN;
  canvas.height = bitmap.height + 2 * MARGIN;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, MARGIN, MARGIN);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  const file = new File([blob], "picture.png", { type: "image/png" });
  const pixels = () => context.getImageData(0, 0, canvas.width, canvas.height);
  return { canvas, file, pixels };
}

/** Gives `null` for what a reader gives when it has found nothing, by whatever way it says so. */
async function read(reader, picture) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, []));
  const given = await Promise.race([READERS[reader](picture), late]);
  return Array.isArray(given) && given.length === 0 ? null : given;
}

/**
 * Reads a picture with each reader in turn and, if it counts, hands all to one stream of the tracker, as if one symbol
 * were held up.
 *
 * @returns {Promise<{ read: Record<string, object[]>, scans: number }>} of each reader which barcodes the tracker took
 *   them for; and how many counted
 */
window.readAll = async (url, names, counts = true) => {
  const picture = await pictureAt(url);
  const found = {};
  let scans = 0;
  for (const name of names) {
    const given = await read(name, picture);
    if (given !== null) {
      found[name] = await tracker.explainScan(given);
      scans += counts ? (await tracker.scan(given, { stream: url, time: 0 })).scans : 0;
    }
  }
  return { read: found, scans };
};

/**
 * Has quagga2 read a picture twice, attached to the tracker and detached again, beside the app's own callback. As still
 * images, each of which would count.
 *
 * @returns {Promise<{ own: number, scans: number }>} how often the app's callback was called, and what was counted
 */
window.readAttached = async (url) => {
  let own = 0;
  let scans = 0;
  const count = () => {
    own += 1;
  };
  tracker.addEventListener("scan", ({ detail }) => {
    scans += detail.scans;
  });
  Quagga.onDetected(count);
  const detach = tracker.attach(Quagga, { source: "image" });
  tracker.attach(Quagga, { source: "image" }); // it is heard once all the same
  await read("quagga2", await pictureAt(url));
  detach();
  await read("quagga2", await pictureAt(url));
  Quagga.offDetected(count);
  // Counted after what came before it.
  const last = await tracker.scan({ format: "qr_code", text: "last" });
  return { own, scans: scans - last.scans };
};

/** Hands over results that were recorded, byte arrays as `{"bytes": hex}`. */
window.scanRecorded = async (results, stream) => {
  let scans = 0;
  const explained = [];
  for (const result of results) {
    const given = revived(result);
    explained.push(...(await tracker.explainScan(given)));
    scans += (await tracker.scan(given, { stream, time: 0 })).scans;
  }
  return { explained, scans };
};

function revived(recorded) {
  return JSON.parse(JSON.stringify(recorded), (_name, value) =>
    typeof value?.hex === "string" && Object.keys(value).length === 1
      ? Uint8Array.from(value.hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
      : value,
  );
}

window.readerNames = Object.keys(READERS);
window.tracker = tracker;
window.warnings = warnings;
window.READERS = READERS;
window.pictureAt = pictureAt;
window.isReady = true;
