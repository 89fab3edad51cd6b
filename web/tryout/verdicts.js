/** The list of what was read: a row for each barcode with the tracker's last verdict on it, and the reason. */

import { byId, element, setText } from "../demo/dom.js";
import { number, counted as words } from "../demo/words.js";
import { reasonOf } from "./reasons.js";

/** @typedef {import("../demo/types.js").Read} Read */
/** @typedef {import("../demo/types.js").Verdict} Verdict */
/** @typedef {import("./reasons.js").Memory} Memory */
/** @typedef {"counted" | "duplicate" | "uncounted"} Kind */

const MOST_ROWS = 6;
/** A reason that names times is another one with each frame; nobody reads that fast. */
const REASON_EVERY_MS = 500;
const STAMPS = { counted: "+1 Counted", duplicate: "Duplicate", uncounted: "Not counted" };

/**
 * @typedef {object} Row
 * @property {number | null} seenAt on the stream, ms
 * @property {number | null} countedAt on the stream, ms
 * @property {number} counts
 * @property {number} duplicates
 * @property {Kind | null} kind
 * @property {number} saidAt
 * @property {Read} reading
 * @property {{ item: HTMLElement, meta: HTMLElement, stamp: HTMLElement, why: HTMLElement }} parts
 */

export class Verdicts {
  #ask;
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Memory} */
  #memory = { forgetTimeMs: 0, mode: "off" };
  #totals = { counts: 0, duplicates: 0 };

  /** @param {(readings: Read[]) => void} ask called where somebody wants to know which barcode one is */
  constructor(ask) {
    this.#ask = ask;
  }

  /** Begins anew: the tracker is another one, which remembers nothing. @param {Memory} memory what it was told */
  restart(memory) {
    this.#memory = memory;
    this.#rows.clear();
    this.#totals = { counts: 0, duplicates: 0 };
    setText(byId("tally"), "");
    byId("verdicts").replaceChildren();
    byId("no-verdicts").hidden = false;
  }

  /**
   * Takes in the verdicts on one picture.
   * @param {{ barcodes: Read[], verdicts: (Verdict | null)[], time: number, source: "video" | "image", refusal: string | null }} judged
   * @returns {Kind[]}
   */
  take({ barcodes, verdicts, time, source, refusal }) {
    const kinds = barcodes.map((barcode, at) => {
      const verdict = verdicts[at] ?? null;
      const kind = kindOf(verdict);
      const row = this.#rowOf(barcode, kind);
      const { seenAt, countedAt } = row;
      const reason = reasonOf({ verdict, source, time, seenAt, countedAt }, this.#memory, refusal);
      this.#note(row, kind, { time, source });
      this.#show(row, kind, `${verdict?.symbology ?? barcode.format} · `, reason);
      return kind;
    });
    const { counts, duplicates } = this.#totals;
    setText(byId("tally"), `${number(counts)} counted, ${words(duplicates, "duplicate")}`);
    byId("no-verdicts").hidden = this.#rows.size > 0;
    return kinds;
  }

  /** @param {Row} row @param {Kind} kind @param {{ time: number, source: "video" | "image" }} frame */
  #note(row, kind, { time, source }) {
    if (kind === "counted") {
      row.counts += 1;
      this.#totals.counts += 1;
    } else if (kind === "duplicate") {
      row.duplicates += 1;
      this.#totals.duplicates += 1;
    }
    if (source === "image" || kind === "uncounted") return; // no stream remembers it
    row.seenAt = time;
    if (kind === "counted") row.countedAt = time;
  }

  /** @param {Read} barcode @param {Kind} kind @returns {Row} */
  #rowOf(barcode, kind) {
    const key = barcode.key ?? barcode.text;
    let row = this.#rows.get(key);
    if (!row) {
      row = this.#newRow(barcode);
      this.#rows.set(key, row);
    } else if (kind === "counted") {
      byId("verdicts").prepend(row.parts.item); // newest count first; a sighting moves nothing
    }
    row.reading = barcode;
    return row;
  }

  /** @param {Read} barcode @returns {Row} */
  #newRow(barcode) {
    const meta = element("span", { class: "hint" });
    const stamp = element("span", { class: "stamp" });
    const why = element("p", { class: "small why" });
    const what = element("button", { class: "what", type: "button", "aria-haspopup": "dialog" });
    what.append(element("code", { title: barcode.text, dir: "auto" }, barcode.text), meta);
    const item = element("li", { class: "verdict" }, what, stamp, why);
    const parts = { item, meta, stamp, why };
    /** @type {Row} */
    const row = {
      seenAt: null,
      countedAt: null,
      counts: 0,
      duplicates: 0,
      kind: null,
      saidAt: 0,
      reading: barcode,
      parts,
    };
    what.addEventListener("click", () => this.#ask([row.reading]));
    const list = byId("verdicts");
    list.prepend(item);
    while (list.children.length > MOST_ROWS) list.lastElementChild?.remove();
    return row;
  }

  /** @param {Row} row @param {Kind} kind @param {string} symbology @param {string} reason */
  #show(row, kind, symbology, reason) {
    const { item, meta, stamp, why } = row.parts;
    if (!item.isConnected) byId("verdicts").prepend(item);
    setText(meta, `${symbology}${number(row.counts)} counted, ${words(row.duplicates, "duplicate")}`);
    const now = performance.now();
    if (row.kind === kind && now - row.saidAt < REASON_EVERY_MS) return;
    row.kind = kind;
    row.saidAt = now;
    stamp.className = `stamp ${kind}`;
    setText(stamp, STAMPS[kind]);
    setText(why, reason);
  }
}

/** @param {Verdict | null} verdict @returns {Kind} */
function kindOf(verdict) {
  if (verdict === null || verdict.unlicensed) return "uncounted";
  return verdict.duplicate ? "duplicate" : "counted";
}
