/** @file One tracker as the shell knows it. */

/**
 * `awaited` is how many answers are on their way; `turn` is there where other tabs have runtimes of their own;
 * `needsConsent` says that it may not go on where the person has deleted what was stored. `foretold` is what pages are
 * told as soon as the commit under way is on disk.
 *
 * @typedef {object} Seat
 * @property {string} id
 * @property {string} handshakeCode
 * @property {boolean} needsConsent
 * @property {ReturnType<typeof setTimeout> | undefined} timer
 * @property {AbortController} gone
 * @property {number} awaited
 * @property {import("./flush_turn.js").FlushTurn | undefined} turn
 * @property {import("./shell.js").Command[]} foretold
 */

/**
 * @param {string} id
 * @param {{ handshakeCode: string, consent?: string }} options that its page gave
 * @returns {Seat}
 */
export function newSeat(id, { handshakeCode, consent }) {
  const needsConsent = consent === "required";
  return {
    id,
    handshakeCode,
    needsConsent,
    timer: undefined,
    gone: new AbortController(),
    awaited: 0,
    turn: undefined,
    foretold: [],
  };
}

/**
 * @param {string} options JSON text, as its page gave them
 * @returns {boolean} whether a tracker of these may go on only as long as the person agrees
 */
export function needsConsent(options) {
  return JSON.parse(options).consent === "required";
}
