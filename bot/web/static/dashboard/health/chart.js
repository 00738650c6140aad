/**
 * Chart of the last hour: time to the first sound, and how many waited.
 * @module
 */

import { h, svg } from "../../shared/dom.js";
import { count, t } from "../../shared/language.js";
import { areaPath, dotPath, niceTop, padded, quantile } from "./scale.js";

const WIDTH = 720;
const HEIGHT = 110;
const LEFT = 40;
const BOTTOM = 22;
const SHOWN_MIN = 60;

/**
 * @typedef {object} Series
 * @property {number} step_s
 * @property {(number | null)[]} first_sound_s
 * @property {number[]} waiting
 */

/**
 * @param {Series} series
 * @returns {HTMLElement}
 */
export function charts(series) {
  const delays = series.first_sound_s;
  const [usual, slow] = [quantile(delays, 0.5), quantile(delays, 0.95)];
  const most = Math.max(0, ...series.waiting);
  const told =
    usual === null || slow === null
      ? t("chart.none")
      : t("chart.delay", { usual: usual.toFixed(2), slow: slow.toFixed(2) });
  return h(
    "div",
    { class: "charts" },
    figure(
      t("chart.first"),
      told,
      plot(series, "delay", niceTop(Math.max(0, ...delays.map(Number)), 0.5)),
    ),
    figure(
      t("chart.waiting"),
      count("chart.most", most),
      plot(series, "waiting", niceTop(most, 5)),
    ),
  );
}

/**
 * @param {string} title
 * @param {string} told What it shows, in words.
 * @param {SVGElement} drawing
 */
function figure(title, told, drawing) {
  return h(
    "figure",
    { class: "chart" },
    h(
      "figcaption",
      {},
      h("span", { class: "chart-title" }, title),
      h("span", { class: "help" }, told),
    ),
    drawing,
  );
}

/**
 * @param {Series} series
 * @param {"delay" | "waiting"} kind
 * @param {number} top
 */
function plot(series, kind, top) {
  const field = { width: WIDTH - LEFT, height: HEIGHT - BOTTOM, top };
  const length = Math.round((SHOWN_MIN * 60) / series.step_s);
  const path =
    kind === "delay"
      ? svg("path", {
          d: dotPath(padded(series.first_sound_s, length, null), field),
          class: "chart-dots",
        })
      : svg("path", { d: areaPath(padded(series.waiting, length, 0), field), class: "chart-area" });
  const marks = [0, 0.5, 1].flatMap((share) => {
    const y = field.height * (1 - share);
    const label = `${Number((top * share).toPrecision(2))}${kind === "delay" ? " s" : ""}`;
    return [
      svg("line", { x1: LEFT, x2: WIDTH, y1: y, y2: y, class: "chart-grid" }),
      svg(
        "text",
        { x: LEFT - 6, y: Math.max(y + 4, 10), class: "chart-label", "text-anchor": "end" },
        label,
      ),
    ];
  });
  const times = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    svg(
      "text",
      {
        x: LEFT + field.width * share,
        y: HEIGHT - 5,
        class: "chart-label",
        "text-anchor": share === 0 ? "start" : share === 1 ? "end" : "middle",
      },
      share === 1 ? t("chart.now") : `−${Math.round(SHOWN_MIN * (1 - share))} min`,
    ),
  );
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart-drawing", "aria-hidden": "true" },
    ...marks,
    svg("g", { transform: `translate(${LEFT} 0)` }, path),
    ...times,
  );
}
