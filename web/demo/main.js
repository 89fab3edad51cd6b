/** The demo page: puts the parts together. No rule of counting or licensing is here; those are the tracker's. */

import { Announcer } from "./announcer.js";
import { ScannerControls } from "./controls.js";
import { Counters } from "./counters.js";
import { Decoder } from "./decoder.js";
import { DeviceCard, licenseWords, pillWord } from "./device.js";
import { byId, element, icon, setText } from "./dom.js";
import { ExplanationDialog } from "./explanation.js";
import { Identities } from "./identities.js";
import { MemoryMenu } from "./memory-menu.js";
import { licenseNotices, Notices } from "./notices.js";
import { Overlay } from "./overlay.js";
import { ReaderMenu } from "./reader-menu.js";
import { failureWords } from "./reader-words.js";
import { Results } from "./results.js";
import { Scanner } from "./scanner.js";
import { CountedFeed, demoConfig, freeSeat, purgeSiteData } from "./server.js";
import { readSettings, writeSettings } from "./settings.js";
import { Steps } from "./steps.js";
import { Story } from "./story.js";
import { OpenTabs } from "./tabs.js";
import { startThemeSwitch } from "./theme.js";
import { Tracking } from "./tracking.js";
import { Wall } from "./wall.js";
import { Ways } from "./ways.js";
import { WhyDialog } from "./why.js";
import { browserName, counted as countedWords } from "./words.js";

const SAMPLE = new URL("sample.webm", import.meta.url).href;
const REDRAW_EVERY_MS = 1000;

startThemeSwitch(byId("theme"));
setText(byId("host"), location.host);
const notices = new Notices();

start().catch((error) => {
  const words = `${error instanceof Error ? error.message : error} Start it with “dlt-web demo” and reload.`;
  notices.show([{ key: "start", kind: "bad", icon: "cross", title: "The demo’s server does not answer", words }]);
});

