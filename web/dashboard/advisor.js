/** The license advisor: what each charge way would have counted, side by side, with prices that stay in this browser. */
import { element, rebuild, setText } from "../demo/dom.js";
import { dayOfMost, drawCourse } from "./course.js";
import { card, nothing, scrollable, tableHead } from "./parts.js";
import { RANGES, spanOf, timeText } from "./place.js";
import { cheapest, costText, keepPrices, keptPrices, parsePrice } from "./prices.js";
import { counted, day, NOUNS, number, shortDay } from "./words.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {object} Way
 * @property {string} name
 * @property {string} chargeWay
 * @property {number | null} deviceLifetimeDays
 * @property {number} counted
 * @property {number | null} atEnd
 * @property {number} asked
 * @property {{ refusalPercent: number, quota: number, refused: number }[]} quotas
 * @property {number[]} [days] what was counted on each day; only where it was asked for
 *
 * @typedef {object} Advice
 * @property {string} from
 * @property {string} to
 * @property {string[]} chargeWays
 * @property {Way[]} ways
 * @property {number} refusedAuthorizations
 * @property {string[]} unknown
 */

const EVERY_MS = 15_000;

/** @type {Record<string, string>} */
const NAMES = {
  scan: "Per scan",
  "device-366": "Per device, 366 days",
  "device-90": "Per device, 90 days",
  "concurrent-device": "Concurrent device",
};

/** @type {Record<string, import("./course.js").Course["kind"]>} */
const KINDS = { per_scan: "scan", per_device: "device", concurrent_device: "concurrent_device" };

/** @param {string} way */
const nameOf = (way) => NAMES[way] ?? way;

/** What the overview shows, in its order. */
const SHOWN = ["device-366", "concurrent-device", "scan"];

/**
 * Gives what the overview shows of the ways, in its order.
 * @template {Pick<Way, "name">} T
 * @param {T[]} ways
 * @returns {T[]}
 */
export const orderOf = (ways) => SHOWN.flatMap((name) => ways.filter((way) => way.name === name));

/**
 * Says what is counted; of a peak also the day, where days are told.
 * @param {Pick<Way, "chargeWay" | "counted" | "days">} way
 * @param {number} fromMs when the first day begins
 */
export function unitOf({ chargeWay, counted: count, days }, fromMs) {
  if (chargeWay !== "concurrent_device") return `${NOUNS[chargeWay]}${count === 1 ? "" : "s"}`;
  const peak = days === undefined ? null : dayOfMost({ days, fromMs, kind: chargeWay });
  return peak === null ? "at the peak" : `at the peak, ${peak}`;
}

/** @param {Desk} desk @param {boolean} hasDays */
async function read(desk, hasDays) {
  const { code, range } = desk.place;
  const { fromMs } = spanOf(range, desk.now());
  const query = `handshake=${encodeURIComponent(code)}&from=${timeText(fromMs)}${hasDays ? "&days=true" : ""}`;
  const { data } = await desk.api.get(`/v1/admin/advice?${query}`);
  return /** @type {Advice} */ (data);
}

/**
 * Makes the small panel of the overview.
 * @param {Desk} desk
 */
export function makeAdvisorCard(desk) {
  const made = card("License advisor");
  const list = element("ul", { class: "ways" });
  const words = element("p", { class: "small way-words" });
  const foot = element("div", { class: "card-foot" }, desk.link("advisor", "Add your prices"));
  made.body.append(list, words, foot);
  async function refresh() {
    if (!desk.place.code) return;
    const advice = await read(desk, true);
    made.aside.textContent = timeWords(desk.place.range, advice);
    rebuild(list, JSON.stringify(advice), () => orderOf(advice.ways).map((way) => summary(way, advice)));
    setText(words, comparedWords(advice.ways));
  }
  return { element: made.element, everyMs: EVERY_MS, refresh };
}

/**
 * Says of which time the counts are: the advisor goes by whole days of UTC, of which 24 hours touch two.
 * @param {import("./place.js").RangeName} range
 * @param {Pick<Advice, "from" | "to">} advice
 */
export function timeWords(range, { from, to }) {
  if (range !== "24h") return `same ${RANGES[range].name}`;
  const [first, last] = [shortDay(Date.parse(from)), shortDay(Date.parse(to) - 1)];
  return first === last ? `${last}, UTC` : `${first} and ${last}, UTC`;
}

/**
 * Sets the counts of the charge ways beside each other, in words; nothing where no device was seen.
 * @param {Pick<Way, "name" | "counted">[]} ways
 */
export function comparedWords(ways) {
  const of = (/** @type {string} */ name) => ways.find((way) => way.name === name)?.counted ?? 0;
  const devices = of("device-366");
  const active = of("concurrent-device");
  if (devices === 0) return "";
  const peak = `At most ${number(active)} of ${counted(devices, "device")} ${active === 1 ? "was" : "were"} active at once.`;
  return `${peak} A device made ${counted(Math.round(of("scan") / devices), "scan")} on average.`;
}

/** @param {Way} way @param {Advice} advice */
function summary(way, { chargeWays, from }) {
  const fromMs = Date.parse(from);
  const kind = KINDS[way.chargeWay] ?? "scan";
  const isCharged = chargeWays.includes(way.chargeWay);
  return element(
    "li",
    { class: "way" },
    element(
      "div",
      {},
      element("p", { class: "way-name" }, nameOf(way.name), chargedNow(way, chargeWays)),
      element("p", {}, ...countOf(way, fromMs, "way-count")),
    ),
    drawCourse({ days: way.days ?? [], fromMs, kind }, isCharged),
  );
}

