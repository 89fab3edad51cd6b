/**
 * What the stand-in does with each report of a request, by the rules of the license server's `booking.py`, and held to
 * the same test vectors. It knows no clock offset: server and browser are the same machine here.
 */

/** @typedef {Record<string, number>} Counts */

/**
 * @typedef {object} Report as a tracker sends it
 * @property {string} id
 * @property {number} seq
 * @property {number} version
 * @property {string} slot
 * @property {Counts} counts
 * @property {Counts} [lost]
 */

/** @typedef {{ seq: number, version: number, isInvalid: true }} InvalidReport its neighbours are booked */

/** @typedef {{ seq: number, version: number, outcome: "accepted" | "duplicate" | "rejected", code?: string }} Result */

/**
 * A stream's row: all that is known of it is its last report.
 * @typedef {Required<Report> & { missingNumbers: number }} Stream
 */

/** @typedef {{ counts: Counts, lost: Counts }} Addition */

/**
 * Decides each report of a request in order.
 * @param {Stream | null} stream its row, where it has one
 * @param {(Report | InvalidReport)[]} entries
 * @returns {{ results: Result[], stream: Stream | null, additions: Addition[], isConflict: boolean }}
 */
export function book(stream, entries) {
  /** @type {Result[]} */
  const results = [];
  /** @type {Addition[]} */
  const additions = [];
  let isConflict = false;
  for (const entry of entries) {
    /** @type {ReturnType<typeof decide>} */
    const outcome = isConflict ? "REPORT_CONFLICT" : decide(stream, entry);
    if (outcome === "duplicate") {
      results.push({ seq: entry.seq, version: entry.version, outcome });
    } else if (typeof outcome === "string") {
      isConflict = outcome === "REPORT_CONFLICT";
      results.push({ seq: entry.seq, version: entry.version, outcome: "rejected", code: outcome });
    } else {
      stream = outcome.stream;
      additions.push(outcome.addition);
      results.push({ seq: entry.seq, version: entry.version, outcome: "accepted" });
    }
  }
  return { results, stream, additions, isConflict };
}

/**
 * @param {Stream | null} stream
 * @param {Report | InvalidReport} entry
 * @returns {"duplicate" | "REPORT_CONFLICT" | "REPORT_INVALID" | { stream: Stream, addition: Addition }}
 */
function decide(stream, entry) {
  if ("isInvalid" in entry) return "REPORT_INVALID";
  const report = { ...entry, lost: entry.lost ?? {} };
  if (stream === null || report.seq > stream.seq) {
    const skipped = report.seq - (stream?.seq ?? 0) - 1;
    const opened = { ...report, missingNumbers: (stream?.missingNumbers ?? 0) + skipped };
    return { stream: opened, addition: { counts: report.counts, lost: report.lost } };
  }
  if (report.seq < stream.seq) return "duplicate";
  if (report.id !== stream.id) return "REPORT_CONFLICT";
  if (report.version < stream.version) return "duplicate";
  const counts = growth(stream.counts, report.counts);
  const lost = growth(stream.lost, report.lost);
  if (report.version === stream.version) {
    const isSame = counts && lost && total(counts) + total(lost) === 0;
    return isSame ? "duplicate" : "REPORT_CONFLICT";
  }
  if (!counts || !lost || report.slot !== stream.slot) return "REPORT_CONFLICT";
  return { stream: { ...stream, ...report, missingNumbers: stream.missingNumbers }, addition: { counts, lost } };
}

/**
 * @param {Counts} before
 * @param {Counts} after
 * @returns {Counts | null} what `after` has more; null where a number shrank
 */
function growth(before, after) {
  if (Object.entries(before).some(([name, number]) => (after[name] ?? 0) < number)) return null;
  const grown = Object.entries(after).map(([name, number]) => [name, number - (before[name] ?? 0)]);
  return Object.fromEntries(grown.filter(([, number]) => number !== 0));
}

/** @param {Counts} left @param {Counts} right @returns {Counts} */
export function sum(left, right) {
  const added = { ...left };
  for (const [name, number] of Object.entries(right)) added[name] = (added[name] ?? 0) + number;
  return added;
}

/** @param {Counts} counts */
export const total = (counts) => Object.values(counts).reduce((all, number) => all + number, 0);
