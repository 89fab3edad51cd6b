/**
 * Lists of numbered entries, newest first, of which more and more is opened: alerts, tries, the audit log.
 *
 * The server gives such a list a version, which is that of all its pages: as long as it is the same, asking for the first
 * page, in vain, is all that it takes to be up to date.
 */
import { button } from "./parts.js";

/**
 * @template {{ number: number }} T
 */
export class Opened {
  /**
   * @param {Pick<import("./desk.js").Desk, "api" | "again">} desk
   * @param {string} path of the list
   * @param {number} limit entries for each page
   * @param {(fresh: T[]) => boolean} [isKept] whether older entries stay as they are where these came; none do by default
   */
  constructor(desk, path, limit, isKept = () => false) {
    this.desk = desk;
    this.path = path;
    this.limit = limit;
    this.isKept = isKept;
    this.pages = 1;
    this.isMore = false;
    /** @type {T[]} what is open, of one version of the list or (no tag) of several */
    this.rows = [];
    /** @type {string | null} */
    this.tag = null;
  }

  /** Reads what is open and not as it was. */
  async read() {
    const first = await this.desk.api.get(`${this.path}?limit=${this.limit}`, this.tag);
    if (!first.isSame) this.begin(first);
    while (this.isMore && this.rows.length < this.pages * this.limit) {
      const last = this.rows.at(-1);
      const more = await this.desk.api.get(`${this.path}?limit=${this.limit}&before=${last?.number}`);
      this.rows = [...this.rows, ...more.data];
      this.isMore = more.data.length === this.limit;
      // It has changed while it was read: all of it is read next time.
      if (more.tag !== this.tag) this.tag = null;
    }
    return this.rows;
  }

  /** Takes a first page, and what is older from before where that cannot have changed. @param {Answer} first */
  begin({ data, tag }) {
    const top = this.rows[0]?.number;
    const joint = data.findIndex((/** @type {T} */ { number }) => number === top);
    const isJoined = joint >= 0 && this.tag !== null && this.isKept(data.slice(0, joint));
    const older = isJoined ? this.rows.filter(({ number }) => number < data.at(-1).number) : [];
    const all = [...data, ...older];
    if (older.length === 0) this.isMore = data.length === this.limit;
    // As much as is open, however much comes while somebody looks.
    this.rows = all.slice(0, this.pages * this.limit);
    this.isMore ||= all.length > this.rows.length;
    this.tag = tag;
  }

  /** Makes the button that opens one page more. @param {import("./live.js").Panel} panel that shows them */
  more(panel) {
    const press = () => {
      this.pages += 1;
      this.desk.again(panel);
    };
    return button("Show more", press, { "data-key": "more" });
  }
}

/** @typedef {import("./api.js").Answer} Answer */
