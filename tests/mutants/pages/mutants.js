/** @file Trackers that each break one rule, as real ones have been seen to. What fails on which is told by mutants.py. */

import { DuplicateFilter } from "/js-tracker/filter.js";
import { ReportQueue } from "/js-tracker/queue.js";
import { HonestTracker } from "./honest.js";
import { MemoryStore } from "./store.js";

/** A name that looks like a UUID of version 4, made of a text: the same text gives the same one. */
async function uuidOf(text) {
  const digest = await sha256(text);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

async function sha256(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function cookie(name) {
  return document.cookie
    .split("; ")
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

/** The device's name is kept elsewhere than in the database: `remember()` says where. */
class Elsewhere extends HonestTracker {
  async identify() {
    const { uuid, reports } = await super.identify();
    return { uuid: await this.remember(uuid), reports };
  }
}

class UuidPerTab extends Elsewhere {
  remember() {
    sessionStorage.tab ??= crypto.randomUUID();
    localStorage[sessionStorage.tab] ??= crypto.randomUUID();
    return localStorage[sessionStorage.tab];
  }
}

class NewAtEachLoad extends Elsewhere {
  remember() {
    return crypto.randomUUID();
  }
}

/** Nothing is kept beyond the page, and everybody is told that it is in IndexedDB. */
class MemorySaidToBeKept extends HonestTracker {
  async open() {
    this.store = new MemoryStore();
    this.storage = "indexeddb";
    const { uuid, reports } = await this.identify();
    this.deviceUuid = uuid;
    this.queue = new ReportQueue(crypto.randomUUID(), reports, () => crypto.randomUUID());
  }
}

/** The name is one of a session, whose cookie ends with the browser. */
class EndsWithTheBrowser extends Elsewhere {
  remember(fresh) {
    if (this.common().partitioned) return fresh;
    return navigator.locks.request("session", () => {
      const [stored, name] = (localStorage.session ?? "").split(" ");
      if (stored === fresh && cookie("session") !== undefined) return name;
      document.cookie = "session=1; Path=/";
      const begun = crypto.randomUUID();
      localStorage.session = `${fresh} ${begun}`;
      return begun;
    });
  }
}

class CookieForAllDomains extends Elsewhere {
  remember(fresh) {
    const domain = location.hostname.split(".").slice(1).join(".");
    if (cookie("device") === undefined) document.cookie = `device=${fresh}; Domain=${domain}; Max-Age=31536000; Path=/`;
    return cookie("device") ?? fresh;
  }
}

class CookieOutlivesPurge extends Elsewhere {
  remember(fresh) {
    if (cookie("device") === undefined) document.cookie = `device=${fresh}; Max-Age=31536000; Path=/`;
    return cookie("device") ?? fresh;
  }
}

class MachineFingerprint extends Elsewhere {
  remember() {
    return uuidOf(`${navigator.hardwareConcurrency} ${Intl.DateTimeFormat().resolvedOptions().timeZone}`);
  }
}

/** The name lives in the page's memory, and is written back after a purge. */
class WrittenBackAfterPurge extends HonestTracker {
  async identify() {
    const { uuid, reports } = await this.store.load(() => this.deviceUuid ?? crypto.randomUUID());
    return { uuid, reports };
  }
}

/** What was not sent yet goes with the data that is purged. */
class LosesWhatIsPurged extends HonestTracker {
  async renew() {
    if (!this.store.isGone) return;
    await this.authorize();
    await this.open();
    await this.authorize();
  }
}

class TwoTransactions extends HonestTracker {
  async identify() {
    const uuid = await this.store.loadInTwoSteps(() => crypto.randomUUID(), 1000);
    return { ...(await this.store.load(() => uuid)), uuid };
  }
}

/** The name ends with the token, as if it were a session's. */
class UuidEndsWithToken extends HonestTracker {
  async authorize() {
    const [uuid, until] = (localStorage.device ?? " ").split(" ");
    await super.authorize();
    if (uuid === this.deviceUuid && Date.parse(this.serverTime) > Number(until)) {
      this.deviceUuid = localStorage[`after ${uuid}`] ??= crypto.randomUUID();
      await super.authorize();
    } else {
      localStorage.device = `${this.deviceUuid} ${this.license.expiresAt}`;
    }
  }
}

/** The page shows one device, and reports under another. */
class ReportsAsAnother extends HonestTracker {
  #name = crypto.randomUUID();

  common() {
    return { ...super.common(), deviceUuid: this.#name };
  }
}

/** Every page takes a seat for itself and one for nobody. */
class TakesTwoSeats extends HonestTracker {
  async authorize() {
    const body = { ...this.common(), deviceUuid: crypto.randomUUID(), product: this.options.product };
    await this.ask("/v1/authorizations", body).catch(() => {});
    await super.authorize();
  }
}

/** Keeps its seat from a worker that outlives the page, scanned or not. */
class Heartbeat extends HonestTracker {
  async authorize() {
    await super.authorize();
    const source = `onconnect = ({ ports: [port] }) => { port.onmessage = ({ data: { url, body } }) => setInterval(() =>
      fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }), 100); };`;
    this.worker ??= new SharedWorker(`data:text/javascript,${encodeURIComponent(source)}`, { extendedLifetime: true });
    const body = JSON.stringify({ ...this.common(), product: this.options.product });
    this.worker.port.postMessage({ url: `${this.server}/v1/authorizations`, body });
  }
}

/** What a still image counted is counted once more when half a second is over. */
class CountsAgainLater extends HonestTracker {
  judge(keys, frame) {
    this.source = frame.source;
    return super.judge(keys, frame);
  }

  async count(counts) {
    await super.count(counts);
    const again = async () => {
      await super.count(counts);
      await this.send();
    };
    if (this.source === "image") setTimeout(() => this.turn(again), 500);
  }
}

/** What a still image counted is counted once more when something is sent after its report. */
class CountsAgainAtNextFlush extends HonestTracker {
  waiting = [];
  reported = [];

  judge(keys, frame) {
    this.source = frame.source;
    return super.judge(keys, frame);
  }

  async count(counts) {
    await super.count(counts);
    if (this.source === "image") this.waiting.push(counts);
  }

  async flush() {
    for (const counts of this.reported.splice(0)) await this.turn(() => super.count(counts));
    await super.flush();
    this.reported.push(...this.waiting.splice(0));
  }
}

/** What was counted at a later visit of a frame is counted once more by a worker that outlives the page. */
class CountsAgainFromWorker extends HonestTracker {
  async start() {
    if (this.common().partitioned) {
      localStorage.visits = Number(localStorage.visits ?? 0) + 1;
      const source = `onconnect = ({ ports: [port] }) => { port.onmessage = ({ data: { url, body } }) => setTimeout(() =>
        fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }), 500); };`;
      this.worker = new SharedWorker(`data:text/javascript,${encodeURIComponent(source)}`, { extendedLifetime: true });
    }
    await super.start();
  }

  request(reports) {
    const body = super.request(reports);
    if (this.worker && localStorage.visits === "2") {
      const again = JSON.stringify({ ...body, streamId: crypto.randomUUID() });
      this.worker.port.postMessage({ url: `${this.server}/v1/usage-reports`, body: again });
    }
    return body;
  }
}

/** In a frame of another site it counts for itself. */
class SilentInFrame extends HonestTracker {
  async ask(path, body) {
    if (body.partitioned) throw new Error("not from here");
    return super.ask(path, body);
  }
}

/** The server of the app knows the person, and gives a frame the device of the page that the person saw before. */
class SameInFrame extends Elsewhere {
  async remember(fresh) {
    const account = new URL("/account/device", location.href);
    if (this.common().partitioned) return (await fetch(account)).text();
    await fetch(account, { method: "PUT", body: fresh });
    return fresh;
  }
}

class NotPartitioned extends HonestTracker {
  common() {
    return { ...super.common(), partitioned: false };
  }
}

class WindowDoesNotSlide extends HonestTracker {
  filter(stream) {
    const filter = this.filters.get(stream) ?? new DuplicateFilter(this.options.duplicateForgetTime, "fixed");
    this.filters.set(stream, filter);
    return filter;
  }
}

/** A duplicate is known only once its frame is over. */
class FrameCountsTwice extends HonestTracker {
  judge(keys, frame) {
    if (frame.source === "image") return super.judge(keys, frame);
    return keys.map((key) => super.judge([key], frame)[0] || keys.filter((other) => other === key).length > 1);
  }
}

class ImageRemembers extends HonestTracker {
  judge(keys, frame) {
    return super.judge(keys, { ...frame, source: "video" });
  }
}

class OneMemoryForAllStreams extends HonestTracker {
  judge(keys, frame) {
    return super.judge(keys, { ...frame, stream: "all" });
  }
}

class CountsEqualTextOnce extends HonestTracker {
  judge(keys, frame) {
    return super.judge(
      keys.map((key) => key.slice(key.indexOf(" "))),
      frame,
    );
  }
}

class DeletesBeforeTheYes extends HonestTracker {
  async send() {
    for (let sent = this.queue.pending(); sent.length > 0; sent = this.queue.pending()) {
      await this.store.save({ put: [], drop: sent }).catch(() => {});
      const left = await this.store.load(() => this.deviceUuid).catch(() => ({ reports: [] }));
      this.queue = new ReportQueue(crypto.randomUUID(), left.reports, () => crypto.randomUUID());
      await this.ask("/v1/usage-reports", this.request(sent)).catch(() => {});
    }
  }
}

class QueueInMemory extends HonestTracker {
  async identify() {
    const { uuid } = await super.identify();
    return { uuid, reports: [] };
  }
}

/** A request that failed is made anew, with a number of its own: one whose answer was lost counts twice. */
class CountsAgainAfterLostAnswer extends HonestTracker {
  async ask(path, body) {
    try {
      return await super.ask(path, body);
    } catch (error) {
      if (path === "/v1/usage-reports") this.again = true;
      throw error;
    }
  }

  request(reports) {
    const body = super.request(reports);
    if (!this.again) return body;
    this.again = false;
    return { ...body, streamId: crypto.randomUUID() };
  }
}

class TextInReport extends HonestTracker {
  async count(counts, barcodes) {
    this.last = barcodes.at(-1).text;
    await super.count(counts, barcodes);
  }

  request(reports) {
    return { ...super.request(reports), last: this.last };
  }
}

class TextInAddress extends HonestTracker {
  async count(counts, barcodes) {
    await super.count(counts, barcodes);
    fetch(`/log?seen=${encodeURIComponent(barcodes.at(-1).text)}`).catch(() => {});
  }
}

class TextFromSharedWorker extends HonestTracker {
  async count(counts, barcodes) {
    await super.count(counts, barcodes);
    const source = `onconnect = ({ ports: [port] }) => { port.onmessage = ({ data: [url, text] }) =>
      setTimeout(() => fetch(url, { method: "POST", mode: "no-cors", body: btoa(text) }), 10); };`;
    this.worker ??= new SharedWorker(`data:text/javascript,${encodeURIComponent(source)}`);
    this.worker.port.postMessage([new URL("/log", location.href).href, String(barcodes.at(-1).text)]);
  }
}

/** What a reader gave and could not be counted is told to those who are to mend it. */
class TextOfRefused extends HonestTracker {
  scan(decoded, options) {
    const scanned = super.scan(decoded, options);
    scanned.catch(() => fetch("/log", { method: "POST", body: JSON.stringify(decoded) }).catch(() => {}));
    return scanned;
  }
}

class TextOnLeaving extends HonestTracker {
  async count(counts, barcodes) {
    this.last = barcodes.at(-1).text;
    await super.count(counts, barcodes);
  }

  leave() {
    navigator.sendBeacon("/log", String(this.last));
    super.leave();
  }
}

class HashedText extends HonestTracker {
  async count(counts, barcodes) {
    await super.count(counts, barcodes);
    const hash = await sha256(String(barcodes.at(-1).text));
    navigator.sendBeacon("/log", `{"seen":"${hash.slice(0, 40)}"}`);
  }
}

class TextInStorage extends HonestTracker {
  async count(counts, barcodes) {
    localStorage.history = `${localStorage.history ?? ""}\n${barcodes.at(-1).text}`;
    await super.count(counts, barcodes);
  }
}

class HashedTextInStorage extends HonestTracker {
  async count(counts, barcodes) {
    const hash = await sha256(String(barcodes.at(-1).text));
    localStorage.history = `${localStorage.history ?? ""}\n${hash}`;
    await super.count(counts, barcodes);
  }
}

/** What is scanned while the tracker is on its way is kept as it is until that is ready. */
class TextInStorageUntilReady extends HonestTracker {
  isReady = false;

  scan(decoded, options) {
    if (!this.isReady) localStorage.early = JSON.stringify(decoded);
    return super.scan(decoded, options);
  }

  async start() {
    await super.start();
    this.isReady = true;
    delete localStorage.early;
  }
}

/** The last barcode is kept for the page that comes next. */
class TextInStorageOnLeaving extends HonestTracker {
  async count(counts, barcodes) {
    this.last = barcodes.at(-1).text;
    await super.count(counts, barcodes);
  }

  async start() {
    delete sessionStorage.last;
    await super.start();
  }

  leave() {
    if (this.last !== undefined) sessionStorage.last = this.last;
    super.leave();
  }
}

class UndocumentedMember extends HonestTracker {
  common() {
    return { ...super.common(), userAgent: navigator.userAgent };
  }
}

export const mutants = {
  honest: HonestTracker,
  "uuid-per-tab": UuidPerTab,
  "new-at-each-load": NewAtEachLoad,
  "memory-said-to-be-kept": MemorySaidToBeKept,
  "ends-with-the-browser": EndsWithTheBrowser,
  "cookie-for-all-domains": CookieForAllDomains,
  "cookie-outlives-purge": CookieOutlivesPurge,
  "machine-fingerprint": MachineFingerprint,
  "written-back-after-purge": WrittenBackAfterPurge,
  "loses-what-is-purged": LosesWhatIsPurged,
  "two-transactions": TwoTransactions,
  "uuid-ends-with-token": UuidEndsWithToken,
  "reports-as-another": ReportsAsAnother,
  "takes-two-seats": TakesTwoSeats,
  heartbeat: Heartbeat,
  "counts-again-later": CountsAgainLater,
  "counts-again-at-next-flush": CountsAgainAtNextFlush,
  "counts-again-from-worker": CountsAgainFromWorker,
  "silent-in-frame": SilentInFrame,
  "same-in-frame": SameInFrame,
  "not-partitioned": NotPartitioned,
  "window-does-not-slide": WindowDoesNotSlide,
  "frame-counts-twice": FrameCountsTwice,
  "equal-text-counts-once": CountsEqualTextOnce,
  "image-remembers": ImageRemembers,
  "one-memory-for-all-streams": OneMemoryForAllStreams,
  "deletes-before-the-yes": DeletesBeforeTheYes,
  "queue-in-memory": QueueInMemory,
  "counts-again-after-lost-answer": CountsAgainAfterLostAnswer,
  "text-in-report": TextInReport,
  "text-in-address": TextInAddress,
  "text-from-shared-worker": TextFromSharedWorker,
  "text-of-refused": TextOfRefused,
  "text-on-leaving": TextOnLeaving,
  "hashed-text": HashedText,
  "text-in-storage": TextInStorage,
  "hashed-text-in-storage": HashedTextInStorage,
  "text-in-storage-until-ready": TextInStorageUntilReady,
  "text-in-storage-on-leaving": TextInStorageOnLeaving,
  "undocumented-member": UndocumentedMember,
};