async function start() {
  const config = await demoConfig();
  const here = config.sites.find(({ origin }) => origin === location.origin);
  const siteName = here?.name ?? location.hostname;
  const other = config.sites.find(({ origin }) => origin !== location.origin) ?? config.sites[0];
  const settings = readSettings(config.codes);
  const chosen = () => config.codes.find(({ handshakeCode }) => handshakeCode === settings.code) ?? config.codes[0];

  const tracking = new Tracking({
    licenseServer: config.licenseServer,
    deviceFriendlyName: `${browserName()} on ${siteName}`,
  });
  const feed = new CountedFeed();
  const tabs = new OpenTabs();
  const announcer = new Announcer(byId("announcer"));
  const explain = (/** @type {unknown[]} */ read) => tracking.explainScan(read);
  const identities = new Identities(explain);
  const why = new WhyDialog(explain);
  const results = new Results((readings) => void why.show(readings));
  const story = new Story(config.sites);
  const overlay = new Overlay(/** @type {HTMLCanvasElement} */ (byId("marks")));
  const decoder = new Decoder();
  const scanner = new Scanner(
    /** @type {HTMLVideoElement} */ (byId("video")),
    /** @type {HTMLCanvasElement} */ (byId("still")),
    SAMPLE,
    takeFrame,
  );
  let frameNumber = 0;
  const controls = new ScannerControls(scanner, overlay, redraw);

  const wall = new Wall(async (picture) => {
    await controls.open([picture]);
    // On a phone the stage, which was scrolled to, has them out of view.
    if (controls.notices().length) byId("notices").scrollIntoView({ block: "nearest" });
  });
  const ways = new Ways();

  const tabLink = element("a", { class: "button", target: "_blank", rel: "noopener" }, "New tab");
  const siteLink = element("a", { class: "button", target: "_blank", rel: "noopener" }, other.name, icon("external"));
  const dashboard = element("a", { class: "button", target: "_blank", rel: "noopener" }, "Dashboard", icon("external"));
  byId("dashboard").append(dashboard);
  const copyLink = element("button", { class: "button", type: "button" }, "Copy link");
  const purge = element("button", { class: "button", type: "button" }, "Purge…");
  const steps = new Steps({
    tab: { title: "Open a second tab", control: tabLink },
    domain: { title: "Open the other domain", control: siteLink },
    browser: { title: "Open in another browser", control: copyLink },
    purge: { title: "Purge this site’s data", control: purge },
  });
  copyLink.addEventListener("click", async () => {
    if (!(await copy(location.href))) {
      controls.fail("The link was not copied", "Copy it from the address bar.");
      return;
    }
    setText(copyLink, "Copied");
    setTimeout(() => setText(copyLink, "Copy link"), 1500);
  });
  purge.addEventListener("click", () => askForPurge());

  const counters = new Counters(
    config.codes.map(({ chargeWay }) => chargeWay),
    (chargeWay) => {
      settings.code = config.codes.find((code) => code.chargeWay === chargeWay)?.handshakeCode ?? settings.code;
      useSettings();
    },
  );
  const card = new DeviceCard(async () => {
    await tracking.flush().catch(() => {}); // the state says why; what was not sent stays pending
    feed.refresh();
  }, copy);
  new ExplanationDialog(() => tracking.explain(), copy);
  const memory = new MemoryMenu(settings, () => useSettings());
  new ReaderMenu(settings, decoder, {
    changed: () => {
      showAddress();
      controls.forgive("reader");
      redraw();
    },
    failed: readersFailed,
  });

  /** Writes what is chosen into the address, and into the links that lead to the same choice elsewhere. */
  function showAddress() {
    writeSettings(settings);
    tabLink.href = location.href;
    siteLink.href = `${other.origin}${location.pathname}${location.search}`;
    // Where to look, and no more: whoever follows it signs in there.
    dashboard.href = `${config.licenseServer}/?code=${encodeURIComponent(settings.code)}`;
  }

  /** Makes the tracker anew from the settings. */
  function useSettings() {
    showAddress();
    memory.show();
    results.setWindow({ ms: settings.forgetTimeMs, mode: settings.mode });
    setText(byId("handshake-code"), settings.code);
    void tracking.use({
      handshakeCode: settings.code,
      duplicateForgetTime: settings.forgetTimeMs,
      duplicateMode: settings.mode,
    });
    feed.watch(settings.code);
    redraw();
  }

  /**
   * Reads one frame; the next one is taken while the tracker still judges this one, and once a reader reads.
   * @param {import("./types.js").Frame} taken
   */
  async function takeFrame(taken) {
    const { image, time, source } = taken;
    const frame = { number: ++frameNumber, width: image.width, height: image.height, time };
    const { found: barcodes, failures, others, untilOthers } = await decoder.read(image, source);
    if (!scanner.isCurrent(taken)) return;
    if (!untilOthers) controls.noteFrame(source, barcodes.length, decoder.readers);
    if (failures.length) readersFailed(failures, others.length);
    if (untilOthers) return source === "video" ? untilOthers : undefined;
    identities.recall(barcodes);
    const lasts = source === "image" || scanner.isPaused;
    overlay.show(frame, scanner.picture, barcodes, { covers: scanner.source === "sample", lasts });
    if (barcodes.length) void judge(frame, barcodes, source);
  }

  /** @param {import("./decoder.js").Failure[]} failures @param {number} others how many others read */
  function readersFailed(failures, others) {
    const { title, words } = failureWords(failures, others);
    controls.fail(title, words, "reader");
  }

  /**
   * @param {{ number: number, time: number }} frame
   * @param {import("./types.js").Read[]} barcodes
   * @param {"video" | "image"} source
   */
  async function judge(frame, barcodes, source) {
    const read = barcodes.map(({ result }) => result);
    const [judged] = await Promise.all([tracking.scan(read, frame.time, source), identities.learn(barcodes)]);
    if (judged === null) return; // the tracker was just being replaced
    wall.note(barcodes);
    const { verdicts, isCurrent } = judged;
    if (isCurrent) {
      const sightings = barcodes.map((barcode, index) => ({ barcode, verdict: verdicts[index] ?? null }));
      overlay.judge(frame.number, barcodes, results.take(sightings, frame.time, source));
    } else {
      results.tally(verdicts);
    }
    announcer.countScans(verdicts.filter((verdict) => verdict && !verdict.duplicate && !verdict.unlicensed).length);
  }

  /** Shows every part as things stand. */
  function redraw() {
    const now = Date.now();
    const { view } = tracking;
    const { counted } = feed;
    const me = {
      browser: browserName(),
      site: siteName,
      deviceUuid: view.deviceUuid,
      isInMemory: view.storage === "memory",
      tabs: tabs.count,
    };
    const isRefused = view.license.state === "refused" || view.license.state === "expired";
    card.show(view, now);
    story.show(counted, me);
    steps.show(counted, me);
    counters.show(counted, chosen().chargeWay, feed.staleSince, view.license.code === "QUOTA_EXHAUSTED" && isRefused);
    ways.show(counted, chosen().chargeWay, feed.staleSince);
    wall.readBy(decoder.readers);
    announcer.sayLicense(`${pillWord(view.license)}. ${isRefused ? licenseWords(view.license, now) : ""}`);
    if (isRefused)
      results.setNothing("The license does not permit it. See the notice above.", "Nothing is counted now");
    else results.setNothing("Hold up a barcode, or drop an image here.");
    const others = [...failureNotices(tracking.failure), ...controls.notices()];
    announcer.sayNotices(others.map(({ title }) => title)); // the license's own is said already
    notices.show([...licenseNotices(view, counted, now, { freeSeat: releaseAndRetry, retry: useSettings }), ...others]);
  }

  async function releaseAndRetry() {
    await freeSeat(settings.code).catch(() => {}); // a stale server is shown by the tiles
    useSettings();
  }

  function askForPurge() {
    const dialog = /** @type {HTMLDialogElement} */ (byId("purge-dialog"));
    const { scans } = tracking.view.pending;
    const sent = scans ? `${countedWords(scans, "unsent scan")} ${scans === 1 ? "is" : "are"} sent first. ` : "";
    setText(byId("purge-words"), `${sent}Then this browser is a new device.`);
    dialog.returnValue = "cancel";
    dialog.addEventListener("close", () => dialog.returnValue === "purge" && void purgeNow(), { once: true });
    dialog.showModal();
  }

  async function purgeNow() {
    await tracking.flush().catch(() => {}); // offline: the tracker itself sends what it still holds in memory
    try {
      await purgeSiteData(tracking.view.deviceUuid);
    } catch (error) {
      controls.fail("Nothing was purged", `${error instanceof Error ? error.message : error} Try again.`);
    }
    feed.refresh();
  }

  for (const part of [tracking, feed, tabs]) part.addEventListener("change", redraw);
  setInterval(redraw, REDRAW_EVERY_MS);
  useSettings();
  wall
    .load()
    .then(redraw)
    .catch(({ message }) => controls.fail("The test codes are not there", `${message} Reload the page.`));
  await controls.start();
}

/** @param {Error | null} failure @returns {import("./notices.js").Notice[]} */
function failureNotices(failure) {
  if (!failure) return [];
  const code = "code" in failure ? ` (${failure.code})` : "";
  const words = `${failure.message}${code} Change the settings or reload the page.`;
  return [{ key: "failure", kind: "bad", icon: "warning", title: "The tracker cannot run", words }];
}

/** @param {string} text @returns {Promise<boolean>} whether it is in the clipboard now */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
