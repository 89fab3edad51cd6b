/** @file What happens to the page itself: it is hidden, shown again, back online. */

/**
 * Watches a page until the signal aborts; does nothing where there is none.
 *
 * @param {object} told
 * @param {() => void} told.hidden perhaps for ever: what shall be sent must be sent now
 * @param {() => void} told.shown
 * @param {() => void} told.online
 * @param {AbortSignal} signal
 */
export function watchPage({ hidden, shown, online }, signal) {
  if (typeof document === "undefined") {
    return;
  }
  const look = () => (document.visibilityState === "hidden" ? hidden() : shown());
  document.addEventListener("visibilitychange", look, { signal });
  window.addEventListener("pagehide", hidden, { signal });
  window.addEventListener("pageshow", shown, { signal });
  window.addEventListener("online", online, { signal });
}
