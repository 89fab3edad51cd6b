/** Alerts, how far they came with each webhook, and sending them again. */
import { element, icon, rebuild } from "../demo/dom.js";
import { errorPlace, openDialog } from "./ask.js";
import { failureWords } from "./desk.js";
import { openList, readOpen } from "./open-alerts.js";
import { Opened } from "./opened.js";
import { button, card, nothing, scrollable, tableHead } from "./parts.js";
import { number, second, when } from "./words.js";

/**
 * @typedef {import("./desk.js").Desk} Desk
 * @typedef {object} Delivery
 * @property {string} webhook
 * @property {"waiting" | "delivered" | "failed"} state
 * @property {number} attempts
 * @property {string | null} nextAt
 *
 * @typedef {object} Alert
 * @property {number} number
 * @property {string} at
 * @property {string} kind
 * @property {string} subject
 * @property {number | null} level
 * @property {string} message
 * @property {Delivery[]} deliveries
 *
 * @typedef {object} Attempt
 * @property {number} number
 * @property {number} alert
 * @property {string} webhook
 * @property {string} at
 * @property {number} tookMs
 * @property {number | null} status
 * @property {string} outcome
 */

const EVERY_MS = 5_000;

/** @param {Alert} alert */
export function toneOf({ kind, level }) {
  if (kind === "test") return "rest";
  return kind === "license.threshold" && (level ?? 0) < 100
    ? "warn"
    : kind === "license.expiry" && (level ?? 0) > 1
      ? "warn"
      : "bad";
}

/**
 * Says what an alert is about: which level was reached, where there are levels.
 * @param {Alert} alert
 */
export function titleOf({ kind, subject, level, message }) {
  if (kind === "license.threshold") return `${subject} reached ${level} %`;
  if (kind === "license.expiry") return `${subject} ends within ${level === 1 ? "1 day" : `${level} days`}`;
  return message;
}

/**
 * Says how far an alert came with a webhook.
 * @param {Delivery} delivery
 * @param {number} nowMs
 */
export function deliveryWords({ webhook, state, attempts, nextAt }, nowMs) {
  if (state === "delivered") return `${webhook}: delivered.`;
  if (state === "failed") return `${webhook}: given up after ${attempts === 1 ? "1 try" : `${attempts} tries`}.`;
  if (attempts === 0) return `${webhook}: being sent.`;
  const left = nextAt === null ? 0 : Math.max(0, Math.ceil((Date.parse(nextAt) - nowMs) / 60_000));
  return `${webhook}: failed, next try in ${left} min.`;
}

/**
 * Makes the panel of alerts.
 * @param {Desk} desk
 * @param {{ limit: number, isWhole: boolean }} options
 */
export function makeAlerts(desk, { limit, isWhole }) {
  const test = button("Send a test", () => sendTest(desk, panel), { disabled: !desk.mayChange });
  const made = card("Alerts", { actions: isWhole ? [test] : [] });
  const list = element("ol", { class: "entries" });
  const foot = element("div", { class: "card-foot" });
  const empty = nothing("No item has reached a threshold of its alerts.");
  // Not before that is known.
  empty.hidden = true;
  const now = element("div", { class: "open-now" });
  made.body.append(...(isWhole ? [now] : []), list, empty, foot);
  /** @type {Opened<Alert>} */
  const opened = new Opened(desk, "/v1/admin/alerts", limit);

  async function refresh() {
    const open = await readOpen(desk);
    made.aside.textContent = `${open.thresholds.join(", ")} %${open.paused ? ", webhooks are paused" : ""}`;
    if (isWhole) rebuild(now, JSON.stringify([open, desk.minute()]), () => openNow(open, desk.now()));
    const rows = await opened.read();
    empty.hidden = rows.length > 0;
    const shown = JSON.stringify([rows, desk.minute()]);
    rebuild(list, shown, () => rows.map((alert) => row(desk, alert, isWhole, panel)));
    rebuild(foot, "", () => [isWhole ? opened.more(panel) : desk.link("alerts", "All alerts")]);
    foot.hidden = !opened.isMore;
  }

  const panel = { element: made.element, everyMs: EVERY_MS, refresh };
  return panel;
}

/**
 * @param {import("./open-alerts.js").OpenAlerts} open
 * @param {number} nowMs
 */
function openNow(open, nowMs) {
  if (open.count === 0) return [];
  return [element("h3", {}, `Open now: ${number(open.count)}`), element("ul", {}, ...openList(open, nowMs))];
}

/**
 * @param {Desk} desk
 * @param {Alert} alert
 * @param {boolean} isWhole
 * @param {import("./live.js").Panel} panel
 */
