/**
 * The queue: what waits, in the order in which it is said; moderators reorder and remove.
 * @module
 */

import { arrange, h, strange, write } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { count, duration, named, t } from "../../shared/language.js";
import { quoted } from "../desk.js";
import { card, empty, iconButton } from "../parts.js";
import { Dragging } from "./dragging.js";
import { drop, moved, step } from "./order.js";

/** @typedef {import("./order.js").Waiting} Waiting */

const MOST_ROWS = 100;

export class QueueCard {
  /** @param {import("../desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {Waiting[]} */
    this.waiting = [];
    /** @type {Map<string, HTMLElement>} Rows by the id of their message. */
    this.rows = new Map();
    this.list = h("ol", { class: "rows", id: "queue-list" });
    this.none = empty(t("queue.empty"));
    this.more = h("p", { class: "help" });
    const { element, badge, tools } = card(
      { id: "queue", title: t("queue.title") },
      this.none,
      this.list,
      this.more,
    );
    this.element = element;
    this.badge = badge;
    /** Told to those who do not see the list. */
    this.news = h("p", { class: "visually-hidden", "aria-live": "polite", id: "queue-news" });
    element.append(this.news);
    if (desk.may("moderator")) {
      const clear = () => desk.command("clear");
      tools.append(iconButton({ icon: "remove", label: t("clear"), onclick: clear }));
      this.dragging = new Dragging(this.list, (id, before) =>
        this.move(drop(this.waiting, id, before)),
      );
    }
  }

  /** @param {Waiting[]} waiting */
  show(waiting) {
    if (this.dragging?.isActive) return;
    this.waiting = waiting;
    const shown = waiting.slice(0, MOST_ROWS);
    const rows = new Map(shown.map((item) => [item.id, this.rows.get(item.id) ?? this.row(item)]));
    this.rows = rows;
    this.age();
    arrange(this.list, [...rows.values()]);
    this.none.hidden = waiting.length > 0;
    this.badge.hidden = waiting.length === 0;
    write(this.badge, String(waiting.length));
    write(
      this.more,
      waiting.length > shown.length ? t("queue.more", { n: waiting.length - shown.length }) : "",
    );
    this.announce();
  }

  announce() {
    const [next] = this.waiting;
    const news = count("queue.news", this.waiting.length);
    write(this.news, next ? `${news} ${t("queue.next", { name: next.chatter })}` : news);
  }

  /** @param {Waiting} item */
  row(item) {
    const name = strange(item.chatter, "row-name");
    const meta = h("span", { class: "row-meta" });
    const head = h("div", { class: "row-head" }, name, lane(item), meta);
    const text = h("p", { class: "row-text strange", dir: "auto" }, item.text);
    const body = h("div", { class: "row-body" }, head, text);
    const row = h("li", { class: `row lane-${item.lane}`, "data-id": item.id });
    if (this.desk.may("moderator")) {
      const grip = h(
        "span",
        { class: "grip", title: t("queue.drag"), "aria-hidden": "true" },
        icon("grip"),
      );
      row.append(grip, body, this.actions(item));
    } else {
      row.append(body);
    }
    return row;
  }

  /** @param {Waiting} item */
  actions({ id, chatter }) {
    const desk = this.desk;
    const by = (/** @type {-1 | 1} */ places) => () => this.move(step(this.waiting, id, places));
    const remove = () =>
      desk
        .attempt(() => desk.api.post("/api/queue/remove", { channel: desk.channel, id }))
        .then(() => desk.feed.settle());
    const mute = () => desk.lasting(`mute ${quoted(chatter)}`);
    return h(
      "div",
      { class: "row-actions" },
      iconButton({
        icon: "up",
        label: t("queue.up", { name: chatter }),
        onclick: by(-1),
        kind: "is-up",
      }),
      iconButton({
        icon: "down",
        label: t("queue.down", { name: chatter }),
        onclick: by(1),
        kind: "is-down",
      }),
      iconButton({ icon: "mute", label: t("mute.name", { name: chatter }), onclick: mute }),
      iconButton({
        icon: "remove",
        label: t("queue.remove", { name: chatter }),
        onclick: remove,
        kind: "is-remove",
      }),
    );
  }

  /** Show how long each one waits by now. */
  age() {
    for (const [place, item] of this.waiting.slice(0, MOST_ROWS).entries())
      this.update(item, place);
  }

  /**
   * @param {Waiting} item
   * @param {number} place
   */
  update(item, place) {
    const row = this.rows.get(item.id);
    const meta = row?.querySelector(".row-meta");
    if (!row || !meta) return;
    write(
      meta,
      [item.voice, duration(this.desk.feed.now() - item.received_at)].filter(Boolean).join(" · "),
    );
    for (const [name, by] of /** @type {const} */ ([
      ["up", -1],
      ["down", 1],
    ])) {
      const control = row.querySelector(`.is-${name}`);
      // Not `disabled`: that would take the focus from who is moving it.
      control?.setAttribute("aria-disabled", String(!step(this.waiting, item.id, by)));
    }
    row.classList.toggle("is-next", place === 0);
  }

  /** @param {import("./order.js").Move | null} move */
  async move(move) {
    if (!move) return;
    const { api, channel, feed } = this.desk;
    const focused = document.activeElement;
    this.show(moved(this.waiting, move));
    if (focused instanceof HTMLElement && this.list.contains(focused)) focused.focus();
    await this.desk.attempt(() => api.post("/api/queue/move", { channel, ...move }));
    feed.settle();
  }
}

/**
 * Why it comes before others, and what it came with.
 * @param {{ lane: string, event?: string }} item
 */
export function lane({ lane: name, event }) {
  const words = event ? named("event", event) : name === "rest" ? "" : named("lane", name);
  return words && h("span", { class: `tag tag-${name}` }, words);
}
