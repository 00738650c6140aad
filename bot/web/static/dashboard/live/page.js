/**
 * The page for while the stream is live.
 * @module
 */

import { h } from "../../shared/dom.js";
import { t } from "../../shared/language.js";
import { HeldCard, SaidCard } from "./lists.js";
import { NowCard } from "./now.js";
import { QueueCard } from "./queue.js";

/** Messages that were said which are shown. */
const MOST_SAID = 50;
const AGE_MS = 2000;

/**
 * @param {import("../desk.js").Desk} desk
 * @returns {import("../desk.js").Page}
 */
export function livePage(desk) {
  const now = new NowCard(desk);
  const queue = new QueueCard(desk);
  const held = new HeldCard(desk);
  const said = new SaidCard(desk);
  const element = h(
    "div",
    { class: "live" },
    h("h1", { class: "visually-hidden" }, t("nav.live")),
    h("div", { class: "column" }, now.element, held.element, queue.element),
    h("div", { class: "column" }, said.element),
  );

  let isReading = false;
  let isStale = false;
  let isMoreSaid = true;

  /** Read the lists again; what comes meanwhile has them read once more. */
  async function read() {
    isStale = isReading;
    if (isReading) return;
    isReading = true;
    try {
      await readLists();
    } finally {
      isReading = false;
    }
    if (isStale) await read();
  }

  async function readLists() {
    const query = { channel: desk.channel };
    const history = isMoreSaid && desk.attempt(() => desk.api.get("/api/history", query));
    isMoreSaid = false;
    const shown = now.playing;
    const queues = await desk.attempt(() => desk.api.get("/api/queue", query));
    const mine = queues?.[desk.channel];
    if (mine) {
      // Events that came meanwhile are younger than this answer.
      if (now.playing === shown) now.sync(mine.speaking);
      queue.show(mine.waiting);
      held.show(mine.held);
    }
    const past = await history;
    if (past) said.show(past.said.slice(0, MOST_SAID));
  }

  const ends = [
    desk.feed.on("outcome", (event) => {
      isMoreSaid ||= event.outcome === "started";
      now.take(event);
    }),
    desk.feed.on("connection", (isConnected) => {
      isMoreSaid ||= isConnected;
    }),
    desk.feed.on("levels", (levels) => now.takeLevels(levels)),
    desk.feed.on("settled", read),
  ];
  const aging = setInterval(() => queue.age(), AGE_MS);
  held.show([]);
  void read();
  return {
    element,
    stop() {
      clearInterval(aging);
      for (const end of ends) end();
      now.stop();
    },
  };
}
