/** Lists of numbered entries, newest first, of which more and more is opened: alerts, tries, the audit log. */
import { button } from "./parts.js";

/**
 * @template {{ number: number }} T
 */
export class Opened {
  /**
   * @param {Pick<import("./desk.js").Desk, "api" | "again">} desk
   * @param {string} path of the list
   * @param {number} limit entries for each page
   */
  constructor(desk, path, limit) {
    this.desk = desk;
    this.path = path;
    this.limit = limit;
    this.pages = 1;
    this.isMore = false;
  }

  /** Reads what is open. */
  async read() {
    /** @type {T[]} */
    const rows = [];
    this.isMore = true;
    for (let page = 0; page < this.pages && this.isMore; page += 1) {
      const last = rows.at(-1);
      const query = `limit=${this.limit}${last ? `&before=${last.number}` : ""}`;
      const { data } = await this.desk.api.get(`${this.path}?${query}`);
      rows.push(...data);
      this.isMore = data.length === this.limit;
    }
    return rows;
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
