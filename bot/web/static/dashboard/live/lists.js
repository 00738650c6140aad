/**
 * What waits for approval, and what was said.
 * @module
 */

import { arrange, h, strange, write } from "../../shared/dom.js";
import { t, timeOf } from "../../shared/language.js";
import { quoted } from "../desk.js";
import { button, card, empty, iconButton } from "../parts.js";
import { lane } from "./queue.js";

/** @typedef {import("./order.js").Waiting} Waiting */
/** @typedef {{ id: string, chatter: string, text: string, voice: string, at: number }} Said */

/**
 * A card with a list of messages.
 * @template {{ id: string, chatter: string, text: string }} Item
 */
class MessagesCard {
  /**
   * @param {import("../desk.js").Desk} desk
   * @param {string} id
   * @param {string} title
   * @param {string} none What stands where nothing is.
   */
  constructor(desk, id, title, none) {
    this.desk = desk;
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    this.list = h("ol", { class: "rows" });
    this.none = empty(none);
    const parts = card({ id, title }, this.none, this.list);
    this.element = parts.element;
    this.badge = parts.badge;
    this.tools = parts.tools;
  }

  /** @param {Item[]} items */
  show(items) {
    this.rows = new Map(items.map((item) => [item.id, this.rows.get(item.id) ?? this.row(item)]));
    arrange(this.list, [...this.rows.values()]);
    this.none.hidden = items.length > 0;
  }

  /**
   * @param {Item} item
   * @returns {HTMLElement}
   */
  row(item) {
    const text = h("p", { class: "row-text strange", dir: "auto" }, item.text);
    const head = h(
      "div",
      { class: "row-head" },
      strange(item.chatter, "row-name"),
      ...this.marks(item),
    );
    const body = h("div", { class: "row-body" }, head, text);
    const actions = this.desk.may("moderator") && this.actions(item);
    return h("li", { class: "row", "data-id": item.id }, body, actions);
  }

  /**
   * @param {Item} _item
   * @returns {import("../../shared/dom.js").Child[]}
   */
  marks(_item) {
    return [];
  }

  /**
   * @param {Item} _item
   * @returns {HTMLElement | null}
   */
  actions(_item) {
    return null;
  }
}

/** @extends {MessagesCard<Waiting>} */
export class HeldCard extends MessagesCard {
  /** @param {import("../desk.js").Desk} desk */
  constructor(desk) {
    super(desk, "held", t("held.title"), t("held.empty"));
    this.list.setAttribute("aria-live", "polite");
    const all = button({
      label: t("approve.all"),
      onclick: () => desk.command("approve all"),
      kind: "is-small",
    });
    this.all = all;
    if (desk.may("moderator")) this.tools.append(all);
  }

  /**
   * @override
   * @param {Waiting[]} items
   */
  show(items) {
    super.show(items);
    this.element.hidden = items.length === 0;
    this.badge.hidden = items.length === 0;
    this.all.hidden = items.length < 2;
    write(this.badge, String(items.length));
  }

  /**
   * @override
   * @param {Waiting} item
   */
  marks(item) {
    return [lane(item)];
  }

  /**
   * @override
   * @param {Waiting} item
   */
  actions({ id, chatter }) {
    const desk = this.desk;
    const yes = button({
      icon: "approve",
      label: t("approve"),
      kind: "is-good is-small",
      onclick: () => desk.command(`approve #${id}`),
    });
    const no = button({
      icon: "remove",
      label: t("reject"),
      kind: "is-small",
      onclick: () => desk.command(`reject #${id}`),
    });
    yes.setAttribute("aria-label", t("approve.name", { name: chatter }));
    no.setAttribute("aria-label", t("reject.name", { name: chatter }));
    return h("div", { class: "row-actions" }, yes, no);
  }
}

/** @extends {MessagesCard<Said>} */
export class SaidCard extends MessagesCard {
  /** @param {import("../desk.js").Desk} desk */
  constructor(desk) {
    super(desk, "said", t("said.title"), t("said.empty"));
  }

  /**
   * @override
   * @param {Said} item
   */
  marks(item) {
    return [
      h("span", { class: "row-meta" }, [item.voice, timeOf(item.at)].filter(Boolean).join(" · ")),
    ];
  }

  /**
   * @override
   * @param {Said} item
   */
  actions({ id, chatter }) {
    const desk = this.desk;
    return h(
      "div",
      { class: "row-actions" },
      iconButton({
        icon: "replay",
        label: t("replay.name", { name: chatter }),
        onclick: () => desk.command(`replay #${id}`),
      }),
      iconButton({
        icon: "mute",
        label: t("mute.name", { name: chatter }),
        onclick: () => desk.lasting(`mute ${quoted(chatter)}`),
      }),
    );
  }
}
