/** The demo page as a whole: its parts, what is chosen, and showing every part as things stand. */

import { Announcer } from "./announcer.js";
import { copy } from "./clipboard.js";
import { Counters } from "./counters.js";
import { DeviceCard, licenseWords, pillWord } from "./device.js";
import { byId, setText } from "./dom.js";
import { ExplanationDialog } from "./explanation.js";
import { Links, sitesOf } from "./links.js";
import { MemoryMenu } from "./memory-menu.js";
import { licenseNotices } from "./notices.js";
import { Purge } from "./purge.js";
import { ReaderMenu } from "./reader-menu.js";
import { Reading } from "./reading.js";
import { Results } from "./results.js";
import { CountedFeed, freeSeat } from "./server.js";
import { readSettings, writeSettings } from "./settings.js";
import { Steps } from "./steps.js";
import { Story } from "./story.js";
import { OpenTabs } from "./tabs.js";
import { Tracking } from "./tracking.js";
import { Ways } from "./ways.js";
import { WhyDialog } from "./why.js";
import { browserName } from "./words.js";

const REDRAW_EVERY_MS = 1000;

/** @typedef {import("./server.js").DemoConfig} DemoConfig */

export class DemoPage {
  #config;
  #notices;
  #settings;
  #siteName;
  #tracking;
  #feed;
  #tabs;
  #announcer;
  #results;
  #story;
  #reading;
  #ways;
  #links;
  #steps;
  #counters;
  #card;
  #memory;

  /** @param {DemoConfig} config @param {import("./notices.js").Notices} notices */
  constructor(config, notices) {
    const { codes, sites, licenseServer } = config;
    this.#config = config;
    this.#notices = notices;
    this.#settings = readSettings(codes);
    const { name, other } = sitesOf(sites);
    this.#siteName = name;
    this.#tracking = new Tracking({ licenseServer, deviceFriendlyName: `${browserName()} on ${name}` });
    this.#feed = new CountedFeed();
    this.#tabs = new OpenTabs();
    this.#announcer = new Announcer(byId("announcer"));
    const why = new WhyDialog((read) => this.#tracking.explainScan(read));
    this.#results = new Results((readings) => void why.show(readings));
    this.#story = new Story(sites);
    this.#reading = new Reading({ tracking: this.#tracking, results: this.#results, announcer: this.#announcer }, () =>
      this.#redraw(),
    );
    this.#ways = new Ways();
    const fail = (/** @type {string} */ title, /** @type {string} */ words) =>
      this.#reading.controls.fail(title, words);
    this.#links = new Links(other, fail);
    this.#steps = stepsOf(this.#links, new Purge(this.#tracking, this.#feed, fail));
    this.#counters = this.#makeCounters();
    this.#card = new DeviceCard(() => this.#flush(), copy);
    new ExplanationDialog(() => this.#tracking.explain(), copy);
    this.#memory = new MemoryMenu(this.#settings, () => this.#useSettings());
    this.#makeReaderMenu();
  }

  #makeCounters() {
    const { codes } = this.#config;
    return new Counters(
      codes.map(({ chargeWay }) => chargeWay),
      (chargeWay) => {
        const chosen = codes.find((code) => code.chargeWay === chargeWay);
        this.#settings.code = chosen?.handshakeCode ?? this.#settings.code;
        this.#useSettings();
      },
    );
  }

