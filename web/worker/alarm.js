/** @file A timer that goes off when its time has come, and not before: neither early, nor at once because it is far. */

/** `setTimeout` fires at once beyond this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Sets a timer in place of the one before.
 *
 * @param {{ timer: ReturnType<typeof setTimeout> | undefined }} holder
 * @param {number | null} atMonotonicMs nothing to only take the one before away
 * @param {() => void} ring
 */
export function setAlarm(holder, atMonotonicMs, ring) {
  clearTimeout(holder.timer);
  if (atMonotonicMs === null) {
    return;
  }
  const waitMs = Math.max(0, atMonotonicMs - performance.now());
  holder.timer = setTimeout(
    () => {
      if (performance.now() < atMonotonicMs) {
        setAlarm(holder, atMonotonicMs, ring);
      } else {
        ring();
      }
    },
    Math.min(Math.ceil(waitMs), MAX_TIMER_MS),
  );
}
