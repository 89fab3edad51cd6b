/**
 * @file Addresses of the worker's script, as the page's Content-Security-Policy and the browser take them.
 *
 * A page may demand Trusted Types, and then starts a worker only from an address that a policy vouches for; ours, which
 * the page allows by its name, is for the worker's script alone. And a worker comes from the page's own origin only, so
 * where the build lies elsewhere the page makes a script that imports it. Nobody else can name that script, a `blob:`
 * URL of this page load: a SharedWorker of it would be this page's alone, so it is no SharedWorker.
 */

const POLICY = "dlt-web";
const SHIM_TYPE = "text/javascript";

/** @typedef {{ createScriptURL: (url: string) => any }} Policy */

/** @type {Policy | undefined} */
let policy;

/** @type {Map<string, string>} by the address of the script that it imports; kept, since each start needs it */
const shims = new Map();

/**
 * @param {string} url of the worker's script, or of a script that imports it
 * @returns {any} the same, vouched for where the browser knows Trusted Types
 */
export function scriptUrl(url) {
  policy ??= createPolicy();
  return policy.createScriptURL(url);
}

/**
 * Makes a script of the page's own that imports one of another origin.
 *
 * @param {string} url of the worker's script
 * @returns {string}
 */
export function shimFor(url) {
  const shim = shims.get(url) ?? URL.createObjectURL(new Blob([`import ${JSON.stringify(url)};`], { type: SHIM_TYPE }));
  shims.set(url, shim);
  return shim;
}

/** @returns {Policy} */
function createPolicy() {
  /** @type {{ createPolicy: (name: string, rules: Policy) => Policy } | undefined} */
  const trustedTypes = /** @type {any} */ (globalThis).trustedTypes;
  const createScriptURL = (/** @type {string} */ url) => {
    if (!url.endsWith("/worker/main.js") && ![...shims.values()].includes(url)) {
      throw new TypeError(`${url} is no script of dlt-web's worker`);
    }
    return url;
  };
  try {
    return trustedTypes?.createPolicy(POLICY, { createScriptURL }) ?? { createScriptURL };
  } catch {
    // The page does not allow it, and perhaps demands none: the browser says what it thinks of a plain text.
    return { createScriptURL };
  }
}
