/**
 * The page that tells how the daemon is, what would help, and what it did.
 * @module
 */

import { h, strange, write } from "../../shared/dom.js";
import { duration, exactTimeOf, named, t, timeOf } from "../../shared/language.js";
import { card, empty, select } from "../parts.js";
import { charts } from "./chart.js";
import { engineParts, outputParts, sourceParts } from "./parts_of.js";

const REFRESH_MS = 10_000;
const LEVELS = ["debug", "info", "warning", "error"];

/**
 * @param {import("../desk.js").Desk} desk
 * @returns {import("../desk.js").Page}
 */
export function healthPage(desk) {
  const { api, channel, feed } = desk;
  const groups = ["engines", "outputs", "sources"].map((id) => {
    const list = h("ul", { class: "rows" });
    return { id, list, ...card({ id, title: t(`health.${id}`) }, list) };
  });
  const summary = h("p", { class: "help" });
  const speed = h("p", { class: "notice", hidden: true });
  const hour = h("div", {}, empty(t("loading")));
  const least = select(
    LEVELS.map((name) => [name, named("level", name)]),
    "info",
    {
      "aria-label": t("log.least"),
      id: "log-level",
      onchange: () => showLog(),
    },
  );
  const lines = h("ol", { class: "log", tabindex: "0", "aria-label": t("log.title") });
  const orders = h("ol", { class: "rows" });
  const log = card({ id: "log", title: t("log.title") }, lines);
  log.tools.append(least);
  /** @type {any[]} */
  let logged = [];

  function showState() {
    const { state } = feed;
    if (!state) return;
    const parts = [
      engineParts(state, t),
      outputParts(state, channel, t),
      sourceParts(state, channel, t),
    ];
    groups.forEach(({ list }, place) => {
      const rows = (parts[place] ?? []).map(partRow);
      list.replaceChildren(...(rows.length ? rows : [h("li", {}, empty(t("health.none")))]));
    });
    speed.hidden = !state.speed;
    write(speed, state.speed?.sentence ?? "");
    speed.classList.toggle("is-fair", Boolean(state.speed?.is_slower));
  }

  function showLog() {
    const from = LEVELS.indexOf(least.value);
    const shown = logged.filter(({ level }) => LEVELS.indexOf(level) >= from);
    lines.replaceChildren(...shown.map(logLine));
  }

  async function read() {
    const answers = await desk.attempt(() =>
      Promise.all([
        api.get("/api/status"),
        api.get("/api/series", { channel }),
        api.get("/api/audit", { channel }),
        desk.may("streamer") ? api.get("/api/log") : { lines: [] },
      ]),
    );
    if (!answers) return;
    const [status, series, audit, logs] = answers;
    feed.state = status;
    const { spoken = 0, rejected = 0, dropped = 0, failed = 0 } = status.outcomes?.[channel] ?? {};
    const up = duration(status.uptime_s ?? 0);
    write(summary, t("health.summary", { up, spoken, rejected, dropped, failed }));
    showState();
    hour.replaceChildren(charts(series));
    logged = logs.lines;
    showLog();
    const rows = audit.commands.slice(0, 50).map(orderRow);
    orders.replaceChildren(...(rows.length ? rows : [h("li", {}, empty(t("orders.none")))]));
  }

  const ends = [feed.on("state", showState)];
  const timer = setInterval(read, REFRESH_MS);
  showState();
  void read();
  return {
    element: h(
      "div",
      { class: "page" },
      h("div", { class: "page-head" }, h("h1", {}, t("nav.health")), summary),
      speed,
      h("div", { class: "thirds" }, ...groups.map(({ element }) => element)),
      card({ id: "hour", title: t("health.hour") }, hour).element,
      h(
        "div",
        { class: "halves" },
        desk.may("streamer") && log.element,
        card({ id: "orders", title: t("orders.title") }, orders).element,
      ),
    ),
    stop() {
      clearInterval(timer);
      for (const end of ends) end();
    },
  };
}

/** @param {import("./parts_of.js").Part} part */
function partRow({ name, mood, told, facts }) {
  const head = h(
    "div",
    { class: "row-head" },
    h("span", { class: "row-name" }, name),
    h("span", { class: `tag is-${mood}` }, t(`mood.${mood}`)),
  );
  return h(
    "li",
    { class: "row" },
    h(
      "div",
      { class: "row-body" },
      head,
      h("p", { class: "strange" }, told),
      facts.length > 0 && h("p", { class: "row-meta" }, facts.join(" · ")),
    ),
  );
}

/** @param {{ at: number, level: string, event: string, fields: Record<string, unknown> }} line */
function logLine({ at, level, event, fields }) {
  const rest = Object.entries(fields ?? {})
    .map(([key, value]) => `${key}=${shown(value)}`)
    .join(" ");
  return h(
    "li",
    { class: `log-line is-${level}` },
    h("time", {}, exactTimeOf(at)),
    h("span", { class: "log-level" }, level),
    h(
      "span",
      { class: "log-event strange", dir: "auto" },
      event,
      rest && h("span", { class: "log-fields" }, ` ${rest}`),
    ),
  );
}

/** @param {unknown} value */
function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** @param {{ at: number, issuer: string, command: string, answer: string, is_undone: boolean }} order */
function orderRow({ at, issuer, command, answer, is_undone }) {
  const head = h(
    "div",
    { class: "row-head" },
    strange(issuer, "row-name"),
    strange(command, "code"),
    is_undone && h("span", { class: "tag" }, t("undone")),
    h("span", { class: "row-meta" }, timeOf(at)),
  );
  return h(
    "li",
    { class: "row" },
    h(
      "div",
      { class: "row-body" },
      head,
      h("p", { class: "row-meta strange", dir: "auto" }, answer),
    ),
  );
}
