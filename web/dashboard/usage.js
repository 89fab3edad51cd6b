/** Usage over time by symbology, as bars and as a table; and what needs a look. */
import { element, icon, rebuild } from "../demo/dom.js";
import { BarChart } from "./chart.js";
import { looksOf } from "./looks.js";
import { card, nothing, tableHead } from "./parts.js";
import { RANGES, spanOf, timeText } from "./place.js";
import { barsOf } from "./series.js";
import { counted, number, shortDay } from "./words.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {import("./series.js").Usage} Usage
 * @typedef {import("./series.js").Bars} Bars
 */

/** A month is read in some milliseconds, a year in some more. */
const EVERY_MS = { "24h": 5_000, "7d": 5_000, "30d": 5_000, "12m": 15_000 };

/**
 * Makes both panels, which one read fills.
 * @param {Desk} desk
 */
export function makeUsage(desk) {
  const { code, range } = desk.place;
  const chart = new BarChart();
  const table = element("div", {
    class: "table-frame usage-table",
    hidden: true,
    tabindex: "0",
    role: "region",
    "aria-label": "Scans as a table",
  });
  const legend = element("ul", { class: "legend" });
  const empty = nothing(`No scans in ${RANGES[range].words}.`);
  const made = card("Scans", { words: "UTC", actions: [choice(chart.element, table)] });
  made.body.append(legend, element("div", { class: "chart-place" }, chart.element, table), empty);
  const looks = card("Needs a look");
  const list = element("ul", { class: "looks" });
  looks.body.append(list);

  async function refresh() {
    if (!code) return;
    const { fromMs, by } = spanOf(range, desk.now());
    const query = `handshake=${encodeURIComponent(code)}&by=${by}&from=${timeText(fromMs)}&show=scans`;
    const usage = /** @type {Usage} */ ((await desk.api.get(`/v1/admin/usage?${query}`)).data);
    const bars = barsOf(usage, range, fromMs, desk.now());
    made.aside.textContent = `per ${bars.unit}, ${shortDay(fromMs)} to ${shortDay(desk.now())}, UTC`;
    empty.hidden = usage.scans > 0;
    const shown = JSON.stringify(bars);
    if (chart.canvas.dataset.shown !== shown) {
      chart.canvas.dataset.shown = shown;
      chart.draw(bars);
    }
    rebuild(legend, JSON.stringify(bars.series), () => bars.series.map(key));
    rebuild(table, shown, () => [tableOf(bars)]);
    const found = looksOf(usage, range);
    rebuild(list, JSON.stringify(found), () => looksList(desk, found));
  }
  const panel = { element: made.element, everyMs: EVERY_MS[range], refresh, close: () => chart.close() };
  return { panel, looks: looks.element };
}

/** @param {HTMLElement} chart @param {HTMLElement} table */
function choice(chart, table) {
  const group = element("div", { class: "segments", role: "group", "aria-label": "Show as" });
  for (const name of ["Chart", "Table"]) {
    const press = element(
      "button",
      { class: "button", type: "button", "aria-pressed": String(name === "Chart") },
      name,
    );
    press.addEventListener("click", () => {
      chart.hidden = name === "Table";
      table.hidden = name === "Chart";
      for (const one of group.children) one.setAttribute("aria-pressed", String(one === press));
    });
    group.append(press);
  }
  return group;
}

/** @param {import("./series.js").Series} series */
function key({ name, color, total }) {
  const swatch = element("span", { class: `swatch series-${color}`, "aria-hidden": "true" });
  return element(
    "li",
    {},
    swatch,
    element("span", { class: "small" }, name),
    " ",
    element("strong", {}, number(total)),
  );
}

/** @param {Bars} bars */
function tableOf({ unit, labels, totals, series }) {
  const columns = /** @type {(string | [string, string])[]} */ ([
    unit[0]?.toUpperCase() + unit.slice(1),
    .../** @type {[string, string][]} */ (series.map(({ name }) => [name, "end"])),
    ["All", "end"],
  ]);
  const rows = labels.map((label, place) => {
    const cells = [...series.map(({ values }) => values[place] ?? 0), totals[place] ?? 0];
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, place === labels.length - 1 ? `${label}, so far` : label),
      ...cells.map((count) => element("td", { class: "end" }, number(count))),
    );
  });
  return element("table", {}, tableHead(columns), element("tbody", {}, ...rows.reverse()));
}

/**
 * @param {Desk} desk
 * @param {import("./looks.js").Look[]} looks
 */
function looksList(desk, looks) {
  if (looks.length) return looks.map((look) => lookRow(desk, look));
  const words = "Nothing. All devices are seated, none was refused, and all reports came.";
  return [element("li", { class: "small look" }, icon("check"), words)];
}

/** @param {Desk} desk @param {import("./looks.js").Look} look */
function lookRow(desk, { count, noun, time, words, which }) {
  const [first = "", ...rest] = noun.split(" ");
  const title = [counted(count, first), ...rest].join(" ");
  const name = which ? desk.link("devices", title, { which }) : element("strong", {}, title);
  if (which) name.setAttribute("data-key", which);
  return element(
    "li",
    { class: "look" },
    icon("warning"),
    element("div", {}, name, element("span", { class: "small" }, `, ${time}`), element("p", { class: "hint" }, words)),
  );
}
