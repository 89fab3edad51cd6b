/** What is worth doing each second only while somebody can see it. */

/**
 * Does it every so often while the page is visible, and at once when it becomes so; nothing runs in a hidden tab.
 * @param {() => void} act
 * @param {number} everyMs
 * @param {EventTarget & { hidden: boolean }} page the document
 */
export function whileSeen(act, everyMs, page = document) {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  const follow = () => {
    clearInterval(timer);
    if (page.hidden) return;
    timer = setInterval(act, everyMs);
    act();
  };
  page.addEventListener("visibilitychange", follow);
  follow();
}
