/**
 * The page under test: loads the tracker and a real barcode reader and lets a test drive both.
 *
 * Everything that it answers is JSON. An error crosses as `{error: {name, code, message}}`, because browsers' drivers
 * hand over exceptions in different and lossy ways.
 */

/** Raised on this page and caught by nobody: a tracker must never add to it. */
const uncaught = [];
addEventListener("error", (event) => uncaught.push(`error: ${event.message}`));
addEventListener("unhandledrejection", (event) => uncaught.push(`unhandledrejection: ${event.reason}`));

const trackers = new Map();
const events = [];

function describeError(error) {
  return {
    error: { name: error?.name ?? typeof error, code: error?.code ?? null, message: String(error?.message ?? error) },
  };
}

/** Runs something and gives `{value}` or `{error}`, whatever it does. */
async function settle(work) {
  try {
    const value = await (typeof work === "function" ? work() : work);
    return { value: value === undefined ? null : value };
  } catch (error) {
    return describeError(error);
  }
}

/** Undoes what JSON cannot carry: `{bytesBase64}` becomes `bytes`. */
function revive(decoded) {
  if (Array.isArray(decoded)) return decoded.map(revive);
  if (decoded === null || typeof decoded !== "object" || !("bytesBase64" in decoded)) return decoded;
  const { bytesBase64, ...rest } = decoded;
  return { ...rest, bytes: Uint8Array.from(atob(bytesBase64), (char) => char.charCodeAt(0)) };
}

function tracker(name) {
  const found = trackers.get(name);
  if (!found) throw new Error(`The test page has no tracker named ${name}.`);
  return found;
}

function create(name, options) {
  const made = new window.Tracker(options);
  trackers.set(name, made);
  for (const type of ["license", "report", "scan", "storage", "consent"]) {
    made.addEventListener(type, (event) => {
      events.push({ tracker: name, type, detail: event.detail ?? null });
      if (type === "license") document.querySelector("#state").textContent = made.license?.state ?? "unknown";
    });
  }
  // As an app would: the refusal is shown to the person.
  made.ready.catch((error) => {
    document.querySelector("#license-error").textContent = `${error.name}: ${error.code}: ${error.message}`;
  });
  return null;
}

function state(name) {
  const { deviceUuid, license, pending, storage } = tracker(name);
  return {
    deviceUuid: deviceUuid ?? null,
    license: license ?? null,
    pending: pending ?? null,
    storage: storage ?? null,
  };
}

let reader;
/** Decodes with the real zxing-wasm; loaded on first use, because most tests need no pictures. */
async function decode(source, options = {}) {
  reader ??= import("./vendor/zxing-wasm/reader/index.js").then((module) => {
    module.prepareZXingModule({
      overrides: { locateFile: (file) => new URL(`./vendor/zxing-wasm/reader/${file}`, import.meta.url).href },
    });
    return module;
  });
  const { readBarcodes } = await reader;
  return readBarcodes(source, { tryHarder: true, maxNumberOfSymbols: 255, ...options });
}

const canvas = document.createElement("canvas");
function pixels(source, width, height) {
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  // Transparent pictures are meant to lie on white paper.
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/** Pixels of a picture as the browser itself decodes it; zxing-wasm's own decoder knows no WebP. */
async function fetchPixels(url) {
  const bitmap = await createImageBitmap(await fetchBlob(url));
  return pixels(bitmap, bitmap.width, bitmap.height);
}

async function fetchBlob(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.blob();
}

function brief(decoded) {
  return decoded.map(({ format, text }) => ({ format, text }));
}

async function decodeImage(url, options) {
  return brief(await decode(await fetchPixels(url), options));
}

async function scanImage(name, url, options) {
  const decoded = await decode(await fetchPixels(url), options);
  const { results, scans } = await tracker(name).scan(decoded, { time: performance.now(), source: "image" });
  return { decoded: brief(decoded), results, scans };
}

async function readPixels(video, options) {
  return decode(pixels(video, video.videoWidth, video.videoHeight), { tryHarder: false, ...options });
}

function note(seen, decoded) {
  seen.frames += 1;
  for (const { text } of decoded) seen.texts[text] = (seen.texts[text] ?? 0) + 1;
}

function newVideo() {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true });
  document.body.append(video);
  return video;
}

/** What a file shows for longer than this is seen, however long the machine stands still meanwhile. */
const MOST_UNSEEN_S = 0.25;

/**
 * Plays a file once; capture time is the place in the file, so that verdicts do not depend on the machine's speed. While
 * one frame is read later ones pass by unseen, as in any real app, but where that were much it goes back there.
 */
