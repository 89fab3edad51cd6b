/**
 * @file What an app gave to `new Tracker(…)`, as JSON texts. The tracker judges the options; the page judges only what
 * it needs itself before there is a tracker: that options can be read, where the runtime's files lie, and whether two
 * mean the same.
 */

import { TrackerError } from "./errors.js";
import { toJsonText } from "./plain.js";

/**
 * @typedef {object} Given
 * @property {ReadonlyMap<string, string>} texts option name to JSON text, by name, with the defaults of what was not given:
 *   equal options have equal texts, also in another page
 * @property {string} assetBase absolute URL, ending in a slash
 * @property {string} manifestSha384
 */

/**
 * What stands for an option that was not given, or is `null`: the tracker's own defaults, which a test holds equal. Here
 * too, because whether a second tracker may share the first one is said by its constructor, before Python runs.
 *
 * @type {Readonly<Record<string, unknown>>}
 */
export const DEFAULTS = Object.freeze({
  duplicateForgetTime: 3000,
  duplicateMode: "sliding",
  authorize: "start",
  enforcement: "throw",
  product: "barcode-reader",
  sessionPassword: null,
  deviceFriendlyName: null,
  durability: "relaxed",
  persistStorage: false,
  consent: "not-required",
});

/**
 * Reads the options as the app gave them, and adds what only the page knows.
 *
 * @param {unknown} options
 * @param {{ moduleUrl: string, manifestSha384: string }} build the module's own URL and the hash of its build
 * @returns {Given}
 * @throws {TrackerError} `OPTION_INVALID`
 */
export function describeOptions(options, { moduleUrl, manifestSha384 }) {
  const { assetBase, licenseServer, ...given } = copy(options);
  const here = typeof location === "undefined" ? null : location;
  // The tracker would judge it too late: a misspelt one must not begin unasked.
  if (![undefined, null, "required", "not-required"].includes(/** @type {any} */ (given.consent))) {
    throw invalid(`consent is not-required or required; found ${textOf("consent", given.consent)}.`);
  }
  /** @type {Record<string, unknown>} */
  const known = {
    ...DEFAULTS,
    ...given,
    licenseServer: absoluteUrls(licenseServer, moduleUrl),
    origin: here?.origin,
    partitioned: isInForeignFrame(),
  };
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const name of Object.keys(known).sort()) {
    const value = known[name] ?? (Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name] : known[name]);
    if (value !== undefined) {
      texts.set(name, textOf(name, value));
    }
  }
  return { texts, assetBase: folderUrl(assetBase, moduleUrl), manifestSha384 };
}

/**
 * Names the options that mean something else.
 *
 * @param {Given} first
 * @param {Given} second
 * @returns {string[]}
 */
export function differingOptions(first, second) {
  const names = new Set([...first.texts.keys(), ...second.texts.keys()]);
  const differing = [...names].filter((name) => first.texts.get(name) !== second.texts.get(name));
  return first.assetBase === second.assetBase ? differing : [...differing, "assetBase"];
}

/**
 * Lets a second tracker share the first one, or not.
 *
 * @param {Given} first
 * @param {Given} second
 * @throws {TrackerError} `OPTION_CONFLICT`
 */
export function refuseOtherOptions(first, second) {
  const differing = differingOptions(first, second);
  if (differing.length > 0) {
    throw new TrackerError(
      "OPTION_CONFLICT",
      `This page already has a tracker for handshakeCode ${first.texts.get("handshakeCode")} with another ` +
        `${differing.join(", ")}. Give both the same options, or close the first one before.`,
    );
  }
}

/**
 * @param {unknown} options
 * @returns {Record<string, unknown>}
 */
function copy(options) {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const found = Array.isArray(options) ? "a list" : options === null ? "null" : typeof options;
    throw invalid(`A tracker needs options: an object with handshakeCode and licenseServer; found ${found}.`);
  }
  try {
    return { .../** @type {Record<string, unknown>} */ (options) };
  } catch (error) {
    // A getter, or a proxy, of the app's own.
    throw invalid(`The options could not be read: ${messageOf(error)}.`);
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function textOf(name, value) {
  try {
    return toJsonText(value);
  } catch (error) {
    // The message may repeat a value, and a value may be a password.
    throw invalid(
      `${name} could not be read (${error instanceof Error ? error.name : typeof error}); give a plain value.`,
    );
  }
}

/**
 * @param {unknown} assetBase
 * @param {string} moduleUrl
 */
function folderUrl(assetBase, moduleUrl) {
  if (assetBase === undefined || assetBase === null) {
    // webpack tells a module where it lay when the app was built.
    const isElsewhere = moduleUrl.startsWith("file:") && /^http/.test(globalThis.location?.protocol);
    if (!URL.canParse(".", moduleUrl) || isElsewhere) {
      throw invalid(
        `This module was loaded from a ${new URL(moduleUrl).protocol} URL; set assetBase to the build's folder.`,
      );
    }
    return new URL(".", moduleUrl).href;
  }
  const base = documentUrl(moduleUrl);
  if (typeof assetBase !== "string" || !assetBase || !URL.canParse(assetBase, base)) {
    const found = typeof assetBase === "string" ? JSON.stringify(assetBase.slice(0, 60)) : typeof assetBase;
    throw invalid(`assetBase is the URL of the folder that \`dlt-web build\` made, as a text; found ${found}.`);
  }
  const url = new URL(assetBase, base);
  if (!["http:", "https:"].includes(url.protocol)) {
    throw invalid(`assetBase is an http: or https: URL, or a path; found one that begins with ${url.protocol}`);
  }
  // A query or a fragment names no folder.
  const folder = url.origin + url.pathname;
  return folder.endsWith("/") ? folder : `${folder}/`;
}

/**
 * @param {unknown} servers
 * @param {string} moduleUrl
 */
function absoluteUrls(servers, moduleUrl) {
  const base = documentUrl(moduleUrl);
  // The protocol's paths are added to it, with or without the slash at its end.
  const absolute = (/** @type {unknown} */ one) =>
    typeof one === "string" && one !== "" && URL.canParse(one, base)
      ? new URL(one, base).href.replace(/\/+$/, "")
      : one;
  return Array.isArray(servers) ? servers.map(absolute) : servers === undefined ? undefined : [absolute(servers)];
}

/** @param {string} moduleUrl */
function documentUrl(moduleUrl) {
  return typeof document === "undefined" ? moduleUrl : document.baseURI;
}

/** Tells whether a page of another origin holds this one, in which case browsers part its storage. */
function isInForeignFrame() {
  if (typeof window === "undefined" || window.top === window) {
    return false;
  }
  try {
    return window.top?.location.origin !== location.origin;
  } catch {
    return true;
  }
}

/** @param {string} message */
function invalid(message) {
  return new TrackerError("OPTION_INVALID", message);
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
