/** @file Speaks to the license tracking server. */

/** @typedef {import("./queue.js").Report} Report */

import { SLOT_MS } from "./queue.js";

const TIMEOUT_MS = 30_000;

/** What a server says that it wants asked again later. */
const TRY_LATER = [408, 425, 429];

/** The server said no, and means it. */
export class RefusedError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class Lts {
  #server;
  #common;
  /** @type {string | null} */
  #reportToken = null;
  /** @type {string | null} */
  #storeEpoch = null;

  /**
   * @param {string} server
   * @param {{ handshakeCode: string, deviceUuid: string }} common what every request says
   */
  constructor(server, common) {
    this.#server = server;
    this.#common = { ...common, storage: "indexeddb", partitioned: false };
  }

  /**
   * Takes a seat.
   *
   * @param {string} product
   * @returns {Promise<number>} after how many seconds to report
   */
  async authorize(product) {
    const body = { ...this.#common, product, storeEpoch: this.#storeEpoch };
    const answer = await this.#ask("/v1/authorizations", body);
    await this.#check(answer.token);
    this.#reportToken = answer.reportToken;
    this.#storeEpoch = answer.storeEpoch;
    return answer.reportIntervalSeconds;
  }

  /**
   * @param {Report[]} reports of one stream
   * @returns {Promise<{ seq: number, version: number, outcome: string }[]>}
   */
  async report(reports) {
    const answer = await this.#ask("/v1/usage-reports", {
      ...this.#common,
      streamId: reports[0].stream,
      reportToken: this.#reportToken,
      storeEpoch: this.#storeEpoch,
      sentAt: new Date().toISOString(),
      reports: reports.map(({ id, seq, version, slot, counts }) => {
        return { id, seq, version, slot: new Date(slot * SLOT_MS).toISOString(), counts, lost: {} };
      }),
    });
    return answer.results;
  }

  /**
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  async #ask(path, body) {
    const response = await fetch(`${this.#server}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = await response.json();
    if (response.ok) {
      return answer;
    }
    if (answer.code === "STORE_EPOCH_CHANGED") {
      this.#storeEpoch = answer.storeEpoch;
    } else if (response.status < 500 && !TRY_LATER.includes(response.status)) {
      throw new RefusedError(answer.code, answer.detail);
    }
    throw new Error(answer.detail);
  }

  /** @param {string} token */
  async #check(token) {
    const { keys } = await this.#ask("/.well-known/jwks.json");
    const [header, payload, signature] = token.split(".");
    const { kid } = JSON.parse(atob(base64(header)));
    const { x } = keys.find((/** @type {{ kid: string }} */ key) => key.kid === kid);
    const algorithm = { name: "Ed25519" };
    const key = await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x }, algorithm, false, ["verify"]);
    const signed = new TextEncoder().encode(`${header}.${payload}`);
    const isGood = await crypto.subtle.verify(algorithm, key, bytes(signature), signed);
    if (!isGood || JSON.parse(atob(base64(payload))).sub !== this.#common.deviceUuid) {
      throw new Error("the token is not signed by this server, or not for this device");
    }
  }
}

/** @param {string} text */
function base64(text) {
  return text.replaceAll("-", "+").replaceAll("_", "/");
}

/** @param {string} text */
function bytes(text) {
  return Uint8Array.from(atob(base64(text)), (character) => character.charCodeAt(0));
}
