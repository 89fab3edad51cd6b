/**
 * @file The last word of a page that goes away: workers die before they can send, so the page holds ready what is to
 * be sent. Every copy of a report is harmless, so nobody waits for an answer.
 */

/** @typedef {{ url: string, body: Record<string, unknown> }} BeaconRequest */

/** Holds requests and sends a list once each time that the page goes away. */
export class Beacon {
  /** @type {BeaconRequest[]} */
  #held = [];
  #isSent = false;

  /** @param {BeaconRequest[]} requests they replace those held before */
  hold(requests) {
    this.#held = requests;
    this.#isSent = false;
  }

  /** The page is back: what was sent may not have arrived, so it may be sent again. */
  shown() {
    this.#isSent = false;
  }

  /** Sends what is held, unless that was done since the page was last seen. */
  send() {
    if (this.#isSent) {
      return;
    }
    this.#isSent = true;
    for (const { url, body } of this.#held) {
      // A string goes out as text/plain, which needs no preflight: a page that leaves gets no answer to one.
      sendAway(url, JSON.stringify({ ...body, sentAt: new Date().toISOString() }));
    }
  }
}

/**
 * `sendBeacon` only where `fetch` cannot outlive the page: it cannot leave out cookies and the page's address. Where
 * `fetch` fails (too much is on its way already, or the network is gone) the reports go out with the next visit.
 *
 * @param {string} url
 * @param {string} text
 */
function sendAway(url, text) {
  /** @type {RequestInit} */
  const options = {
    method: "POST",
    body: text,
    keepalive: true,
    credentials: "omit",
    referrerPolicy: "no-referrer",
  };
  if ("keepalive" in Request.prototype) {
    fetch(url, options).catch(() => {});
  } else {
    navigator.sendBeacon?.(url, text);
  }
}
