/** What is said of one device: where it keeps its queue, where it sits, its report streams. */
import { element, icon } from "../demo/dom.js";
import { openDialog } from "./ask.js";
import { failureWords } from "./desk.js";
import { nothing, scrollable, tableHead } from "./parts.js";
import { KEPT_IN, number, when } from "./words.js";

/**
 * @typedef {import("./devices.js").Device} Device
 *
 * @typedef {object} Stream
 * @property {string} streamId
 * @property {number} lastSeq
 * @property {string} lastSeen
 * @property {number} missingReports
 * @property {number} shiftedReports
 * @property {number} clampedReports
 */

/** @param {Device} device */
export function keptIn(device) {
  const words = KEPT_IN[device.storage] ?? device.storage;
  const odd = device.cloned ? "Copied" : device.partitioned ? "Iframe" : device.storage === "memory" ? words : "";
  return odd ? element("span", { class: "odd" }, icon("warning"), odd) : words;
}

/** @param {Device} device */
export const itemOf = (device) =>
  device.licenseId !== null
    ? element("code", {}, device.licenseId)
    : device.unseated
      ? element("span", { class: "odd" }, icon("warning"), "No seat")
      : "Released";

/**
 * @param {Device & { streams: Stream[] }} device
 * @param {number} nowMs
 */
function detailOf(device, nowMs) {
  const facts = [
    ["UUID", element("code", {}, device.deviceUuid)],
    ["Seat", itemOf(device)],
    ["Kept in", keptIn(device)],
    ["First seen", when(device.firstSeen, nowMs)],
    ["Last seen", when(device.lastSeen, nowMs)],
    ["Removed", device.seated ? `${when(device.removalTime, nowMs)}, unless it is seen` : "No seat now"],
    ["Scans", number(device.scans)],
  ];
  const list = element("dl", { class: "facts" });
  for (const [name, value] of facts)
    list.append(element("div", {}, element("dt", {}, name ?? ""), element("dd", {}, value ?? "")));
  const head = tableHead(["Stream", ["Reports", "end"], "Last report", ["Missing", "end"], ["Wrong clock", "end"]]);
  const rows = device.streams.map((stream) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, element("code", {}, stream.streamId.slice(0, 8))),
      element("td", { class: "end" }, number(stream.lastSeq)),
      element("td", {}, when(stream.lastSeen, nowMs)),
      element("td", { class: "end" }, number(stream.missingReports)),
      element("td", { class: "end" }, number(stream.shiftedReports + stream.clampedReports)),
    ),
  );
  const table = element("table", {}, head, element("tbody", {}, ...rows));
  return [list, rows.length ? scrollable("Report streams", table) : nothing("No report yet.")];
}

/**
 * Shows one device with its streams.
 * @param {import("./desk.js").Desk} desk
 * @param {Device} device
 */
export async function openDevice(desk, device) {
  const body = element("div", {}, nothing("Reading the device."));
  const close = element("button", { class: "button", type: "button" }, "Close");
  const dialog = openDialog(
    device.friendlyName ?? "Device",
    [body, element("div", { class: "actions" }, close)],
    "wide",
  );
  close.addEventListener("click", () => dialog.close());
  try {
    const path = `/v1/admin/devices/${device.deviceUuid}?handshake=${encodeURIComponent(device.handshakeCode)}`;
    const { data } = await desk.api.get(path);
    body.replaceChildren(...detailOf(data, desk.now()));
  } catch (error) {
    body.replaceChildren(nothing(failureWords(error)));
  }
}
