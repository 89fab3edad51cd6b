/**
 * A stand-in for the license tracking server, for one browser: it answers the three addresses that a tracker asks for,
 * by the same protocol, and one of its own that shows what it has counted. Of the server's rules it has those that a
 * single device can meet; it is no license server, and nothing here is a permission to anybody.
 */

import { book, sum, total } from "./books.js";
import { hex, judgeReportToken, makeKeys, publicKeys, reportToken, sign } from "./keys.js";
import { RequestError, readAuthorization, readReports } from "./requests.js";

/** @typedef {import("./books.js").Counts} Counts */
/** @typedef {import("./books.js").Stream} Stream */
/** @typedef {import("./keys.js").Keys} Keys */

/**
 * @typedef {object} Books all that the stand-in keeps
 * @property {string} storeEpoch
 * @property {Keys} keys
 * @property {Record<string, string[]>} devices by handshake code
 * @property {Record<string, Stream>} streams by code, device and stream
 * @property {Record<string, Counts>} scans by code, per symbology
 * @property {Counts} lost by reason
 * @property {number} unverified
 * @property {{ request: object, answer: object } | null} last the newest report, and what came of it
 */

/** @typedef {{ load: () => Promise<Books | null>, save: (books: Books) => Promise<void> }} Shelf */
/** @typedef {{ method: string, path: string, text: string, origin: string }} Asked */
/** @typedef {{ status: number, body: object }} Answer */

/** The item of each handshake code. @type {Record<string, { id: string, chargeWay: string, quota: number }>} */
export const ITEMS = {
  "try-it": { id: "try-it", chargeWay: "per_device", quota: 100 },
  "used-up": { id: "used-up", chargeWay: "per_device", quota: 0 },
};
const TOKEN_LIFE_S = 3600;
const OFFLINE_ALLOWANCE_S = 7 * 86_400;
const REPORT_INTERVAL_S = 180;

export class StandIn {
  #shelf;
  #crypto;
  #now;
  /** One request after the other: what one decides, the next one knows. @type {Promise<unknown>} */
  #line = Promise.resolve();

  /** @param {{ shelf: Shelf, crypto: Crypto, now: () => number }} parts `now` in epoch ms */
  constructor({ shelf, crypto, now }) {
    this.#shelf = shelf;
    this.#crypto = crypto;
    this.#now = now;
  }

  /** @param {Asked} asked @returns {Promise<Answer>} never rejects */
  answer(asked) {
    const answered = this.#line.then(() => this.#answer(asked)).catch(() => STORE_UNAVAILABLE);
    this.#line = answered;
    return answered;
  }

  /** @param {Asked} asked @returns {Promise<Answer>} */
  async #answer({ method, path, text, origin }) {
    const wanted = METHODS[path];
    if (wanted === undefined) return problem(404, "NOT_FOUND", "There is no such address.");
    if (method !== wanted) return problem(405, "METHOD_NOT_ALLOWED", "This address does not know this method.");
    const books = (await this.#shelf.load()) ?? (await this.#newBooks());
    if (path === "/.well-known/jwks.json") return { status: 200, body: publicKeys(books.keys) };
    if (path === "/v1/stand-in") return { status: 200, body: shown(books) };
    const answer = await this.#decide(books, path, text, origin);
    await this.#shelf.save(books); // acknowledged means kept
    return answer;
  }