/**
 * Makes the whole page.
 * @param {Desk} desk
 */
export function makeAdvisor(desk) {
  const page = new Advisor(desk);
  return { panel: page.panel, layout: page.layout };
}

class Advisor {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.prices = keptPrices();
    /** @type {Advice | null} */
    this.advice = null;
    this.frame = element("div", { class: "table-frame" });
    this.verdict = element("p", { class: "verdict", role: "status" });
    this.quotas = scrollable("Quotas");
    this.sentences = element("ul", { class: "sentences" });
    this.made = card("What each charge way would have counted");
    const quotas = card("Which quota would have sufficed", { words: "if so many of all askings may be refused" });
    const unknown = card("What these figures cannot tell");
    this.made.body.append(this.frame, this.verdict);
    quotas.body.append(this.quotas);
    unknown.body.append(this.sentences);
    this.panel = { element: this.made.element, everyMs: EVERY_MS, refresh: () => this.refresh() };
    this.layout = [this.made.element, quotas.element, unknown.element];
  }

  async refresh() {
    if (!this.desk.place.code) {
      this.frame.replaceChildren(nothing("No handshake code yet. Add an item, then a code for it."));
      return;
    }
    this.advice = await read(this.desk, false);
    const { ways, from, to, chargeWays, unknown } = this.advice;
    this.made.aside.textContent = `${day(Date.parse(from))} to ${day(Date.parse(to) - 1)}, UTC`;
    rebuild(this.frame, JSON.stringify([ways, chargeWays]), () => [
      wayTable({ ways, chargeWays, fromMs: Date.parse(from) }, (way) => this.priceField(way)),
    ]);
    rebuild(this.quotas, JSON.stringify(ways), () => [quotaTable(ways)]);
    rebuild(this.sentences, JSON.stringify(unknown), () => unknown.map((text) => element("li", {}, text)));
    this.showCosts();
  }

  /** @param {Way} way */
  priceField({ name }) {
    const field = element("input", {
      class: "field price",
      inputmode: "decimal",
      "aria-label": `Price of one, ${nameOf(name)}`,
      "data-key": `price ${name}`,
      maxlength: 16,
    });
    field.value = this.prices[name] ?? "";
    field.addEventListener("input", () => {
      this.prices[name] = field.value;
      const isWrong = field.value.trim() !== "" && parsePrice(field.value) === null;
      field.setAttribute("aria-invalid", String(isWrong));
      field.title = isWrong ? "A price is digits, with up to six places: 0.035" : "";
      keepPrices(this.prices);
      this.showCosts();
    });
    return field;
  }

  showCosts() {
    if (!this.advice) return;
    const least = cheapest(this.advice.ways, this.prices);
    for (const way of this.advice.ways) {
      const price = parsePrice(this.prices[way.name]);
      const place = this.frame.querySelector(`[data-cost="${way.name}"]`);
      const text = price === null ? "–" : costText(way.counted, price);
      place?.replaceChildren(text, least.includes(way.name) ? element("span", { class: "pill ok" }, "Least") : "");
    }
    this.verdict.textContent = least.length
      ? `${least.map(nameOf).join(" and ")} would have cost the least over this time.`
      : "Type two prices or more to compare. They stay in this browser.";
  }
}

/**
 * @param {{ ways: Way[], chargeWays: string[], fromMs: number }} advice
 * @param {(way: Way) => HTMLElement} priceField
 */
function wayTable({ ways, chargeWays, fromMs }, priceField) {
  const head = tableHead([
    "Charged by",
    ["Counted", "end"],
    ["At the end", "end mid-only"],
    ["Asked", "end mid-only"],
    "Price each",
    ["Cost", "end"],
  ]);
  const rows = ways.map((way) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, nameOf(way.name), chargedNow(way, chargeWays)),
      element("td", { class: "end" }, ...countOf(way, fromMs)),
      element("td", { class: "end mid-only" }, way.atEnd === null ? "–" : number(way.atEnd)),
      element("td", { class: "end mid-only" }, counted(way.asked, "time")),
      element("td", {}, priceField(way)),
      element("td", { class: "end", "data-cost": way.name }),
    ),
  );
  return element("table", {}, head, element("tbody", {}, ...rows));
}

/** @param {Way} way @param {string[]} chargeWays */
const chargedNow = (way, chargeWays) =>
  chargeWays.includes(way.chargeWay) ? element("span", { class: "charged" }, "charged now") : "";

/** @param {Way} way @param {number} fromMs @param {string} [className] of the figure */
const countOf = (way, fromMs, className = "") => [
  element("strong", { class: className }, number(way.counted)),
  " ",
  element("span", { class: "small" }, unitOf(way, fromMs)),
];

/** @param {Way[]} ways */
function quotaTable(ways) {
  const rates = ways[0]?.quotas.map(({ refusalPercent }) => refusalPercent) ?? [];
  const columns = /** @type {[string, string][]} */ (
    rates.map((rate) => [rate === 0 ? "None refused" : `${rate} % refused`, "end"])
  );
  const rows = ways.map((way) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, nameOf(way.name)),
      ...way.quotas.map(({ quota }) => element("td", { class: "end" }, number(quota))),
    ),
  );
  return element("table", {}, tableHead(["Charged by", ...columns]), element("tbody", {}, ...rows));
}
