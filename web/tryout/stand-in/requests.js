/** Reads what a tracker says, trusting nothing: what is wrong is named by its field, as the license server does. */

/** @typedef {import("./books.js").Report} Report */
/** @typedef {import("./books.js").InvalidReport} InvalidReport */
/** @typedef {Record<string, unknown>} Fields */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const CODE = /^[!-~]{1,128}$/;
const SYMBOLOGY = /^(?=.{1,64}$)[a-z0-9]+(_[a-z0-9]+)*$/;
const REASON = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
const STORAGES = ["indexeddb", "memory", "file"];
const SLOT_MS = 180_000;
/** As many as a server that is to be asked by everybody takes at once. */
const MOST_REPORTS = 2000;
const MOST_COUNTED = 100_000_000;

/** What is wrong with a request. */
export class RequestError extends Error {
  /** @param {string} field @param {string} expected */
  constructor(field, expected) {
    super(`${field}: expected ${expected}`);
    this.field = field;
  }
}

/**
 * @param {unknown} body
 * @returns {{ code: string, device: string, storeEpoch: string | null }}
 * @throws {RequestError}
 */
export function readAuthorization(body) {
  const fields = objectOf(body, "");
  return {
    code: matching(fields, "handshakeCode", CODE, "1 to 128 printable ASCII characters"),
    device: matching(fields, "deviceUuid", UUID, "a lower-case UUID"),
    storeEpoch: optionalText(fields, "storeEpoch"),
  };
}

/**
 * @param {unknown} body
 * @returns {{ code: string, device: string, stream: string, reportToken: string | null, storeEpoch: string | null,
 *   entries: (Report | InvalidReport)[] }}
 * @throws {RequestError} of the request itself, or of the first report where none is valid
 */
export function readReports(body) {
  const fields = objectOf(body, "");
  const raw = fields.reports;
  if (!Array.isArray(raw)) throw new RequestError("reports", "a list");
  if (raw.length > MOST_REPORTS) throw new RequestError("reports", `at most ${MOST_REPORTS} reports`);
  const read = raw.map((report, index) => readEntry(report, `reports[${index}]`));
  const wrong = read.flatMap((one) => (one instanceof Refused ? [one] : []));
  if (raw.length && wrong.length === raw.length) throw wrong[0].error;
  const told = {
    code: matching(fields, "handshakeCode", CODE, "1 to 128 printable ASCII characters"),
    device: matching(fields, "deviceUuid", UUID, "a lower-case UUID"),
    stream: matching(fields, "streamId", UUID, "a lower-case UUID"),
    reportToken: optionalText(fields, "reportToken"),
    storeEpoch: optionalText(fields, "storeEpoch"),
  };
  if (!STORAGES.includes(/** @type {string} */ (fields.storage)))
    throw new RequestError("storage", STORAGES.join(", "));
  timeOf(fields, "sentAt", "");
  return { ...told, entries: read.map((one) => (one instanceof Refused ? one.entry : one)) };
}

/** A report that names its number and cannot be booked. */
class Refused {
  /** @param {InvalidReport} entry @param {RequestError} error */
  constructor(entry, error) {
    this.entry = entry;
    this.error = error;
  }
}

/** @param {unknown} body @param {string} path @returns {Report | Refused} */
function readEntry(body, path) {
  const fields = objectOf(body, path);
  const seq = numberOf(fields, "seq", path);
  const version = numberOf(fields, "version", path);
  try {
    const slotMs = timeOf(fields, "slot", path);
    if (slotMs % SLOT_MS) throw new RequestError(`${path}.slot`, "the start of a slot");
    const id = matching(fields, "id", UUID, "a lower-case UUID", path);
    const counts = countsOf(fields, "counts", SYMBOLOGY, path);
    const lost = fields.lost === undefined || fields.lost === null ? {} : countsOf(fields, "lost", REASON, path);
    return { id, seq, version, slot: new Date(slotMs).toISOString(), counts, lost };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return new Refused({ seq, version, isInvalid: true }, error);
  }
}

/** @param {unknown} value @param {string} field @returns {Fields} */
function objectOf(value, field) {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return /** @type {Fields} */ (value);
  throw new RequestError(field, "an object");
}

/** @param {Fields} fields @param {string} name @param {RegExp} form @param {string} what @param {string} [path] */
function matching(fields, name, form, what, path = "") {
  const value = fields[name];
  if (typeof value === "string" && form.test(value)) return value;
  throw new RequestError(placeOf(name, path), what);
}

/** @param {Fields} fields @param {string} name */
function optionalText(fields, name) {
  const value = fields[name] ?? null;
  if (value === null || (typeof value === "string" && value.length <= 120)) return value;
  throw new RequestError(name, "at most 120 characters");
}

/** @param {Fields} fields @param {string} name @param {string} path */
function numberOf(fields, name, path) {
  const value = fields[name];
  if (Number.isSafeInteger(value) && Number(value) >= 1) return Number(value);
  throw new RequestError(placeOf(name, path), "a whole number from 1");
}

/** @param {Fields} fields @param {string} name @param {string} path @returns {number} epoch ms */
function timeOf(fields, name, path) {
  const value = fields[name];
  const ms = typeof value === "string" && /T.*(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new RequestError(placeOf(name, path), "an RFC 3339 time");
}

/** @param {Fields} fields @param {string} name @param {RegExp} form @param {string} path */
function countsOf(fields, name, form, path) {
  const given = objectOf(fields[name], placeOf(name, path));
  for (const [key, value] of Object.entries(given)) {
    if (!form.test(key)) throw new RequestError(placeOf(name, path), "known names");
    const isCount = Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MOST_COUNTED;
    if (!isCount) throw new RequestError(`${placeOf(name, path)}.${key}`, "a number");
  }
  return Object.fromEntries(Object.entries(given).flatMap(([key, value]) => (value ? [[key, Number(value)]] : [])));
}

/** @param {string} name @param {string} path */
const placeOf = (name, path) => (path ? `${path}.${name}` : name);
