/** Puts the stand-in into its place: the service worker that answers `lts/`. */

/** Longer than a browser takes to start a small script. */
const PATIENCE_MS = 10_000;

/** Why there is no stand-in; the message is for people. */
export class PlaceError extends Error {}

/**
 * @returns {Promise<string>} the address of the stand-in, for `licenseServer`; requests to it are answered from now on
 * @throws {PlaceError}
 */
export async function takePlace() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) {
    throw new PlaceError("This browser gives the page no service worker. Open it over HTTPS or localhost.");
  }
  const script = new URL("../service-worker.js", import.meta.url);
  try {
    await serviceWorker.register(script);
  } catch (error) {
    throw new PlaceError(`The stand-in could not start: ${error instanceof Error ? error.message : error}.`);
  }
  if (!serviceWorker.controller) await taken(serviceWorker);
  return new URL("lts", script).href;
}

/** @param {ServiceWorkerContainer} serviceWorker */
function taken(serviceWorker) {
  return new Promise((resolve, reject) => {
    const words = "The stand-in does not answer this page, as after a forced reload. Reload it once more.";
    const timer = setTimeout(() => reject(new PlaceError(words)), PATIENCE_MS);
    serviceWorker.addEventListener("controllerchange", () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}
