/** @file What the tracker in the worker commands its page, and how the page carries it out. */

import { errorNamed } from "./errors.js";

/** @typedef {{ type: string, [field: string]: any }} Command */
/** @typedef {import("./shared.js").SharedTracker} SharedTracker */

/**
 * Every command for the page.
 *
 * @type {Record<string, (tracker: SharedTracker, command: any) => void>}
 */
const CARRY_OUT = {
  Resolve: (tracker, { call, value }) => tracker.take(call, value)?.resolve(value),
  Reject: (tracker, { call, error, code, message }) => tracker.take(call)?.reject(errorNamed(error, code, message)),
  Mirror: (tracker, { state }) => tracker.mirror(state),
  Recount: (tracker, { scans, reports }) => tracker.recount(scans, reports),
  Notify: (tracker, { event, detail }) => tracker.notify(event, detail),
  HoldBeacon: (tracker, { requests }) => tracker.beacon?.hold(requests),
  AskToPersist: () => askToPersist(),
};

/**
 * @param {SharedTracker} tracker
 * @param {Command[]} commands
 */
export function carryOut(tracker, commands) {
  for (const command of commands) {
    if (!Object.hasOwn(CARRY_OUT, command.type)) {
      throw new Error(`The worker commanded ${JSON.stringify(command.type)}, which this page does not know.`);
    }
    CARRY_OUT[command.type](tracker, command);
  }
}

/** Not awaited: Firefox settles this when the person has answered its question, which may be never. */
function askToPersist() {
  navigator.storage?.persist?.().catch((error) => console.warn("dlt-web: the browser keeps storage as before:", error));
}
