/**
 * The card of what is being said: who, the words as they are heard, the level, and what to do.
 * @module
 */

import { h, strange, write } from "../../shared/dom.js";
import { t } from "../../shared/language.js";
import { button } from "../parts.js";
import { quoted } from "../desk.js";
import { Meter } from "./meter.js";
import { Playing, parts } from "./playing.js";

const KEPT = 8;
/** Outcomes that end what is said. */
const ENDS = new Set(["spoken", "dropped", "failed"]);

export class NowCard {
  /** @param {import("../desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {Playing | null} */
    this.playing = null;
    /** @type {Map<string, import("./playing.js").Levels[]>} Levels that came before their start. */
    this.early = new Map();
    /** @type {HTMLElement[]} */
    this.spans = [];
    this.shown = -1;
    this.frame = 0;
    this.name = h("p", { class: "now-name" });
    this.detail = h("p", { class: "now-detail" });
    this.text = h("p", { class: "now-text strange", dir: "auto" });
    this.meter = new Meter();
    this.actions = h("div", { class: "actions" }, ...this.buttons());
    const title = h("h2", { id: "now-title", class: "card-title" }, t("now.title"));
    const head = h("div", { class: "now-head" }, this.name, this.detail);
    this.element = h(
      "section",
      { class: "card now", "aria-labelledby": "now-title" },
      title,
      head,
      this.text,
      this.meter.element,
      this.actions,
    );
    this.show(null);
  }

  /** @returns {HTMLElement[]} */
  buttons() {
    if (!this.desk.may("moderator")) return [];
    const mute = () => this.playing && this.desk.lasting(`mute ${quoted(this.playing.chatter)}`);
    return [
      button({ icon: "skip", label: t("skip"), onclick: () => this.desk.command("skip") }),
      button({ icon: "mute", label: t("mute"), onclick: mute }),
      button({
        icon: "replay",
        label: t("replay.last"),
        onclick: () => this.desk.command("replay"),
      }),
      button({ icon: "who", label: t("who"), onclick: () => this.desk.command("who") }),
    ];
  }

  /**
   * Take what the queue says is being said, where no event told it.
   * @param {any} speaking
   */
  sync(speaking) {
    if (!speaking) {
      if (this.playing) this.show(null);
    } else if (speaking.id !== this.playing?.id) {
      this.show(new Playing({ ...speaking, startedAt: speaking.started_at ?? null }));
    } else if (this.playing?.startedAt === null) {
      this.playing.startedAt = speaking.started_at ?? null;
    }
  }

  /** @param {import("../feed.js").Outcome & { engine?: string }} event */
  take(event) {
    if (event.outcome === "started") {
      const { id, chatter, text = "", words = [], engine = "" } = event;
      this.show(new Playing({ id, chatter, text, words, engine, startedAt: event.at }));
    } else if (event.id !== this.playing?.id) {
      return;
    } else if (event.outcome === "continued") {
      this.playing.addWords(event.words ?? []);
      this.drawText();
    } else if (ENDS.has(event.outcome)) {
      this.show(null);
    }
  }

  /** @param {import("./playing.js").Levels} levels */
  takeLevels(levels) {
    if (levels.id === this.playing?.id) {
      this.playing.addLevels(levels);
      return;
    }
    this.early.set(levels.id, [...(this.early.get(levels.id) ?? []), levels]);
    const [oldest] = this.early.keys();
    if (this.early.size > KEPT && oldest !== undefined) this.early.delete(oldest);
  }

  /** @param {Playing | null} playing */
  show(playing) {
    this.playing = playing;
    for (const levels of this.early.get(playing?.id ?? "") ?? []) playing?.addLevels(levels);
    this.early.delete(playing?.id ?? "");
    this.element.classList.toggle("is-silent", !playing);
    this.name.replaceChildren(playing ? strange(playing.chatter) : t("now.nobody"));
    write(this.detail, playing?.engine ?? "");
    for (const control of this.actions.querySelectorAll("button")) {
      const needsSpeech =
        control === this.actions.children[0] || control === this.actions.children[1];
      control.disabled = needsSpeech && !playing;
    }
    this.drawText();
    cancelAnimationFrame(this.frame);
    if (playing) this.draw();
    else this.meter.clear();
  }

  drawText() {
    this.shown = -1;
    const { playing } = this;
    const spans = playing ? parts(playing.text, playing.words) : [];
    /** @type {HTMLElement[]} */
    this.spans = [];
    this.text.replaceChildren(
      ...spans.map(({ text, word }) => {
        if (word < 0) return text;
        const span = h("span", { class: "word" }, text);
        this.spans[word] = span;
        return span;
      }),
    );
  }

  draw() {
    const playing = this.playing;
    if (!playing) return;
    const position = playing.position(this.desk.feed.now());
    const word = playing.wordAt(position);
    if (word !== this.shown) {
      this.spans.forEach((span, place) => {
        span.classList.toggle("is-said", place < word);
        span.classList.toggle("is-now", place === word);
      });
      this.shown = word;
    }
    this.meter.draw(playing, position);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }
}
