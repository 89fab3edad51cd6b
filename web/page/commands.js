/** @file What the tracker in the worker commands its page, and how the page carries it out. */

import { errorNamed } from "./errors.js";

/** @typedef {{ type: string, [field: string]: any }} Command */
/** @typedef {import("./shared.js").SharedTracker} SharedTracker */
/** @typedef {import("./work.js").Work} Work */

/**
 * Every command for the page.
 *
 * @type {Record<string, (tracker: SharedTracker, command: any, work: Work) => void>}
 */
const CARRY_OUT = {
  Resolve: (_tracker, { call, value }, work) => work.take(call, value)?.resolve(value),
  Reject: (_tracker, { call, error, code, message }, work) => work.take(call)?.reject(errorNamed(error, code, message)),
  Mirror: (tracker, { state }) => tracker.mirror(state),
  Recount: (tracker, { scans, reports }) =>
    tracker.mirror({ ...tracker.state, pending: { ...tracker.state.pending, scans, reports } }),
  Notify: (tracker, { event, detail }) => tracker.notify(event, detail),
  HoldBeacon: (_tracker, { requests }, work) => work.beacon.hold(requests),
  ClaimCalls: (_tracker, _command, work) => work.claim(),
  AskToPersist: () => askToPersist(),
};

/**
 * @param {Work} work
 * @param {SharedTracker} tracker whose work it is
 * @param {Command[]} commands
 */
export function carryOut(work, tracker, commands) {
  for (const command of commands) {
    if (!Object.hasOwn(CARRY_OUT, command.type)) {
      throw new Error(`The worker commanded ${JSON.stringify(command.type)}, which this page does not know.`);
    }
    CARRY_OUT[command.type](tracker, command, work);
  }
}

/** Not awaited: Firefox settles this when the person has answered its question, which may be never. */
function askToPersist() {
  navigator.storage?.persist?.().catch((error) => console.warn("dlt-web: the browser keeps storage as before:", error));
}
