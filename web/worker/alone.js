/**
 * @file Whether other workers may use the same database: each that tabs share holds a lock as long as it lives. Those of
 * another build are others too, and those that their pages have given up. A worker of one page's own never knows, since
 * a lock that it held would keep its page out of the back/forward cache.
 */

const LOCK_NAME = "dlt-web shared worker";

/** Lets others know of this worker, which tabs share. */
export function beKnown() {
  navigator.locks?.request(LOCK_NAME, { mode: "shared" }, () => new Promise(() => {})).catch(() => {});
}

/** @returns {Promise<boolean>} this worker is known, and the only one */
export async function isAlone() {
  const { held = [] } = (await navigator.locks?.query().catch(() => undefined)) ?? {};
  return held.filter(({ name }) => name === LOCK_NAME).length === 1;
}
