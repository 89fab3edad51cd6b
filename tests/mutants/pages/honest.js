/**
 * @file A tracker that keeps every rule of the conformance suite, in as little JavaScript as that takes, and in parts that
 * a mutant can replace one at a time. No worker, no token check, no patience: it is made to be broken.
 */

import { DuplicateFilter, image } from "/js-tracker/filter.js";
import { ReportQueue, SLOT_MS } from "/js-tracker/queue.js";
import { readBarcode } from "/js-tracker/symbology.js";
import { IndexedStore, MemoryStore } from "./store.js";

const id = () => crypto.randomUUID();

export class HonestTracker extends EventTarget {
  deviceUuid = null;
  storage = null;
  license = { state: "starting" };
  pending = { scans: 0, reports: 0 };
  filters = new Map();
  /** What comes while something is under way waits its turn. */
  chain = Promise.resolve();

  constructor(options) {
    super();
    this.options = { duplicateForgetTime: 3000, duplicateMode: "sliding", product: "barcode-reader", ...options };
    this.server = new URL(options.licenseServer, location.href).href.replace(/\/$/, "");
    globalThis[Symbol.for("dlt-web.trackers")]?.push(this);
    this.ready = this.turn(() => this.start());
    this.ready.catch(() => {});
    addEventListener("pagehide", () => this.leave());
  }

  /** Does one thing after the other. */
  turn(work) {
    const turn = this.chain.then(work);
    this.chain = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  async start() {
    await this.open();
    await this.authorize();
    await this.send();
  }

  /** Opens the store, and becomes the device that is in it. */
  async open() {
    const purged = () => this.turn(() => this.renew());
    this.store = await IndexedStore.open(purged).catch(() => new MemoryStore());
    this.storage = this.store.kind;
    const { uuid, reports } = await this.identify();
    this.deviceUuid = uuid;
    this.queue = new ReportQueue(id(), reports, id);
  }

  identify() {
    return this.store.load(id);
  }

  /** The site's data was purged: what is still known is sent under the old name, and a new device begins. */
  async renew() {
    if (!this.store.isGone) return;
    await this.send();
    await this.open();
    await this.authorize();
  }

  scan(decoded, { time = performance.now(), source = "video", stream = "default" } = {}) {
    const barcodes = Array.isArray(decoded) ? decoded : [decoded];
    return this.turn(async () => {
      const read = barcodes.map((one) => readBarcode(one.bytes ? { ...one, text: latin1(one.bytes) } : one));
      const isNew = this.judge(
        read.map(({ key }) => key),
        { time, source, stream },
      );
      const counts = {};
      read.forEach(({ symbology }, at) => {
        if (isNew[at]) counts[symbology] = (counts[symbology] ?? 0) + 1;
      });
      if (Object.keys(counts).length > 0) await this.count(counts, barcodes);
      const results = read.map(({ symbology }, at) => ({ duplicate: !isNew[at], symbology, forgetsAt: null }));
      return { results, scans: isNew.filter(Boolean).length };
    });
  }

  /** Tells which barcodes of a frame are new. */
  judge(keys, { time, source, stream }) {
    return source === "image" ? image(keys) : this.filter(stream).frame(keys, time);
  }

  filter(stream) {
    const { duplicateForgetTime, duplicateMode } = this.options;
    const filter = this.filters.get(stream) ?? new DuplicateFilter(duplicateForgetTime, duplicateMode);
    this.filters.set(stream, filter);
    return filter;
  }

  async count(counts) {
    const report = this.queue.book(Math.floor(Date.now() / SLOT_MS), counts);
    await this.store.save({ put: [report], drop: [] }).catch(() => {}); // purged just now: renew() sends it
  }

  flush() {
    return this.turn(async () => {
      await this.renew();
      await this.send();
    });
  }

  async explain() {
    const { handshakeCode, duplicateForgetTime, duplicateMode } = this.options;
    const options = { handshakeCode, duplicateForgetTime, duplicateMode, licenseServer: [this.server] };
    return { tracker: { options }, failure: null };
  }

  /** What every request says. */
  common() {
    const { handshakeCode } = this.options;
    const { storage, deviceUuid } = this;
    return { handshakeCode, deviceUuid, storage, partitioned: isInForeignFrame() };
  }

  async authorize() {
    try {
      const answer = await this.ask("/v1/authorizations", { ...this.common(), product: this.options.product });
      this.reportToken = answer.reportToken;
      this.storeEpoch = answer.storeEpoch;
      this.serverTime = answer.serverTime;
      this.license = { state: "licensed", expiresAt: Date.parse(answer.expiresAt) };
    } catch {
      this.license = { state: "offline" };
    }
  }

  request(reports) {
    const { reportToken, storeEpoch } = this;
    return {
      ...this.common(),
      streamId: reports[0].stream,
      reportToken,
      storeEpoch,
      sentAt: new Date().toISOString(),
      reports: reports.map(({ id: name, seq, version, slot, counts }) => ({
        id: name,
        seq,
        version,
        slot: new Date(slot * SLOT_MS).toISOString(),
        counts,
        lost: {},
      })),
    };
  }

  /** Sends what waits, and removes it after the yes. */
  async send() {
    try {
      if (this.license.state === "offline") await this.authorize();
      for (let sent = this.queue.pending(); sent.length > 0; sent = this.queue.pending()) {
        const { results } = await this.ask("/v1/usage-reports", this.request(sent));
        await this.store.save(this.queue.acknowledge(sent, results)).catch(() => {});
      }
    } catch (error) {
      console.debug("not reported", error);
    }
  }

  /** The page goes away: what waits is offered once more, and nobody waits for an answer. */
  leave() {
    const waiting = this.queue?.pending() ?? [];
    if (waiting.length > 0 && this.reportToken !== undefined) {
      const body = JSON.stringify(this.request(waiting));
      fetch(`${this.server}/v1/usage-reports`, { method: "POST", body, keepalive: true }).catch(() => {});
    }
  }

  async ask(path, body) {
    const response = await fetch(this.server + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail);
    return answer;
  }
}

function latin1(bytes) {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function isInForeignFrame() {
  if (window.top === window) return false;
  try {
    return window.top.location.origin !== location.origin;
  } catch {
    return true;
  }
}
