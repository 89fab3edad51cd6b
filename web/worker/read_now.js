/**
 * @file Reads a file of the build while nothing else in the worker goes on: what Python is in the middle of cannot wait
 * for a promise.
 */

import { LoadError } from "./errors.js";
import { randomHex } from "./random.js";
import { sha256 } from "./sha256.js";

/**
 * @param {string} url
 * @param {string} hash base64 of the SHA-256 that the file must have
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {LoadError} it cannot be had, or is not the file that is asked for
 */
export function readNow(url, hash) {
  // After a deployment the browser's cache may hold the file of the build before; the server has the right one.
  for (const isFromServer of [false, true]) {
    const bytes = request(url, isFromServer);
    if (sha256(bytes) === hash) {
      return bytes;
    }
  }
  throw new LoadError(`${url} does not match the build's manifest (SHA-256); deploy all files of one build together`);
}

/**
 * @param {string} url
 * @param {boolean} isFromServer whatever the cache holds
 * @returns {Uint8Array<ArrayBuffer>}
 */
function request(url, isFromServer) {
  const asked = new XMLHttpRequest();
  // Another name to the caches, and not a header, for which another origin would have to be asked first.
  asked.open("GET", isFromServer ? `${url}?fresh=${randomHex(8)}` : url, false);
  asked.responseType = "arraybuffer";
  try {
    asked.send();
  } catch {
    throw new LoadError(`${url} could not be fetched: no network, a content blocker, or Content-Security-Policy`);
  }
  if (asked.status !== 200) {
    throw new LoadError(`${url} answered ${asked.status}; deploy the whole folder that \`dlt-web build\` made`);
  }
  return new Uint8Array(asked.response);
}
