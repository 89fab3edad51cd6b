/**
 * The list of what was read: one row for each barcode, newest count first, never reordered by a sighting. The only
 * place of the page that shows a barcode's text.
 */
import { byId, element, icon, setText, svg } from "./dom.js";
import { number } from "./words.js";

/** @typedef {import("./types.js").Sighting} Sighting */
/** @typedef {import("./types.js").Read} Read */
/** @typedef {"counted" | "duplicate" | "uncounted"} Kind */

/** Half of what a screen can show is enough; who scans faster sees the newest. */
const MOST_ROWS = 5;
/** How long a fresh count stays marked as one. */
const FRESH_MS = 1200;
const TINT_MS = 600;
const LEFT_AFTER_MS = 600;
const FADES_AFTER_MS = 10_000;
/** The transition in results.css, and a little more. */
const FADING_MS = 300;
/** A ring of 36 px moves less than two pixels in this time; to draw it more often only takes time from the reader. */
const STEP_MS = 50;
/** With reduced motion the ring moves in steps. */
const CALM_STEP_MS = 500;

/**
 * @typedef {object} Row
 * @property {string} key
 * @property {string} symbology
 * @property {"video" | "image"} source
 * @property {number} countedAt -Infinity where it never counted
 * @property {number} seenAt
 * @property {number} seen how often
 * @property {number | null} forgetsAt
 * @property {boolean} isUncounted
 * @property {Map<string, Read>} readings the latest of each reader
 * @property {{ item: HTMLElement, meta: HTMLElement, stamp: HTMLElement, ring: Element | null }} parts
 */

export class Results {
  #why;
  /** @type {Row[]} newest first */
  #rows = [];
  #counted = 0;
  #duplicates = 0;
  /** The rows of one image's barcodes, those that are no longer shown, too. @type {Map<string, Row[]>} */
  #ofImage = new Map();
  /** @type {{ ms: number, mode: string }} */
  #window = { ms: 3000, mode: "sliding" };
  #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #isTicking = false;
  #list = byId("rows");
  #nothing = byId("nothing");
  #tally = byId("tally");

  /** @param {(readings: Read[]) => void} why called where somebody wants to know which barcode one is */
  constructor(why) {
    this.#why = why;
  }

  /** @param {{ ms: number, mode: string }} window how long the tracker remembers */
  setWindow(window) {
    this.#window = window;
    this.clear();
  }

  /** Forgets the rows, not the totals: the tracker behind them is a new one. */
  clear() {
    this.#rows = [];
    this.#list.replaceChildren();
    this.#nothing.hidden = false;
  }