async function scanVideo(name, url, { stream, options } = {}) {
  const video = newVideo();
  video.src = URL.createObjectURL(await fetchBlob(url));
  const seen = { frames: 0, texts: {} };
  let scans = 0;
  let lastS = 0;
  for (;;) {
    const shownS = video.ended ? video.currentTime : await playOn(video);
    if (shownS - lastS > MOST_UNSEEN_S) {
      lastS += MOST_UNSEEN_S / 2;
      await goBack(video, lastS);
    } else if (video.ended) {
      break;
    } else {
      lastS = Math.max(lastS, shownS);
    }
    const decoded = await readPixels(video, options);
    note(seen, decoded);
    if (name !== null) {
      const context = { time: lastS * 1000, source: "video", ...(stream ? { stream } : {}) };
      scans += (await tracker(name).scan(decoded, context)).scans;
    }
  }
  video.remove();
  return { ...seen, scans };
}

/** Plays until the next frame, or the end, and gives where in the file that is. */
function playOn(video) {
  return new Promise((resolve, reject) => {
    const end = () => resolve(video.currentTime);
    video.addEventListener("ended", end, { once: true });
    video.requestVideoFrameCallback((_now, { mediaTime }) => {
      video.removeEventListener("ended", end);
      resolve(mediaTime);
    });
    video.play().catch(reject);
  });
}

/** Goes to a place in a file before where it stands, and stays there. */
async function goBack(video, toS) {
  video.pause();
  video.currentTime = toS;
  for (;;) {
    const { mediaTime } = await new Promise((resolve) => {
      video.requestVideoFrameCallback((_now, frame) => resolve(frame));
    });
    // A later one that was on its way already may come first.
    if (mediaTime < toS + MOST_UNSEEN_S / 2) return;
  }
}

/** Reads the camera until each expected text was seen `times` times. */
async function scanCamera(name, { texts, times = 2, stream, options }) {
  const camera = await navigator.mediaDevices.getUserMedia({ video: true });
  const video = newVideo();
  video.srcObject = camera;
  await video.play();
  const seen = { frames: 0, texts: {} };
  let scans = 0;
  while (!texts.every((text) => (seen.texts[text] ?? 0) >= times)) {
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    const decoded = await readPixels(video, options);
    note(seen, decoded);
    if (name !== null) {
      const context = { time: performance.now(), source: "video", ...(stream ? { stream } : {}) };
      scans += (await tracker(name).scan(decoded, context)).scans;
    }
  }
  for (const track of camera.getTracks()) track.stop();
  video.remove();
  return { ...seen, scans };
}

/** Ends what a test left behind, so that the next one finds a page with nothing but a warm runtime. */
function reset() {
  for (const left of trackers.values()) left.close().catch(() => {});
  trackers.clear();
  uncaught.length = 0;
  events.length = 0;
  document.querySelector("#license-error").textContent = "";
  document.querySelector("#state").textContent = "none";
  return null;
}

window.harness = {
  uncaught,
  events,
  settle,
  decodeImage: (url, options) => settle(() => decodeImage(url, options)),
  create: (name, options) => settle(() => create(name, options)),
  ready: (name) => settle(() => tracker(name).ready.then(() => null)),
  scan: (name, decoded, context) => settle(() => tracker(name).scan(revive(decoded), context)),
  scanImage: (name, url, options) => settle(() => scanImage(name, url, options)),
  scanVideo: (name, url, settings) => settle(() => scanVideo(name, url, settings)),
  scanCamera: (name, settings) => settle(() => scanCamera(name, settings)),
  flush: (name) =>
    settle(() =>
      tracker(name)
        .flush()
        .then(() => null),
    ),
  close: (name) =>
    settle(() =>
      tracker(name)
        .close()
        .then(() => null),
    ),
  state: (name) => settle(() => state(name)),
  reset: () => settle(reset),
  tracker,
};

// Last, and caught, so that plain checks of the harness itself run where no tracker was built yet.
try {
  ({ Tracker: window.Tracker } = await import("./dlt-web.js"));
  window.harness.loaded = true;
} catch (error) {
  window.harness.loaded = false;
  window.harness.loadError = String(error);
}
// A tab that is opened together with others starts its tracker by itself: #<options as JSON>.
if (window.harness.loaded && location.hash.length > 1) {
  await window.harness.create("main", JSON.parse(decodeURIComponent(location.hash.slice(1))));
}
document.documentElement.dataset.harness = window.harness.loaded ? "ready" : "no-tracker";
