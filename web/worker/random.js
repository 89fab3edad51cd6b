/** @file Bytes from the platform's cryptographic source, which exists outside secure contexts too. */

/**
 * @param {number} byteCount
 * @returns {string} lower-case hexadecimal digits, two a byte
 */
export function randomHex(byteCount) {
  const bytes = crypto.getRandomValues(new Uint8Array(byteCount));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
