/** Loads the module under test and gives errors a form that every browser driver can carry. */

const { Tracker, TrackerError, LicenseError } = await import("../dlt-web.js");

/** Gives `{value}` or `{error}` of a promise or of a function's return value. */
window.settle = async (work) => {
  try {
    return { value: (await (typeof work === "function" ? work() : work)) ?? null };
  } catch (error) {
    const isOurs = error instanceof TrackerError;
    const name = error instanceof LicenseError ? "LicenseError" : error.name;
    return { error: { isOurs, name, code: error.code, message: error.message } };
  }
};
window.Tracker = Tracker;
window.isReady = true;