  #makeReaderMenu() {
    const { controls, decoder } = this.#reading;
    new ReaderMenu(this.#settings, decoder, {
      changed: () => {
        this.#showAddress();
        controls.forgive("reader");
        this.#redraw();
      },
      failed: (failures, others) => this.#reading.haveFailed(failures, others),
    });
  }

  /** Begins to read, and shows what is counted from now on. */
  async start() {
    const { controls, wall } = this.#reading;
    for (const part of [this.#tracking, this.#feed, this.#tabs]) part.addEventListener("change", () => this.#redraw());
    setInterval(() => this.#redraw(), REDRAW_EVERY_MS);
    this.#useSettings();
    wall
      .load()
      .then(() => this.#redraw())
      .catch(({ message }) => controls.fail("The test codes are not there", `${message} Reload the page.`));
    await controls.start();
  }

  /** The handshake code that is chosen. */
  get #chosen() {
    const { codes } = this.#config;
    return codes.find(({ handshakeCode }) => handshakeCode === this.#settings.code) ?? codes[0];
  }

  /** Writes what is chosen into the address, and into the links that lead to the same choice elsewhere. */
  #showAddress() {
    writeSettings(this.#settings);
    this.#links.show(this.#config.licenseServer, this.#settings.code);
  }

  /** Makes the tracker anew from the settings. */
  #useSettings() {
    const { code, forgetTimeMs, mode } = this.#settings;
    this.#showAddress();
    this.#memory.show();
    this.#results.setWindow({ ms: forgetTimeMs, mode });
    setText(byId("handshake-code"), code);
    void this.#tracking.use({ handshakeCode: code, duplicateForgetTime: forgetTimeMs, duplicateMode: mode });
    this.#feed.watch(code);
    this.#redraw();
  }

  async #flush() {
    await this.#tracking.flush().catch(() => {}); // the state says why; what was not sent stays pending
    this.#feed.refresh();
  }

  async #releaseAndRetry() {
    await freeSeat(this.#settings.code).catch(() => {}); // a stale server is shown by the tiles
    this.#useSettings();
  }

  /** Shows every part as things stand. */
  #redraw() {
    const now = Date.now();
    const { state } = this.#tracking.view.license;
    const isRefused = state === "refused" || state === "expired";
    this.#showCounts(now, isRefused);
    this.#sayLicense(now, isRefused);
    this.#showNotices(now);
  }

  /** @param {number} now wall ms @param {boolean} isRefused */
  #showCounts(now, isRefused) {
    const { view } = this.#tracking;
    const { counted, staleSince } = this.#feed;
    const { chargeWay } = this.#chosen;
    const me = {
      browser: browserName(),
      site: this.#siteName,
      deviceUuid: view.deviceUuid,
      isInMemory: view.storage === "memory",
      tabs: this.#tabs.count,
    };
    this.#card.show(view, now);
    this.#story.show(counted, me);
    this.#steps.show(counted, me);
    this.#counters.show(counted, chargeWay, staleSince, view.license.code === "QUOTA_EXHAUSTED" && isRefused);
    this.#ways.show(counted, chargeWay, staleSince);
    this.#reading.wall.readBy(this.#reading.decoder.readers);
  }

  /** @param {number} now wall ms @param {boolean} isRefused */
  #sayLicense(now, isRefused) {
    const { license } = this.#tracking.view;
    this.#announcer.sayLicense(`${pillWord(license)}. ${isRefused ? licenseWords(license, now) : ""}`);
    if (isRefused)
      this.#results.setNothing("The license does not permit it. See the notice above.", "Nothing is counted now");
    else this.#results.setNothing("Hold up a barcode, or drop an image here.");
  }

  /** @param {number} now wall ms */
  #showNotices(now) {
    const { view } = this.#tracking;
    const others = [...failureNotices(this.#tracking.failure), ...this.#reading.controls.notices()];
    this.#announcer.sayNotices(others.map(({ title }) => title)); // the license's own is said already
    const mend = { freeSeat: () => this.#releaseAndRetry(), retry: () => this.#useSettings() };
    this.#notices.show([...licenseNotices(view, this.#feed.counted, now, mend), ...others]);
  }
}

/** @param {Links} links @param {Purge} purge */
const stepsOf = (links, purge) =>
  new Steps({
    tab: { title: "Open a second tab", control: links.tab },
    domain: { title: "Open the other domain", control: links.site },
    browser: { title: "Open in another browser", control: links.copy },
    purge: { title: "Purge this site’s data", control: purge.button },
  });

/** @param {Error | null} failure @returns {import("./notices.js").Notice[]} */
function failureNotices(failure) {
  if (!failure) return [];
  const code = "code" in failure ? ` (${failure.code})` : "";
  const words = `${failure.message}${code} Change the settings or reload the page.`;
  return [{ key: "failure", kind: "bad", icon: "warning", title: "The tracker cannot run", words }];
}
