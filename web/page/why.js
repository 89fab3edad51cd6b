/** @file Why a worker could not be had, as far as the page can find out. */

import { atMost } from "./at-most.js";

/** A server that does not even answer keeps nobody from hearing that something failed. */
const ANSWER_WAIT_MS = 10_000;

/** What browsers take for a module. */
const SCRIPT_TYPE = /(java|ecma|j|live)script/i;

/**
 * Says why the browser refused to make a worker.
 *
 * @param {string} url
 * @param {unknown} error
 */
export function whyNoWorker(url, error) {
  if (typeof Worker === "undefined") {
    return "A tracker needs a browser page: there is no Worker here. Construct it in the browser only.";
  }
  return (
    `The worker ${url} could not be started: ${error}. A Content-Security-Policy needs worker-src ` +
    `${isForeign(url) ? `blob: ${new URL(url).origin}` : "'self'"}, and \`trusted-types dlt-web\` where it demands Trusted Types.`
  );
}

/**
 * Says why a worker's script did not load, which the browser keeps to itself.
 *
 * @param {string} url
 * @returns {Promise<{ message: string, isUnreachable: boolean, isMissing: boolean }>} whether it may be the network alone,
 *   and whether no browser could have loaded what its server gives
 */
export async function whyNoScript(url) {
  const advice =
    "Deploy the whole folder that `dlt-web build` made, and set assetBase if it is not beside dlt-web.js." +
    (isForeign(url) ? ` From another origin, each file needs Access-Control-Allow-Origin: ${location.origin}.` : "");
  try {
    const response = await atMost(ANSWER_WAIT_MS, fetch(url));
    if (response === null) {
      const message = `The worker's script ${url} did not come within ${ANSWER_WAIT_MS / 1000} s. ${advice}`;
      return { message, isUnreachable: true, isMissing: false };
    }
    const { origin } = new URL(url);
    const needs = isForeign(url) ? `worker-src blob: ${origin} and script-src ${origin}` : "worker-src 'self'";
    const type = response.headers.get("content-type");
    const message = response.ok
      ? `The worker's script ${url} was refused: the Content-Security-Policy needs ${needs}, ` +
        `and its files the type text/javascript (this one has ${type}).`
      : `The worker's script ${url} answered ${response.status}. ${advice}`;
    const isMissing = response.ok ? !SCRIPT_TYPE.test(type ?? "") : [404, 410].includes(response.status);
    return { message, isUnreachable: false, isMissing };
  } catch {
    const message = `The worker's script ${url} could not be fetched. ${advice}`;
    return { message, isUnreachable: true, isMissing: false };
  }
}

/**
 * Tells whether a script lies on another origin than the page, which is true of none where there is no page.
 *
 * @param {string} url
 */
export function isForeign(url) {
  return typeof location !== "undefined" && new URL(url).origin !== location.origin;
}
