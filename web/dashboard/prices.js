/** What charge ways would have cost: exact decimals, and prices that stay in this browser. */

const KEY = "prices";
const DECIMAL = /^(\d{1,9})(?:[.,](\d{1,6}))?$/;
const PLACES = 6;

/** @typedef {Record<string, string>} Prices what each way's unit costs, as it was typed */

/**
 * Gives a price in millionths; null for what is none.
 * @param {string | undefined} text
 */
export function parsePrice(text) {
  const found = DECIMAL.exec((text ?? "").trim());
  return found ? BigInt(found[1] ?? "") * 1_000_000n + BigInt((found[2] ?? "").padEnd(PLACES, "0")) : null;
}

/**
 * Gives what a count costs, exactly: "4,560.00", with more places only where they matter.
 * @param {number} count
 * @param {bigint} price in millionths
 */
export function costText(count, price) {
  const cost = BigInt(count) * price;
  const whole = (cost / 1_000_000n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const places = (cost % 1_000_000n)
    .toString()
    .padStart(PLACES, "0")
    .replace(/0{1,4}$/, "");
  return `${whole}.${places}`;
}

/**
 * Names the ways that would have cost the least; none as long as there is nothing to compare.
 * @param {{ name: string, counted: number }[]} ways
 * @param {Prices} prices
 */
export function cheapest(ways, prices) {
  const costs = ways.flatMap(({ name, counted }) => {
    const price = parsePrice(prices[name]);
    return price === null ? [] : [{ name, cost: BigInt(counted) * price }];
  });
  if (costs.length < 2) return [];
  const [least] = costs.map(({ cost }) => cost).sort((a, b) => (a < b ? -1 : 1));
  return costs.filter(({ cost }) => cost === least).map(({ name }) => name);
}

/** @returns {Prices} */
export function keptPrices() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return kept !== null && typeof kept === "object" ? kept : {};
  } catch {
    return {}; // storage may be forbidden; prices then last as long as the page
  }
}

/** @param {Prices} prices */
export function keepPrices(prices) {
  try {
    localStorage.setItem(KEY, JSON.stringify(prices));
  } catch {
    // see keptPrices()
  }
}
