/** Draws bars of usage on a canvas with Chart.js, in the colors of the theme, to be walked through by keys. */
import { BarController, BarElement, CategoryScale, Chart, LinearScale } from "chart.js";
import { element } from "../demo/dom.js";
import { barWords } from "./series.js";
import { number } from "./words.js";

/** @typedef {import("./series.js").Bars} Bars */

Chart.register(BarController, BarElement, CategoryScale, LinearScale);

/**
 * Gives what a color token comes to in this theme, as a canvas needs it.
 * @param {string} token
 */
function colorOf(token) {
  const probe = element("span", { class: "unseen" });
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/** A canvas with bars. */
export class BarChart {
  constructor() {
    // Named from the beginning: what it shows may take a moment.
    this.canvas = element("canvas", {
      class: "chart",
      role: "img",
      tabindex: "0",
      "aria-label": "Scans are being read",
    });
    this.words = element("p", { class: "small chart-words", role: "status" });
    this.element = element("div", {}, element("div", { class: "chart-frame" }, this.canvas), this.words);
    /** @type {Chart | null} */
    this.chart = null;
    /** @type {Bars | null} */
    this.bars = null;
    this.place = -1;
    this.canvas.addEventListener("keydown", (event) => this.walk(event));
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => this.tell(-1));
    this.canvas.addEventListener("blur", () => this.tell(-1));
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.recolor = () => this.chart && this.bars && this.draw(this.bars);
    this.watcher = new MutationObserver(this.recolor);
    this.watcher.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.dark.addEventListener("change", this.recolor);
  }

  /** Lets go of what it watches. */
  close() {
    this.watcher.disconnect();
    this.dark.removeEventListener("change", this.recolor);
    this.chart?.destroy();
  }

  /** @param {Bars} bars */
  draw(bars) {
    this.bars = bars;
    const most = Math.max(0, ...bars.totals);
    this.canvas.setAttribute(
      "aria-label",
      `Scans per ${bars.unit}, at most ${number(most)}. Arrow keys give one ${bars.unit}; the table has the same figures.`,
    );
    const surface = colorOf("--surface");
    const data = {
      labels: bars.labels,
      datasets: bars.series.map(({ name, color, values }) => ({
        label: name,
        data: values,
        backgroundColor: colorOf(`--series-${color}`),
        borderColor: surface,
        borderWidth: { top: 1 },
        borderSkipped: /** @type {const} */ (false),
        categoryPercentage: 0.9,
        barPercentage: 0.8,
      })),
    };
    const options = this.options();
    if (this.chart) {
      this.chart.data = data;
      this.chart.options = options;
      this.chart.update("none");
    } else {
      this.chart = new Chart(this.canvas, { type: "bar", data, options });
    }
  }

  /** @returns {import("chart.js").ChartOptions} */
  options() {
    const muted = colorOf("--muted");
    const line = colorOf("--line");
    const font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
    return {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      events: [],
      scales: {
        x: {
          stacked: true,
          grid: { display: false },
          border: { color: line },
          ticks: { color: muted, font, maxRotation: 0, autoSkipPadding: 24 },
        },
        y: {
          stacked: true,
          beginAtZero: true,
          grid: { color: line },
          border: { display: false },
          ticks: { color: muted, font, maxTicksLimit: 5, precision: 0, callback: (value) => number(Number(value)) },
        },
      },
    };
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const last = (this.bars?.labels.length ?? 0) - 1;
    const steps = /** @type {Record<string, number>} */ ({
      ArrowLeft: this.place - 1,
      ArrowRight: this.place + 1,
      Home: 0,
      End: last,
    });
    const to = Object.hasOwn(steps, event.key) ? steps[event.key] : undefined;
    if (to === undefined) return;
    event.preventDefault();
    // The first step goes to now, which is what one looks for.
    this.tell(this.place < 0 && event.key.startsWith("Arrow") ? last : Math.min(last, Math.max(0, to)));
  }

  /** @param {PointerEvent} event */
  point(event) {
    const x = this.chart?.scales.x;
    if (!x) return;
    const at = x.getValueForPixel(event.offsetX);
    this.tell(at === undefined ? -1 : Math.round(at));
  }

  /** @param {number} place */
  tell(place) {
    this.place = place;
    this.words.textContent =
      this.bars && place >= 0 && place < this.bars.labels.length ? barWords(this.bars, place) : "";
  }
}
