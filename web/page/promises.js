/** @file Promises that the page gives and waits for. */

/**
 * A promise that the app may ignore: its rejection never counts as unhandled.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export function ignorable(promise) {
  promise.catch(() => {});
  return promise;
}

/**
 * Resolves to `null` after a while.
 *
 * @param {number} ms
 * @returns {Promise<null>}
 */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms));
}