function row(desk, alert, isWhole, panel) {
  const tone = toneOf(alert);
  const told = alert.deliveries.map((one) => deliveryWords(one, desk.now()));
  const title = titleOf(alert);
  const rest = title === alert.message ? [] : [alert.message];
  const words = [...rest, ...(told.length ? told : ["No webhook was there to be told."])].join(" ");
  const actions = isWhole
    ? element(
        "div",
        { class: "entry-actions" },
        button("Deliveries", () => openLog(desk, alert), {
          class: "button small-button",
          "data-key": `log ${alert.number}`,
          "aria-label": `Deliveries of alert ${alert.number}`,
        }),
        button("Send again", () => sendAgain(desk, alert, panel), {
          class: "button small-button",
          "data-key": `again ${alert.number}`,
          "aria-label": `Send again alert ${alert.number}`,
          disabled: !desk.mayChange,
        }),
      )
    : null;
  return element(
    "li",
    { class: `entry ${tone}` },
    icon(tone === "rest" ? "bell" : "warning"),
    element("div", {}, title, element("p", { class: "hint" }, words), actions ?? ""),
    element("time", { datetime: alert.at }, when(alert.at, desk.now())),
  );
}

/**
 * @param {Desk} desk
 * @param {Alert} alert
 */
async function openLog(desk, alert) {
  const body = element("div", {}, nothing("Reading the log."));
  const close = element("button", { class: "button", type: "button" }, "Close");
  const dialog = openDialog(
    `Deliveries of alert ${alert.number}`,
    [body, element("div", { class: "actions" }, close)],
    "wide",
  );
  close.addEventListener("click", () => dialog.close());
  try {
    const { data } = await desk.api.get(`/v1/admin/alerts/${alert.number}`);
    body.replaceChildren(
      data.log.length ? scrollable("Tries of this alert", logTable(data.log, desk)) : nothing("No try yet."),
    );
  } catch (error) {
    body.replaceChildren(nothing(failureWords(error)));
  }
}

/** @param {Attempt[]} log @param {Desk} desk */
function logTable(log, desk) {
  const head = tableHead(["Alert", "Webhook", "When", ["Took", "end"], ["Status", "end"], "Outcome"]);
  const rows = log.map((one) =>
    element(
      "tr",
      {},
      element("td", {}, String(one.alert)),
      element("th", { scope: "row" }, element("code", {}, one.webhook)),
      element("td", {}, `${when(one.at, desk.now())}, ${second(Date.parse(one.at))}`),
      element("td", { class: "end" }, `${one.tookMs} ms`),
      element("td", { class: "end" }, one.status === null ? "–" : String(one.status)),
      element("td", {}, one.outcome),
    ),
  );
  return element("table", {}, head, element("tbody", {}, ...rows));
}

/**
 * @param {Desk} desk
 * @param {Alert} alert
 * @param {import("./live.js").Panel} panel
 */
async function sendAgain(desk, alert, panel) {
  try {
    await desk.api.change("POST", `/v1/admin/alerts/${alert.number}/replay`, {});
    desk.say(`Alert ${alert.number} is sent again.`);
    desk.again(panel);
  } catch (error) {
    tell("Not sent again", error);
  }
}

/** @param {Desk} desk @param {import("./live.js").Panel} panel */
async function sendTest(desk, panel) {
  try {
    const { data } = await desk.api.change("POST", "/v1/admin/alerts/test", {});
    desk.say(data.deliveries.length ? "A test is sent." : "There is no webhook to send a test to.");
    desk.again(panel);
  } catch (error) {
    tell("No test was sent", error);
  }
}

/** @param {string} title @param {unknown} error */
function tell(title, error) {
  const failed = errorPlace();
  failed.say(error);
  const close = element("button", { class: "button", type: "button" }, "Close");
  const dialog = openDialog(title, [failed.place, element("div", { class: "actions" }, close)]);
  close.addEventListener("click", () => dialog.close());
}

/**
 * Makes the panel of the delivery log.
 * @param {Desk} desk
 */
export function makeDeliveryLog(desk) {
  const made = card("Delivery log", { words: "Every try, newest first" });
  const frame = scrollable("Tries");
  const foot = element("div", { class: "card-foot" });
  made.body.append(frame, foot);
  /** @type {Opened<Attempt>} */
  const opened = new Opened(desk, "/v1/admin/alerts/deliveries", 50, () => true);

  async function refresh() {
    const rows = await opened.read();
    rebuild(frame, JSON.stringify([rows, desk.minute()]), () => [
      rows.length ? logTable(rows, desk) : nothing("No alert was sent yet."),
    ]);
    rebuild(foot, "", () => [opened.more(panel)]);
    foot.hidden = !opened.isMore;
  }

  const panel = { element: made.element, everyMs: EVERY_MS, refresh };
  return panel;
}
