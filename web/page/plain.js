/** @file Turns what an app handed over into JSON text without judging it. */

/**
 * Returns JSON text. What JSON cannot say becomes an object that names it, which is neither number nor text to whoever
 * judges it, and can be named in the refusal: `NaN` becomes `{"number": "NaN"}`, a function `{"function": ""}`.
 *
 * @param {unknown} value
 * @returns {string}
 * @throws {TypeError} the value contains itself
 */
export function toJsonText(value) {
  return JSON.stringify(value, (_key, one) => sayable(one)) ?? "null";
}

/** @param {unknown} value */
function sayable(value) {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : { number: String(value) };
    case "bigint":
      return { bigint: String(value) };
    case "function":
    case "symbol":
      return { [typeof value]: "" };
    default:
      return value;
  }
}
