/** The license advisor: what each charge way would have counted, side by side, with prices that stay in this browser. */
import { element, rebuild } from "../demo/dom.js";
import { card, nothing, scrollable, tableHead } from "./parts.js";
import { RANGES, spanOf, timeText } from "./place.js";
import { cheapest, costText, keepPrices, keptPrices, parsePrice } from "./prices.js";
import { counted, day, NOUNS, number } from "./words.js";

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

/** @param {Way} way */
export const unitOf = (way) =>
  way.chargeWay === "concurrent_device" ? "at the peak" : `${NOUNS[way.chargeWay]}${way.counted === 1 ? "" : "s"}`;

/** @param {Desk} desk */
async function read(desk) {
  const { code, range } = desk.place;
  const { fromMs } = spanOf(range, desk.now());
  const { data } = await desk.api.get(
    `/v1/admin/advice?handshake=${encodeURIComponent(code)}&from=${timeText(fromMs)}`,
  );
  return /** @type {Advice} */ (data);
}

/**
 * Makes the small panel of the overview.
 * @param {Desk} desk
 */
export function makeAdvisorCard(desk) {
  const made = card("License advisor", { words: `same ${RANGES[desk.place.range].name}` });
  const list = element("ul", { class: "ways" });
  const foot = element("div", { class: "card-foot" }, desk.link("advisor", "Add your prices"));
  made.body.append(list, foot);
  async function refresh() {
    if (!desk.place.code) return;
    const advice = await read(desk);
    const shown = advice.ways.filter(({ name }) => name !== "device-90");
    rebuild(list, JSON.stringify(advice), () => shown.map((way) => summary(way, advice)));
  }
  return { element: made.element, everyMs: EVERY_MS, refresh };
}

/** @param {Way} way @param {Advice} advice */
function summary(way, advice) {
  const isCharged = advice.chargeWays.includes(way.chargeWay);
  return element(
    "li",
    { class: "way" },
    element(
      "p",
      { class: "way-name" },
      NAMES[way.name] ?? way.name,
      isCharged ? element("span", { class: "charged" }, "charged now") : "",
    ),
    element(
      "p",
      {},
      element("strong", { class: "way-count" }, number(way.counted)),
      " ",
      element("span", { class: "small" }, unitOf(way)),
    ),
  );
}

/**
 * Makes the whole page.
 * @param {Desk} desk
 */
export function makeAdvisor(desk) {
  const made = card("What each charge way would have counted");
  const frame = element("div", { class: "table-frame" });
  const verdict = element("p", { class: "verdict", role: "status" });
  const quotas = card("Which quota would have sufficed", { words: "if so many of all askings may be refused" });
  const quotaFrame = scrollable("Quotas");
  const unknown = card("What these figures cannot tell");
  const sentences = element("ul", { class: "sentences" });
  made.body.append(frame, verdict);
  quotas.body.append(quotaFrame);
  unknown.body.append(sentences);
  const prices = keptPrices();
  /** @type {Advice | null} */
  let advice = null;

  function showCosts() {
    if (!advice) return;
    const least = cheapest(advice.ways, prices);
    for (const way of advice.ways) {
      const price = parsePrice(prices[way.name]);
      const place = frame.querySelector(`[data-cost="${way.name}"]`);
      const text = price === null ? "–" : costText(way.counted, price);
      place?.replaceChildren(text, least.includes(way.name) ? element("span", { class: "pill ok" }, "Least") : "");
    }
    const names = least.map((name) => NAMES[name] ?? name).join(" and ");
    verdict.textContent = least.length
      ? `${names} would have cost the least over this time.`
      : "Type two prices or more to compare. They stay in this browser.";
  }

  async function refresh() {
    if (!desk.place.code) {
      frame.replaceChildren(nothing("No handshake code yet. Add an item, then a code for it."));
      return;
    }
    advice = await read(desk);
    const { ways, from, to, chargeWays } = advice;
    made.aside.textContent = `${day(Date.parse(from))} to ${day(Date.parse(to) - 1)}, UTC`;
    rebuild(frame, JSON.stringify([ways, chargeWays]), () => [wayTable(ways, chargeWays, prices, showCosts)]);
    rebuild(quotaFrame, JSON.stringify(ways), () => [quotaTable(ways)]);
    rebuild(sentences, JSON.stringify(advice.unknown), () =>
      (advice?.unknown ?? []).map((text) => element("li", {}, text)),
    );
    showCosts();
  }
  const panel = { element: made.element, everyMs: EVERY_MS, refresh };
  return { panel, layout: [made.element, quotas.element, unknown.element] };
}

/**
 * @param {Way[]} ways
 * @param {string[]} chargeWays
 * @param {import("./prices.js").Prices} prices
 * @param {() => void} isChanged
 */
function wayTable(ways, chargeWays, prices, isChanged) {
  const head = tableHead([
    "Charged by",
    ["Counted", "end"],
    ["At the end", "end mid-only"],
    ["Asked", "end mid-only"],
    "Price each",
    ["Cost", "end"],
  ]);
  const rows = ways.map((way) => {
    const name = NAMES[way.name] ?? way.name;
    const field = element("input", {
      class: "field price",
      inputmode: "decimal",
      "aria-label": `Price of one, ${name}`,
      "data-key": `price ${way.name}`,
      maxlength: 16,
    });
    field.value = prices[way.name] ?? "";
    field.addEventListener("input", () => {
      prices[way.name] = field.value;
      const isWrong = field.value.trim() !== "" && parsePrice(field.value) === null;
      field.setAttribute("aria-invalid", String(isWrong));
      field.title = isWrong ? "A price is digits, with up to six places: 0.035" : "";
      keepPrices(prices);
      isChanged();
    });
    return element(
      "tr",
      {},
      element(
        "th",
        { scope: "row" },
        name,
        chargeWays.includes(way.chargeWay) ? element("span", { class: "charged" }, "charged now") : "",
      ),
      element(
        "td",
        { class: "end" },
        element("strong", {}, number(way.counted)),
        " ",
        element("span", { class: "small" }, unitOf(way)),
      ),
      element("td", { class: "end mid-only" }, way.atEnd === null ? "–" : number(way.atEnd)),
      element("td", { class: "end mid-only" }, counted(way.asked, "time")),
      element("td", {}, field),
      element("td", { class: "end", "data-cost": way.name }),
    );
  });
  return element("table", {}, head, element("tbody", {}, ...rows));
}

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
      element("th", { scope: "row" }, NAMES[way.name] ?? way.name),
      ...way.quotas.map(({ quota }) => element("td", { class: "end" }, number(quota))),
    ),
  );
  return element("table", {}, tableHead(["Charged by", ...columns]), element("tbody", {}, ...rows));
}
