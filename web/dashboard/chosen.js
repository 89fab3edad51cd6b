/** Devices that an operator chose: they stay chosen, whatever the list shows, until they are unchosen or gone. */
import { mayBeReleased } from "./release.js";
import { counted } from "./words.js";

/**
 * @typedef {object} Shown what a list of devices shows
 * @property {Pick<import("./devices.js").Device, "deviceUuid" | "seated" | "unseated">[]} rows in order of UUIDs
 * @property {string} path what was asked for
 * @property {string | null} next the path of the next page; null where there is none
 * @property {boolean} isComplete whether it was read to its end, and not only as far as the server has looked by now
 */

/**
 * Gives those of some devices that are known to be gone: released, or in a list of all devices no more.
 * @param {Iterable<string>} chosen
 * @param {Shown} shown
 */
export function goneOf(chosen, shown) {
  const listed = new Map(shown.rows.map((device) => [device.deviceUuid, device]));
  return [...chosen].filter((uuid) => {
    const device = listed.get(uuid);
    return device === undefined ? wouldList(shown, uuid) : !mayBeReleased(device);
  });
}

/**
 * Tells whether a device would be in the list if there were one. A search for a name, or for a kind, leaves out others.
 * @param {Shown} shown
 * @param {string} uuid
 */
function wouldList({ rows, path, next, isComplete }, uuid) {
  const query = new URLSearchParams(path.slice(path.indexOf("?")));
  if (!isComplete || ["search", "unseated", "oddity"].some((name) => query.has(name))) return false;
  const after = query.get("after")?.split("/").at(-1) ?? "";
  const last = next === null ? uuid : (rows.at(-1)?.deviceUuid ?? "");
  return uuid.startsWith(query.get("uuid") ?? "") && uuid > after && uuid <= last;
}

/** How many names a sentence has room for. */
const MOST_NAMED = 5;

/**
 * Says which of the chosen devices are not in sight, for whoever is about to release them; nothing where all are.
 * @param {Iterable<string>} chosen
 * @param {Shown["rows"]} rows
 */
export function awayWords(chosen, rows) {
  const listed = new Set(rows.map(({ deviceUuid }) => deviceUuid));
  const away = [...chosen].filter((uuid) => !listed.has(uuid));
  if (away.length === 0) return "";
  const names = away.slice(0, MOST_NAMED).map((uuid) => uuid.slice(0, 8));
  const more = away.length > MOST_NAMED ? " and others" : "";
  return `${counted(away.length, "chosen device")} not in this list: ${names.join(", ")}${more}.`;
}
