/**
 * @file The files of a build, each checked against the manifest.
 *
 * The loader knows the manifest's hash, the manifest knows every file's: so the runtime and the wheel come from one build
 * with the loader, also in the middle of a deployment or behind a stale cache.
 *
 * It guards against mixed builds and damaged files, not against whoever may write to the page's own origin: scripts
 * (this worker, Pyodide's two modules) are loaded by the browser itself a second time, which no page can check.
 */

import { LoadError, UnreachableError } from "./errors.js";
import { readNow } from "./read_now.js";

/**
 * `file` is what a file is called where that is not its name: with a part of its hash in it, so that caches may keep it
 * for ever.
 *
 * @typedef {{ file?: string, sha384: string, sha256?: string, bytes: number }} ManifestEntry
 */
/** @typedef {{ version: number, runtime: string, files: Record<string, ManifestEntry> }} Manifest */

/**
 * What the runtime may ask of a build.
 *
 * @typedef {object} Assets
 * @property {string[]} names every file of the build, as the manifest names it
 * @property {boolean} isCompressed the host sends files compressed, and better than gzip does
 * @property {(name: string) => string} url absolute address of a file
 * @property {(name: string) => Promise<ArrayBuffer>} read content of a file, checked
 * @property {(name: string) => Uint8Array<ArrayBuffer>} readNow the same without waiting, of a file whose SHA-256 is known
 * @property {(name: string, content: Uint8Array<ArrayBuffer>) => void} keep holds a file's content ready for `readNow`
 */

/** The manifest format that this loader reads. */
const MANIFEST_VERSION = 1;

/** Ways in which a host can compress that are better than what a page can undo by itself. */
const GOOD_ENCODINGS = new Set(["br", "zstd"]);

/**
 * Fetches and checks the manifest.
 *
 * @param {string} assetBase absolute URL of the folder of the build, ending in a slash
 * @param {string} manifestSha384 base64 of the SHA-384 of `manifest.json`; empty in a source tree
 * @returns {Promise<Assets>}
 */
export async function openAssets(assetBase, manifestSha384) {
  if (manifestSha384 === "") {
    throw new LoadError(
      "this is dlt-web's source tree, which has no Python runtime in it; run `dlt-web build --out DIR` and load DIR/dlt-web.js",
    );
  }
  const address = new URL("manifest.json", assetBase).href;
  const { headers, content } = await fetchChecked(address, manifestSha384);
  /** @type {Manifest} */
  const manifest = JSON.parse(new TextDecoder().decode(content));
  if (manifest.version !== MANIFEST_VERSION) {
    throw new LoadError(`manifest.json has version ${manifest.version}, this loader reads version ${MANIFEST_VERSION}`);
  }
  const url = (/** @type {string} */ name) => new URL(manifest.files[name]?.file ?? name, assetBase).href;
  const entryOf = (/** @type {string} */ name) => {
    const entry = manifest.files[name];
    if (entry === undefined) {
      throw new LoadError(`the manifest of this build does not list ${name}; build it anew`);
    }
    return entry;
  };
  /** @type {Map<string, Uint8Array<ArrayBuffer>>} */
  const kept = new Map();
  return {
    names: Object.keys(manifest.files),
    url,
    isCompressed: GOOD_ENCODINGS.has(headers.get("content-encoding") ?? ""),
    read: async (name) => (await fetchChecked(url(name), entryOf(name).sha384)).content,
    readNow(name) {
      const content = kept.get(name) ?? readNow(url(name), entryOf(name).sha256 ?? "");
      kept.delete(name);
      return content;
    },
    keep: (name, content) => kept.set(name, content),
  };
}

/** @typedef {{ headers: Headers, content: ArrayBuffer }} Fetched */

/**
 * @param {string} url
 * @param {string} sha384 base64
 * @returns {Promise<Fetched>}
 * @throws {LoadError}
 */
async function fetchChecked(url, sha384) {
  // After a deployment the browser's cache may hold the file of the build before; the server has the right one.
  for (const cache of /** @type {const} */ (["default", "reload"])) {
    const fetched = await fetchOnce(url, sha384, cache);
    if (fetched !== null) {
      return fetched;
    }
  }
  throw await whyNotRead(url);
}

/**
 * Checks the content with WebCrypto, off this thread, where there is one: told by `integrity`, browsers take twice the
 * time for the whole fetch.
 *
 * @param {string} url
 * @param {string} sha384 base64
 * @param {RequestCache} cache
 * @returns {Promise<Fetched | null>} null when it cannot be fetched, or is not what was asked for
 * @throws {LoadError}
 */
async function fetchOnce(url, sha384, cache) {
  const digests = globalThis.crypto?.subtle;
  const options = digests ? { cache } : { cache, integrity: `sha384-${sha384}` };
  const response = await fetch(url, options).catch(() => null);
  if (response === null) {
    return null;
  }
  if (!response.ok) {
    throw new LoadError(`${url} answered ${response.status}; deploy the whole folder that \`dlt-web build\` made`);
  }
  const content = await bytesOf(response, url);
  if (digests && base64Of(await digests.digest("SHA-384", content)) !== sha384) {
    return null;
  }
  return { headers: response.headers, content };
}

/** @param {ArrayBuffer} bytes */
function base64Of(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

/**
 * @param {Response} response
 * @param {string} url
 * @returns {Promise<ArrayBuffer>}
 */
function bytesOf(response, url) {
  return response.arrayBuffer().catch(() => {
    throw new UnreachableError(`${url} broke off; is the network there?`);
  });
}

/**
 * Finds out what a failed `fetch` does not say: whether the network, the server, or the content was at fault.
 *
 * @param {string} url
 * @returns {Promise<LoadError>}
 */
async function whyNotRead(url) {
  try {
    const response = await fetch(url, { cache: "no-store" });
    if (!response.ok) {
      return new LoadError(`${url} answered ${response.status}; deploy the whole folder that \`dlt-web build\` made`);
    }
    return new LoadError(
      `${url} does not match the build's manifest (SHA-384); deploy all files of one build together, ` +
        "and clear caches between",
    );
  } catch {
    return new UnreachableError(
      `${url} could not be fetched: no network, a content blocker, or Content-Security-Policy (connect-src)`,
    );
  }
}
