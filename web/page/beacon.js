/**
 * @file The last word of a page that goes away: workers die before they can send, so the page holds ready what is to
 * be sent. Every copy of a report is harmless, so nobody waits for an answer.
 */

/** @typedef {{ url: string, body: Record<string, unknown> }} BeaconRequest */

/** Holds requests and sends each held list once. */
export class Beacon {
  /** @type {BeaconRequest[]} */
  #held = [];

  /** @param {BeaconRequest[]} requests they replace those held before */
  hold(requests) {
    this.#held = requests;
  }

  /** Sends what is held. */
  send() {
    for (const { url, body } of this.#held.splice(0)) {
      // A string goes out as text/plain, which needs no preflight: a page that leaves gets no answer to one.
      const text = JSON.stringify({ ...body, sentAt: new Date().toISOString() });
      if (!navigator.sendBeacon?.(url, text)) {
        const options = { method: "POST", body: text, keepalive: true, credentials: /** @type {const} */ ("omit") };
        fetch(url, options).catch(() => {
          // The reports are on disk and go out with the next visit.
        });
      }
    }
  }
}
