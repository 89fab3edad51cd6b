/** What operators have changed, newest first, page by page. */
import { element, icon, rebuild, setText } from "../demo/dom.js";
import { chainNotice, chainState, chainWords } from "./chain.js";
import { Opened } from "./opened.js";
import { card, nothing, pill } from "./parts.js";
import { when } from "./words.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {object} Entry
 * @property {number} number
 * @property {string} at
 * @property {string} actor
 * @property {string} action
 * @property {string} subject
 * @property {Record<string, unknown>} detail
 */

const EVERY_MS = 5_000;
const CHECKING_EVERY_MS = 1_000;

/** @type {Record<string, string>} */
const DONE = {
  "license.add": "Added item",
  "license.set": "Changed item",
  "license.revoke": "Revoked item",
  "handshake.add": "Added code",
  "handshake.set": "Changed code",
  "handshake.customer": "Changed the customer of code",
  "handshake.purpose": "Changed the purpose of code",
  "device.release": "Released device",
  "device.forget": "Erased a device",
  "devices.release": "Released devices",
  "admin-key.add": "Added key",
  "admin-key.rotate": "Replaced key",
  "admin-key.revoke": "Revoked key",
  "webhook.add": "Added webhook",
  "webhook.rotate": "Replaced the secret of webhook",
  "webhook.remove": "Removed webhook",
  "alerts.set": "Changed alert settings of",
  "alerts.test": "Sent a test to",
  "alert.replay": "Sent again alert",
  "keys.rotate": "Replaced the server's key",
  "keys.retire": "Retired the server's key",
  "statement.freeze": "Froze the statement of",
};

/**
 * Says what was done.
 * @param {Entry} entry
 */
export function titleOf({ action, subject }) {
  const name = subject === "*" ? "all" : subject;
  return Object.hasOwn(DONE, action) ? `${DONE[action]} ${name}` : `${action} ${name}`;
}

/**
 * Says with what, as settings and their values.
 * @param {Entry} entry
 */
export function detailWords({ detail }) {
  const shown = Object.entries(detail).map(
    ([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return shown.join(" · ");
}

/**
 * Gives the newest entry about one item or code: whatever was done to it, its settings are others since.
 * @param {Entry[]} entries newest first
 * @param {"license" | "handshake"} of
 * @param {string} id
 */
export const lastOf = (entries, of, id) =>
  entries.find(({ action, subject }) => subject === id && action.startsWith(`${of}.`));

/** The name of who did it, without the way in. @param {string} actor */
export const nameOf = (actor) => actor.replace(/^admin-key:/, "");

/**
 * Makes the panel.
 * @param {Desk} desk
 * @param {{ limit: number, isWhole: boolean }} options
 */
export function makeAudit(desk, { limit, isWhole }) {
  const held = element("div", { class: "chain" });
  const made = card("Audit log", { actions: [held] });
  const list = element("ol", { class: "entries" });
  const foot = element("div", { class: "card-foot" });
  const empty = nothing("Nothing was changed yet.");
  const broken = element("div", { class: "chain-notice" });
  // Beside the heading where there is room for it, and the pill.
  const checked = isWhole ? made.aside : element("p", { class: "small" });
  made.body.append(broken, list, empty, foot);
  /** @type {Opened<Entry>} */
  const opened = new Opened(desk, "/v1/admin/audit/latest", limit, isNoneRedacted);

  async function refresh() {
    const rows = await opened.read();
    showChain((await desk.api.get("/v1/admin/audit/chain")).data);
    empty.hidden = rows.length > 0;
    rebuild(list, JSON.stringify([rows, desk.minute()]), () => rows.map((entry) => row(desk, entry)));
    rebuild(foot, "", () => (isWhole ? [opened.more(panel)] : [desk.link("audit", "Whole audit log"), checked]));
    foot.hidden = isWhole && !opened.isMore;
  }

  /** @param {import("./chain.js").Chain} chain */
  function showChain(chain) {
    const state = chainState(chain);
    rebuild(held, state.word, () => [pill(state)]);
    setText(checked, chainWords(chain, isWhole));
    // While it is read for the first time, a piece for each look, it goes on sooner.
    panel.everyMs = chain.state === "checking" ? CHECKING_EVERY_MS : EVERY_MS;
    rebuild(broken, JSON.stringify([chain.breaks, chain.breakCount]), () => chainNotice(chain));
  }

  const panel = { element: made.element, everyMs: EVERY_MS, refresh };
  return panel;
}

/**
 * Entries stay as they were written, but for those that a forgotten device was named in.
 * @param {Entry[]} fresh
 */
const isNoneRedacted = (fresh) => fresh.every(({ action }) => action !== "device.forget");

/** @param {Desk} desk @param {Entry} entry */
function row(desk, entry) {
  const words = [nameOf(entry.actor), detailWords(entry)].filter(Boolean).join(" · ");
  return element(
    "li",
    { class: "entry rest" },
    icon("key"),
    element("div", {}, titleOf(entry), element("p", { class: "hint" }, words)),
    element("time", { datetime: entry.at }, when(entry.at, desk.now())),
  );
}
