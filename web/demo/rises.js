/** How much each charge way has counted since a page first showed it, whoever brought it. */

/** @typedef {import("./types.js").Counted} Counted */

export class Rises {
  /** What there was of each code when it was first told. @type {Map<string, Map<string, number>>} */
  #first = new Map();

  /**
   * Today's figures cannot be compared with earlier ones: a new day (UTC) begins with none, and devices are the most
   * at once. So scans are those of all time, and devices those that there are now.
   * @param {Counted} counted
   * @returns {Map<string, number | null>} by the way's name, below 0 where there are fewer; null where nobody knows
   */
  take(counted) {
    const now = new Map(counted.ways.map((way) => [way.name, standOf(way, counted)]));
    const first = this.#first.get(counted.handshakeCode) ?? new Map();
    this.#first.set(counted.handshakeCode, first);
    for (const [name, stand] of now) if (stand !== null && !first.has(name)) first.set(name, stand);
    return new Map([...now].map(([name, stand]) => [name, stand === null ? null : stand - first.get(name)]));
  }
}

/** @param {import("./types.js").CountedWay} way @param {Counted} counted @returns {number | null} */
function standOf({ chargeWay, atEnd }, { scans }) {
  return chargeWay === "per_scan" ? scans : atEnd;
}
