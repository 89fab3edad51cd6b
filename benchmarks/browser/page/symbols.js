/** @file What a barcode reader hands over: plain results, each of a text of its own. */

const FORMATS = ["qr_code", "ean_13", "code_128", "data_matrix"];

/**
 * @param {number} count
 * @param {number} from number of the last one's text; texts are numbered downwards from it
 */
export function symbols(count, from) {
  return Array.from({ length: count }, (_, at) => {
    const number = from - at;
    const format = FORMATS[((number % FORMATS.length) + FORMATS.length) % FORMATS.length];
    const text = number > 0 ? String(number).padStart(13, "0") : `in view ${-number}`;
    return { format, text };
  });
}
