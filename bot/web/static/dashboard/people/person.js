/**
 * One chatter: what is set for them, to be changed, and what they said.
 * @module
 */

import { h, strange } from "../../shared/dom.js";
import { count, t, timeOf } from "../../shared/language.js";
import { quoted } from "../desk.js";
import { button, card, empty, field, relabel } from "../parts.js";

/**
 * @typedef {object} Person
 * @property {string} id
 * @property {string} name
 * @property {boolean} muted
 * @property {boolean} opted_out
 * @property {string} voice
 * @property {string} nick Empty for their own name.
 * @property {boolean} regular
 * @property {string} limit Most messages a day; empty for that of all.
 * @property {number} said Messages that were said lately.
 */

/** @param {Person} person */
export function tags(person) {
  const marks = [];
  if (person.muted) marks.push(h("span", { class: "tag is-bad" }, t("chatters.muted")));
  if (person.opted_out) marks.push(h("span", { class: "tag is-fair" }, t("chatters.out")));
  if (person.regular) marks.push(h("span", { class: "tag is-good" }, t("chatters.regular")));
  return marks;
}

/** What is set for a chatter; it stays while it is shown, so that nothing that is typed is lost. */
export class PersonCard {
  /**
   * @param {import("../desk.js").Desk} desk
   * @param {Person} person
   */
  constructor(desk, person) {
    this.person = person;
    const name = quoted(person.name);
    const give = (/** @type {string} */ command) => desk.lasting(`${command}`);
    this.marks = h("p", { class: "row-head" });
    this.mute = button({
      icon: "mute",
      label: t("mute"),
      onclick: () => give(`${this.person.muted ? "unmute" : "mute"} ${name}`),
    });
    this.regular = button({
      icon: "approve",
      label: t("chatters.makeregular"),
      onclick: () => give(`${this.person.regular ? "unregular" : "regular"} ${name}`),
    });
    this.nick = new Entry("nick", t("chatters.nick"), 40, (value) =>
      give(`nick ${name} ${value || "reset"}`),
    );
    this.voice = new Entry("voice", t("voice"), 60, (value) =>
      give(`voice ${name} ${value || "reset"}`),
    );
    this.limit = new Entry("limit", t("chatters.limit"), 5, (value) =>
      give(`limit ${name} ${value || "reset"}`),
    );
    const changes = [
      h("div", { class: "actions spaced" }, this.mute, this.regular),
      ...[this.nick, this.voice, this.limit].map(({ element }) => element),
    ];
    this.element = h(
      "section",
      { class: "card", "aria-labelledby": "person-name" },
      h("h2", { id: "person-name", class: "now-name", tabindex: "-1" }, strange(person.name)),
      this.marks,
      ...(desk.may("moderator") ? changes : []),
    );
    this.show(person);
  }

  /** @param {Person} person As they are by now. */
  show(person) {
    this.person = person;
    const said = h("span", { class: "row-meta" }, count("chatters.said", person.said));
    this.marks.replaceChildren(...tags(person), said);
    const { muted, regular } = person;
    relabel(this.mute, muted ? "unmute" : "mute", t(muted ? "unmute" : "mute"));
    const words = regular ? "chatters.unregular" : "chatters.makeregular";
    relabel(this.regular, regular ? "remove" : "approve", t(words));
    this.nick.show(person.nick);
    this.voice.show(person.voice);
    this.limit.show(person.limit);
  }
}

/** A value that is stored by itself; empty takes it back. */
class Entry {
  /**
   * @param {string} id
   * @param {string} label
   * @param {number} most Characters.
   * @param {(value: string) => unknown} store
   */
  constructor(id, label, most, store) {
    this.shown = "";
    this.input = h("input", {
      type: "text",
      id: `person-${id}`,
      maxlength: most,
      dir: "auto",
      autocomplete: "off",
      placeholder: t("chatters.usual"),
    });
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      this.shown = this.input.value.trim();
      store(this.shown);
    };
    const send = h("button", { class: "button", "aria-label": `${t("set")}: ${label}` }, t("set"));
    this.element = h("form", { class: "entry", onsubmit: submit }, field(label, this.input), send);
  }

  /** @param {string} value Shown unless another one is being typed. */
  show(value) {
    if (this.input.value.trim() === this.shown) this.input.value = value;
    this.shown = value;
  }
}

/**
 * @param {{ id: string, text: string, at: number }[]} said
 * @returns {HTMLElement}
 */
export function messages(said) {
  const rows = said.map(({ text, at }) =>
    h(
      "li",
      { class: "row" },
      h("p", { class: "row-body strange", dir: "auto" }, text),
      h("span", { class: "row-meta" }, timeOf(at)),
    ),
  );
  return card(
    { id: "theirs", title: t("said.title") },
    rows.length ? h("ol", { class: "rows" }, ...rows) : empty(t("chatters.silent")),
  ).element;
}
