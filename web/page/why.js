/** @file Why a worker could not be had, as far as the page can find out. */

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
  if (new URL(url).origin !== location.origin) {
    return (
      `A worker must come from the page's own origin: ${url} is not of ${location.origin}. ` +
      "Serve the folder that `dlt-web build` made from there and set assetBase to it."
    );
  }
  return `The worker ${url} could not be started: ${error}.`;
}

/**
 * Says why a worker's script did not load, which the browser keeps to itself.
 *
 * @param {string} url
 * @returns {Promise<{ message: string, isUnreachable: boolean }>} and whether it may be the network alone
 */
export async function whyNoScript(url) {
  const advice = "Deploy the whole folder that `dlt-web build` made, and set assetBase if it is not beside dlt-web.js.";
  try {
    const response = await fetch(url);
    const message = response.ok
      ? `The worker's script ${url} was refused: the Content-Security-Policy needs worker-src 'self', ` +
        `and its files the type text/javascript (this one has ${response.headers.get("content-type")}).`
      : `The worker's script ${url} answered ${response.status}. ${advice}`;
    return { message, isUnreachable: false };
  } catch {
    return { message: `The worker's script ${url} could not be fetched. ${advice}`, isUnreachable: true };
  }
}
