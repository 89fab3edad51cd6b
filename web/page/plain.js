/** @file Turns what an app handed over into JSON text without judging it. */

/**
 * Returns JSON text. What JSON cannot say is said as a text that names it, so that whoever refuses it can name it:
 * `NaN` becomes `"NaN"`, a function `"[function]"`.
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
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return String(value);
    case "function":
    case "symbol":
      return `[${typeof value}]`;
    default:
      return value;
  }
}
