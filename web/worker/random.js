/** @file Bytes from the platform's cryptographic source, which exists outside secure contexts too. */

/** What each byte is written as: with every call of Python's, 64 of them are. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * @param {number} byteCount
 * @returns {string} lower-case hexadecimal digits, two a byte
 */
export function randomHex(byteCount) {
  let digits = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(byteCount))) {
    digits += DIGITS[byte];
  }
  return digits;
}
