/** @file What came of a request, as it is compared with what CPython says to it. */

/**
 * @param {(text: string) => string} call
 * @param {string} request
 * @returns {{ answer: string } | { error: string }} the text that came back, or the last line of what was thrown
 */
export function answered(call, request) {
  try {
    return { answer: call(request) };
  } catch (error) {
    return { error: /** @type {Error} */ (error).message.trim().split("\n").at(-1) ?? "" };
  }
}
