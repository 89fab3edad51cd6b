/** A page of devices as a table, whose boxes choose what is to be released. */
import { element } from "../demo/dom.js";
import { itemOf, keptIn, openDevice } from "./device-parts.js";
import { button, tableHead } from "./parts.js";
import { mayBeReleased } from "./release.js";
import { when } from "./words.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./devices.js").Device} Device
 */

/**
 * Makes the table.
 * @param {Desk} desk
 * @param {Device[]} devices
 * @param {Set<string>} chosen UUIDs of those that are chosen; boxes change it
 * @param {() => void} hasChosen called after that
 */
export function deviceTable(desk, devices, chosen, hasChosen) {
  const head = tableHead([
    "Release",
    "UUID",
    "Name",
    ["First seen", "wide-only"],
    "Last seen",
    ["Kept in", "mid-only"],
    ["Item", "wide-only"],
  ]);
  const rows = devices.map((device) => rowOf(desk, device, chosen, hasChosen));
  return element("table", {}, head, element("tbody", {}, ...rows));
}

/** @param {Desk} desk @param {Device} device @param {Set<string>} chosen @param {() => void} hasChosen */
function rowOf(desk, device, chosen, hasChosen) {
  const { deviceUuid, friendlyName, firstSeen, lastSeen } = device;
  const box = element("input", {
    type: "checkbox",
    "aria-label": `Release ${deviceUuid}`,
    "data-key": `box ${deviceUuid}`,
    disabled: !mayBeReleased(device) || !desk.mayChange,
  });
  box.checked = chosen.has(deviceUuid);
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(deviceUuid);
    else chosen.delete(deviceUuid);
    row.classList.toggle("is-picked", box.checked);
    hasChosen();
  });
  const show = button(deviceUuid.slice(0, 8), () => openDevice(desk, device), {
    class: "link-button code",
    title: deviceUuid,
    "data-key": deviceUuid,
  });
  const now = desk.now();
  const row = element(
    "tr",
    { class: box.checked ? "is-picked" : "" },
    element("td", {}, element("label", { class: "box" }, box)),
    element("th", { scope: "row" }, show),
    element("td", {}, friendlyName ?? element("span", { class: "small" }, "No name")),
    element("td", { class: "wide-only" }, when(firstSeen, now)),
    element("td", {}, when(lastSeen, now)),
    element("td", { class: "mid-only" }, keptIn(device)),
    element("td", { class: "wide-only" }, itemOf(device)),
  );
  return row;
}
