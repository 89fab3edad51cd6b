/** What the page asks of the server that it came from: settings, what the license server has counted, the purge. */

/** @typedef {import("./types.js").Counted} Counted */
/** @typedef {import("./types.js").DemoConfig} DemoConfig */

const EVERY_MS = 1000;

/** @returns {Promise<DemoConfig>} */
export async function demoConfig() {
  const answer = await fetch("/demo/config.json");
  if (!answer.ok) throw new Error(`The demo's settings were answered ${answer.status}.`);
  return answer.json();
}

/** Asks each second what was counted; a page in the background asks nothing. */
export class CountedFeed extends EventTarget {
  /** @type {Counted | null} */
  counted = null;
  /** @type {number | null} since when there is no answer, epoch ms */
  staleSince = null;
  #handshakeCode = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #turn = 0;
  /** @type {number} epoch ms of the last answer */
  #answeredAt = 0;

  constructor() {
    super();
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.refresh();
    });
  }

  /** @param {string} handshakeCode */
  watch(handshakeCode) {
    if (handshakeCode !== this.#handshakeCode) this.counted = null;
    this.#handshakeCode = handshakeCode;
    this.refresh();
  }

  /** Asks now. */
  refresh() {
    clearTimeout(this.#timer);
    void this.#ask(++this.#turn);
  }

  /** @param {number} turn */
  async #ask(turn) {
    try {
      const query = new URLSearchParams({ handshakeCode: this.#handshakeCode });
      const answer = await fetch(`/demo/state?${query}`, { signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      const counted = await answer.json();
      if (turn !== this.#turn) return;
      this.counted = counted;
      this.#answeredAt = Date.now();
      this.staleSince = null;
    } catch {
      if (turn !== this.#turn) return;
      this.staleSince ??= this.#answeredAt || Date.now();
    }
    this.dispatchEvent(new Event("change"));
    clearTimeout(this.#timer);
    if (document.visibilityState === "visible") this.#timer = setTimeout(() => this.refresh(), EVERY_MS);
  }
}

/**
 * Has the browser delete all that this origin keeps. The server notes which device that was, so that every open page
 * can show the old one as purged.
 * @param {string | null} deviceUuid
 */
export async function purgeSiteData(deviceUuid) {
  const answer = await post("/demo/purge", { deviceUuid });
  await answer.text(); // the browser deletes before it hands over the body
}

/**
 * Frees the seat of the device that was seen longest ago.
 * @param {string} handshakeCode
 */
export async function freeSeat(handshakeCode) {
  await post("/demo/release", { handshakeCode });
}

/** @param {string} path @param {object} body */
async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`The demo's server answered ${answer.status} to ${path}.`);
  return answer;
}