  /** @param {Books} books changed @param {string} path @param {string} text @param {string} origin @returns {Promise<Answer>} */
  async #decide(books, path, text, origin) {
    /** @type {unknown} */
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      return problem(400, "REQUEST_INVALID", "The body is no JSON.");
    }
    try {
      return await (path === "/v1/authorizations"
        ? this.#authorize(books, readAuthorization(body), origin)
        : this.#report(books, readReports(body), /** @type {object} */ (body)));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return problem(422, "REQUEST_INVALID", error.message, { field: error.field || undefined });
    }
  }

  /** @param {Books} books @param {ReturnType<typeof readAuthorization>} asked @param {string} origin @returns {Promise<Answer>} */
  async #authorize(books, { code, device, storeEpoch }, origin) {
    const item = ITEMS[code];
    if (item === undefined) return unknownCode(code);
    const token = await reportToken(this.#crypto, books.keys, code, device);
    const known = { reportToken: token, storeEpoch: books.storeEpoch };
    if (isOtherEpoch(storeEpoch, books.storeEpoch)) return epochChanged(known);
    const seated = books.devices[code] ?? [];
    if (!seated.includes(device)) {
      if (seated.length >= item.quota) {
        const detail = `The quota of ${item.quota} devices is used up.`;
        return problem(403, "QUOTA_EXHAUSTED", detail, known);
      }
      books.devices[code] = [...seated, device];
    }
    const issued = Math.floor(this.#now() / 1000);
    const claims = claimsOf(books, item, device, origin, issued);
    const body = {
      token: await sign(this.#crypto, books.keys, claims),
      expiresAt: timeOf((issued + TOKEN_LIFE_S) * 1000),
      serverTime: timeOf(this.#now()),
      item: { id: item.id, chargeWay: item.chargeWay, overQuota: false },
      reportIntervalSeconds: REPORT_INTERVAL_S,
      ...known,
    };
    return { status: 201, body };
  }

  /** @param {Books} books @param {ReturnType<typeof readReports>} asked @param {object} request @returns {Promise<Answer>} */
  async #report(books, { code, device, stream, reportToken: token, storeEpoch, entries }, request) {
    if (ITEMS[code] === undefined) return unknownCode(code);
    if (isOtherEpoch(storeEpoch, books.storeEpoch)) return epochChanged({ storeEpoch: books.storeEpoch });
    const verdict = await judgeReportToken(this.#crypto, books.keys, token, code, device);
    if (verdict === "stale") {
      const detail = "The report token was made with a key that is not known here.";
      return problem(409, "REPORT_TOKEN_STALE", detail, { storeEpoch: books.storeEpoch });
    }
    const name = [code, device, stream, verdict].join(" ");
    const booked = book(books.streams[name] ?? null, entries);
    if (booked.stream) books.streams[name] = booked.stream;
    for (const { counts, lost } of booked.additions) {
      if (verdict === "bad") books.unverified += total(counts);
      else books.scans[code] = sum(books.scans[code] ?? {}, counts);
      books.lost = sum(books.lost, lost);
    }
    const row = booked.stream;
    const body = {
      serverTime: timeOf(this.#now()),
      storeEpoch: books.storeEpoch,
      results: booked.results,
      last: row && { id: row.id, seq: row.seq, version: row.version },
    };
    books.last = { request, answer: body };
    return { status: 200, body };
  }

  /** @returns {Promise<Books>} */
  async #newBooks() {
    const books = {
      storeEpoch: `${hex(this.#crypto.getRandomValues(new Uint8Array(8)))}:1`,
      keys: await makeKeys(this.#crypto),
      devices: {},
      streams: {},
      scans: {},
      lost: {},
      unverified: 0,
      last: null,
    };
    await this.#shelf.save(books);
    return books;
  }
}

/** @type {Record<string, string>} */
const METHODS = {
  "/v1/authorizations": "POST",
  "/v1/usage-reports": "POST",
  "/.well-known/jwks.json": "GET",
  "/v1/stand-in": "GET",
};

/** @param {Books} books what a page may see of them: no key */
function shown({ devices, scans, lost, unverified, last }) {
  const bySymbology = Object.values(scans).reduce(sum, {});
  const deviceCount = new Set(Object.values(devices).flat()).size;
  return { devices: deviceCount, scans: total(bySymbology), bySymbology, lost, unverified, last };
}

/** @param {Books} books @param {{ id: string, chargeWay: string }} item @param {string} device @param {string} origin @param {number} issued s */
function claimsOf({ storeEpoch }, item, device, origin, issued) {
  return {
    iss: `dlt-lts:${storeEpoch.split(":")[0]}`,
    sub: device,
    iat: issued,
    exp: issued + TOKEN_LIFE_S,
    jti: crypto.randomUUID(),
    item: item.id,
    chargeWay: item.chargeWay,
    overQuota: false,
    offlineAllowanceSeconds: OFFLINE_ALLOWANCE_S,
    aud: origin,
  };
}

/** @param {string | null} known @param {string} current */
const isOtherEpoch = (known, current) =>
  known !== null && known !== current && known.split(":")[0] === current.split(":")[0];

/** @param {number} ms @returns {string} RFC 3339, as the server writes it */
const timeOf = (ms) => new Date(ms).toISOString().replace(".000Z", "Z");

/** @param {number} status @param {string} code @param {string} detail @param {object} [more] @returns {Answer} RFC 9457 */
function problem(status, code, detail, more = {}) {
  const title = code.charAt(0) + code.slice(1).toLowerCase().replaceAll("_", " ");
  return { status, body: { type: "about:blank", title, status, code, detail, ...more } };
}

/** @param {string} code */
const unknownCode = (code) => problem(404, "HANDSHAKE_CODE_UNKNOWN", `There is no handshake code ${code} here.`);
/** @param {object} known */
const epochChanged = (known) => problem(409, "STORE_EPOCH_CHANGED", "Nothing was booked: take the epoch.", known);
const STORE_UNAVAILABLE = problem(503, "STORE_UNAVAILABLE", "This browser's storage cannot be used now.");
