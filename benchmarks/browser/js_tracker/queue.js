/** @file What is counted and not yet acknowledged: numbered reports that grow while their slot lasts. */

export const SLOT_MS = 180_000;

/**
 * @typedef {object} Report
 * @property {string} stream
 * @property {string} id
 * @property {number} seq
 * @property {number} version
 * @property {number} slot
 * @property {Record<string, number>} counts scans per symbology
 * @property {number} acknowledged newest version that the server has answered; 0 for none
 */

/** The reports of a worker's own stream, and those that workers before it have left. */
export class ReportQueue {
  /** @type {Map<string, Report>} */
  #reports = new Map();
  #stream;
  #lastSeq = 0;
  #newId;

  /**
   * @param {string} stream of this worker: each numbers its own, so that no two give one number away
   * @param {Report[]} left
   * @param {() => string} newId
   */
  constructor(stream, left, newId) {
    this.#stream = stream;
    this.#newId = newId;
    for (const report of left) {
      this.#reports.set(keyOf(report), report);
    }
  }

  /**
   * @param {number} slot
   * @param {Record<string, number>} counts
   * @returns {Report} to be kept
   */
  book(slot, counts) {
    const newest = this.#reports.get(`${this.#stream}/${this.#lastSeq}`);
    const isOpen = newest?.slot === slot;
    this.#lastSeq += isOpen ? 0 : 1;
    /** @type {Report} */
    const report = isOpen
      ? { ...newest, version: newest.version + 1, counts: added(newest.counts, counts) }
      : { stream: this.#stream, id: this.#newId(), seq: this.#lastSeq, version: 1, slot, counts, acknowledged: 0 };
    this.#reports.set(keyOf(report), report);
    return report;
  }

  /** @returns {Report[]} those of one stream, oldest first; nothing when all is acknowledged */
  pending() {
    const waiting = [...this.#reports.values()].filter(({ version, acknowledged }) => acknowledged < version);
    return waiting.filter(({ stream }) => stream === waiting[0].stream).sort((left, right) => left.seq - right.seq);
  }

  /**
   * @param {Report[]} sent
   * @param {{ seq: number, version: number, outcome: string }[]} results
   * @returns {{ put: Report[], drop: Report[] }} what to keep and what to delete
   */
  acknowledge(sent, results) {
    /** @type {{ put: Report[], drop: Report[] }} */
    const change = { put: [], drop: [] };
    for (const { seq, version } of results) {
      const report = this.#reports.get(`${sent[0].stream}/${seq}`);
      if (report === undefined) {
        continue;
      }
      const isNewest = report.stream === this.#stream && report.seq === this.#lastSeq;
      if (isNewest || version < report.version) {
        const acknowledged = { ...report, acknowledged: Math.max(version, report.acknowledged) };
        this.#reports.set(keyOf(report), acknowledged);
        change.put.push(acknowledged);
      } else {
        this.#reports.delete(keyOf(report));
        change.drop.push(report);
      }
    }
    return change;
  }
}

/** @param {{ stream: string, seq: number }} report */
export function keyOf({ stream, seq }) {
  return `${stream}/${seq}`;
}

/**
 * @param {Record<string, number>} left
 * @param {Record<string, number>} right
 */
export function added(left, right) {
  const sum = { ...left };
  for (const [name, count] of Object.entries(right)) {
    sum[name] = (sum[name] ?? 0) + count;
  }
  return sum;
}
