/**
 * @file Whether the person has agreed to be counted. Until then nothing is loaded, stored or sent; when it is taken back,
 * all that was stored is deleted, in every tab.
 */

import { TrackerError } from "./errors.js";
import { loadEngine } from "./load.js";
import { ignorable } from "./promises.js";
import { randomName } from "./random.js";

/** @typedef {import("./shared.js").SharedTracker} SharedTracker */
/** @typedef {import("./state.js").ConsentState} ConsentState */

/** @type {Set<string>} codes that were granted in this page load: closing a tracker takes nothing back */
const granted = new Set();

/** @type {Set<Consent>} of the page's trackers that need one */
const consents = new Set();

/** @type {BroadcastChannel | undefined} on which tabs tell each other that it was taken back */
let tabs;

/** @type {Promise<unknown>} */
let erasing = Promise.resolve();

/** @returns {Promise<unknown>} once nothing is being deleted any more */
export function erased() {
  return erasing;
}

/** The consent to one handshake code, in this page load. */
export class Consent {
  /** @type {ConsentState} */
  state = "not-required";
  #key;
  #tracker;

  /**
   * @param {SharedTracker} tracker
   * @param {string} key of its handshake code
   * @param {boolean} isRequired
   */
  constructor(tracker, key, isRequired) {
    this.#tracker = tracker;
    this.#key = key;
    if (isRequired) {
      this.state = granted.has(key) ? "granted" : "required";
      consents.add(this);
    }
  }

  /** Whether nothing may be done yet, or any more. */
  get isMissing() {
    return this.state === "required" || this.state === "revoked";
  }

  /** Says that the person has agreed: counting begins. */
  grant() {
    if (this.isMissing) {
      tabs ??= listenToTabs();
      granted.add(this.#key);
      this.#become("granted");
      this.#tracker.begin();
    }
  }

  /**
   * Says that the person takes it back: deletes the device's id, what waits to be sent, and all else that is stored.
   *
   * @returns {Promise<{ discardedScans: number }>}
   */
  revoke() {
    if (this.state === "not-required") {
      const why = 'revoke() needs a tracker with consent: "required".';
      return ignorable(Promise.reject(new TrackerError("OPTION_INVALID", why)));
    }
    consents.add(this); // a tracker that was closed as well: its worker may still have what it counted
    const discardedScans = this.#tracker.state.pending.scans;
    const revocation = randomName();
    const ended = Promise.all(withdrawAll(revocation));
    (tabs ?? openChannel())?.postMessage(revocation);
    const done = Promise.all([loadEngine(), ended]).then(([{ eraseAll }]) => eraseAll());
    erasing = done.catch(() => {});
    return ignorable(done.then(() => ({ discardedScans })));
  }

  /**
   * It was taken back, here or in another tab, or the site's data was deleted.
   *
   * @param {string} [revocation] names the taking back; nothing where the worker told of it, and has ended the tracker
   * @returns {Promise<unknown> | undefined} settles once nothing of it goes on
   */
  withdraw(revocation) {
    granted.delete(this.#key);
    const ended = this.state === "granted" ? this.#tracker.stop(revocation) : undefined;
    if (this.state !== "revoked") {
      this.#become("revoked");
    }
    return ended;
  }

  /** The tracker has ended. */
  leave() {
    consents.delete(this);
  }

  /** @param {ConsentState} state */
  #become(state) {
    this.state = state;
    this.#tracker.notify("consent", { state });
  }
}

const CHANNEL = "dlt-web consent";

/** @param {string} revocation */
function withdrawAll(revocation) {
  granted.clear();
  return [...consents].map((consent) => consent.withdraw(revocation));
}

function listenToTabs() {
  const channel = openChannel();
  if (channel) {
    channel.onmessage = ({ data }) => withdrawAll(data);
  }
  return channel;
}

/** @returns {BroadcastChannel | undefined} nothing where the browser has none, or forbids it with the page's storage */
function openChannel() {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    // Other tabs hear of it from the worker that they share.
  }
}
