/** @file The errors that an app meets. */

/**
 * Base of every error of dlt-web in the page.
 *
 * Codes of the page itself: `LOAD_FAILED`, `LOAD_TIMEOUT`, `OPTION_CONFLICT`, `SCAN_INVALID`, `TRACKER_CLOSED`; others
 * come from the tracker (see the table of error codes in README.md).
 */
export class TrackerError extends Error {
  /** @override */
  name = "TrackerError";

  /**
   * @param {string} code stable, upper-case name for programs
   * @param {string} message one or two sentences for people
   */
  constructor(code, message) {
    super(message);
    /**
     * Stable, upper-case name for programs.
     *
     * @type {string}
     * @readonly
     */
    this.code = code;
  }
}

/** The license does not permit this; `code` is the server's problem code or `LICENSE_TOKEN_EXPIRED`. */
export class LicenseError extends TrackerError {
  /** @override */
  name = "LicenseError";
}

/**
 * @param {string} name class name of the error in the tracker
 * @param {string} code
 * @param {string} message
 * @returns {TrackerError}
 */
export function errorNamed(name, code, message) {
  return name === "LicenseError" ? new LicenseError(code, message) : new TrackerError(code, message);
}
