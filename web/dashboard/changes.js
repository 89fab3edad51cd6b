/** What differs between settings: what is sent, and what somebody else has changed meanwhile. */

/**
 * Tells whether two values mean the same; times are equal however they are written, to the second that a form shows.
 * @param {unknown} one
 * @param {unknown} other
 */
export function isSame(one, other) {
  if (
    typeof one === "string" &&
    typeof other === "string" &&
    /^\d{4}-\d\d-\d\dT/.test(one) &&
    /^\d{4}-\d\d-\d\dT/.test(other)
  ) {
    return Math.floor(Date.parse(one) / 1000) === Math.floor(Date.parse(other) / 1000);
  }
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

/**
 * Gives what was typed and is not as it was seen: only that is sent, so that nobody sets back what others have set.
 * @param {Record<string, unknown>} seen
 * @param {Record<string, unknown>} typed
 */
export function changesOf(seen, typed) {
  return Object.fromEntries(Object.entries(typed).filter(([name, value]) => !isSame(seen[name], value)));
}

/**
 * @typedef {object} Conflict one setting that somebody else has changed since it was seen
 * @property {string} name
 * @property {unknown} before as it was seen
 * @property {unknown} now as they left it
 * @property {unknown} mine as it is in the form
 * @property {boolean} isTyped whether somebody has typed there, if only to set it back
 */

/**
 * Gives the settings that somebody else has changed.
 * @param {Record<string, unknown>} seen
 * @param {Record<string, unknown>} now
 * @param {Record<string, unknown>} typed
 * @param {Set<string>} [touched] names of settings that were typed before
 * @returns {Conflict[]}
 */
export function conflictsOf(seen, now, typed, touched = new Set()) {
  return Object.keys(typed)
    .filter((name) => name in now && !isSame(seen[name], now[name]))
    .map((name) => {
      const isTyped = touched.has(name) || !isSame(seen[name], typed[name]);
      return { name, before: seen[name], now: now[name], mine: typed[name], isTyped };
    });
}

/**
 * Gives theirs of the settings in which nothing was typed, before the conflict or since: what stays when mine is saved.
 * @param {Conflict[]} conflicts
 * @param {Record<string, unknown>} typed as the form is now
 */
export function stayingOf(conflicts, typed) {
  return theirsOf(conflicts.filter(({ name, mine, isTyped }) => !isTyped && isSame(mine, typed[name])));
}

/** Gives the settings as somebody else has left them. @param {Conflict[]} conflicts */
export const theirsOf = (conflicts) => Object.fromEntries(conflicts.map(({ name, now }) => [name, now]));