  /**
   * Says why the list is empty, where it is.
   * @param {string} words what to do next
   * @param {string} [title] by default as the list itself stands
   */
  setNothing(words, title = this.#counted + this.#duplicates ? "Nothing in the picture" : "Nothing read yet") {
    const text = `${title}\n${words}`;
    if (this.#nothing.dataset.text === text) return;
    this.#nothing.dataset.text = text;
    this.#nothing.replaceChildren(element("strong", {}, title), element("span", { class: "small" }, words));
  }

  /**
   * Takes in one frame's barcodes.
   * @param {Sighting[]} sightings
   * @param {number} time of the frame
   * @param {"video" | "image"} source
   * @returns {Kind[]} how each is shown
   */
  take(sightings, time, source) {
    this.#ofImage = new Map();
    const kinds = sightings.map((sighting) => this.#takeOne(sighting, time, source));
    this.tally(sightings.map(({ verdict }) => verdict));
    this.#nothing.hidden = this.#rows.length > 0;
    this.#tick();
    return kinds;
  }

  /**
   * Adds to the totals alone, for what was counted by a tracker whose rows are gone.
   * @param {Sighting["verdict"][]} verdicts
   */
  tally(verdicts) {
    this.#counted += verdicts.filter(isCounted).length;
    this.#duplicates += verdicts.filter((verdict) => verdict?.duplicate).length;
    setText(this.#tally, `${number(this.#counted)} counted, ${number(this.#duplicates)} duplicates`);
  }

  /** @param {Sighting} sighting @param {number} time @param {"video" | "image"} source @returns {Kind} */
  #takeOne({ barcode, verdict }, time, source) {
    const symbology = verdict?.symbology ?? barcode.format;
    const key = barcode.key ?? "";
    const isNew = isCounted(verdict);
    let row =
      source === "video"
        ? this.#rows.find((one) => one.key === key && one.source === source)
        : this.#ofImage.get(key)?.find(({ readings }) => !readings.has(barcode.reader));
    if (!row || (isNew && time - row.countedAt > FRESH_MS)) {
      if (row) this.#drop(row);
      row = this.#add(key, symbology, barcode, source, row);
    }
    row.readings.set(barcode.reader, barcode);
    row.seen += 1;
    row.seenAt = time;
    row.isUncounted = verdict === null || verdict.unlicensed === true;
    row.forgetsAt = verdict ? verdict.forgetsAt : null;
    if (isNew) row.countedAt = time;
    if (row.isUncounted) return "uncounted";
    return time - row.countedAt < FRESH_MS ? "counted" : "duplicate";
  }

  /**
   * @param {string} key
   * @param {string} symbology
   * @param {Read} barcode
   * @param {"video" | "image"} source
   * @param {Row} [before] of the same barcode, which it takes the place of
   */
  #add(key, symbology, { text }, source, before) {
    const readings = before?.readings ?? new Map();
    const meta = element("span", { class: "hint" });
    const stamp = element("span", { class: "stamp" });
    const remembers = source === "video" && this.#window.mode !== "off" && this.#window.ms > 0;
    const ring = remembers ? ringElement() : null;
    const what = element("button", { class: "what", type: "button", "aria-haspopup": "dialog" });
    what.append(element("code", { class: "text", title: text, dir: "auto" }, text), meta);
    what.addEventListener("click", () => this.#why([...readings.values()]));
    const item = element(
      "li",
      { class: "row is-new" },
      what,
      stamp,
      ring ?? (source === "image" ? icon("image") : element("span")),
    );
    /** @type {Row} */
    const row = {
      key,
      symbology,
      source,
      countedAt: Number.NEGATIVE_INFINITY,
      seenAt: 0,
      seen: before?.seen ?? 0,
      forgetsAt: null,
      isUncounted: false,
      readings,
      parts: { item, meta, stamp, ring },
    };
    if (source === "image") this.#ofImage.set(key, [...(this.#ofImage.get(key) ?? []), row]);
    this.#rows.unshift(row);
    this.#list.prepend(item);
    while (this.#rows.length > MOST_ROWS) this.#drop(this.#rows[this.#rows.length - 1]);
    return row;
  }

  /** @param {Row} row */
  #drop(row) {
    this.#rows.splice(this.#rows.indexOf(row), 1);
    row.parts.item.remove();
  }

  #tick() {
    if (this.#isTicking) return;
    this.#isTicking = true;
    let shownAt = 0;
    const step = () => {
      const now = performance.now();
      if (!this.#calm.matches && now - shownAt < STEP_MS) {
        requestAnimationFrame(step);
        return;
      }
      shownAt = now;
      for (const row of [...this.#rows]) {
        if (hasFaded(row, now)) this.#drop(row);
        else this.#show(row, now);
      }
      this.#nothing.hidden = this.#rows.length > 0;
      if (!this.#rows.some((row) => isChanging(row, now))) {
        this.#isTicking = false;
      } else if (this.#calm.matches) {
        setTimeout(step, CALM_STEP_MS);
      } else {
        requestAnimationFrame(step);
      }
    };
    step();
  }

  /** @param {Row} row @param {number} now */
  #show(row, now) {
    const { item, meta, stamp, ring } = row.parts;
    const isForgotten = row.forgetsAt !== null && now >= row.forgetsAt;
    const isFresh = now - row.countedAt < FRESH_MS;
    const kind = kindOf(row, isFresh, isForgotten);
    if (stamp.dataset.kind !== kind) {
      stamp.dataset.kind = kind;
      stamp.className = `stamp ${kind}`;
      stamp.textContent = STAMPS[kind];
    }
    setText(meta, `${row.symbology} · ${metaOf(row, now, isFresh, isForgotten)}`);
    item.classList.toggle("is-fresh", now - row.countedAt < TINT_MS);
    item.classList.toggle("is-counted", isFresh);
    item.classList.toggle("is-forgotten", isForgotten);
    item.classList.toggle("is-leaving", isForgotten && now - (row.forgetsAt ?? now) > FADES_AFTER_MS);
    if (ring) showRing(ring, row, now, this.#window);
  }
}

/** @param {Sighting["verdict"]} verdict */
function isCounted(verdict) {
  return verdict !== null && !verdict.duplicate && !verdict.unlicensed;
}

const STAMPS = { counted: "+1 Counted", duplicate: "Duplicate", forgotten: "Forgotten", uncounted: "Not counted" };

/** @param {Row} row @param {boolean} isFresh @param {boolean} isForgotten @returns {keyof typeof STAMPS} */
function kindOf(row, isFresh, isForgotten) {
  if (row.isUncounted) return "uncounted";
  if (isForgotten) return "forgotten";
  if (isFresh || row.source === "image") return row.countedAt > 0 ? "counted" : "duplicate";
  return row.seenAt > row.countedAt ? "duplicate" : "counted";
}

/** @param {Row} row @param {number} now @param {boolean} isFresh @param {boolean} isForgotten */
function metaOf(row, now, isFresh, isForgotten) {
  if (row.isUncounted) return "no license";
  const by = row.readings.size > 1 ? ` by ${row.readings.size} readers` : "";
  if (row.source === "image") return `from an image${by && `, read${by}`}`;
  if (isForgotten) return "counts if seen again";
  if (isFresh && row.seen < 2) return "new";
  if (now - row.seenAt > LEFT_AFTER_MS) return "left the picture";
  return row.seen === 1 ? "seen once" : `seen ${number(row.seen)} times${by}`;
}

/** @param {Row} row @param {number} now */
function isChanging(row, now) {
  if (now - row.countedAt < FRESH_MS || now - row.seenAt <= LEFT_AFTER_MS + CALM_STEP_MS) return true;
  return row.forgetsAt !== null && Number.isFinite(row.forgetsAt);
}

/** @param {Row} row @param {number} now */
function hasFaded({ forgetsAt }, now) {
  return forgetsAt !== null && now - forgetsAt > FADES_AFTER_MS + FADING_MS;
}

function ringElement() {
  const circle = { cx: "18", cy: "18", r: "15", pathLength: "100" };
  return svg(
    "svg",
    { class: "ring", viewBox: "0 0 36 36", "aria-hidden": "true" },
    svg("circle", { ...circle, class: "track" }),
    svg("circle", { ...circle, class: "rest", "stroke-dasharray": "100", transform: "rotate(-90 18 18)" }),
    svg("text", { x: "18", y: "18.5" }),
  );
}

/** Draws what is left of the memory: a closed ring is all of it. @param {Element} ring @param {Row} row @param {number} now @param {{ ms: number }} window */
function showRing(ring, row, now, window) {
  const [, rest, text] = ring.children;
  if (row.forgetsAt === null) {
    rest.setAttribute("stroke-dashoffset", "0");
    setText(text, "");
    return;
  }
  const left = Math.max(0, row.forgetsAt - now);
  const part = Math.min(1, left / window.ms);
  rest.setAttribute("stroke-dashoffset", (100 - part * 100).toFixed(2));
  const seconds = left / 1000;
  setText(text, left === 0 ? "" : seconds < 10 ? seconds.toFixed(1) : String(Math.ceil(seconds)));
}
