/**
 * The page of chatters: who they are, what was set for them, and what they said.
 * @module
 */

import { arrange, h, strange, write } from "../../shared/dom.js";
import { count, t, timeOf } from "../../shared/language.js";
import { quoted } from "../desk.js";
import { button, card, empty, field } from "../parts.js";

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

const TYPED_MS = 200;

/**
 * @param {import("../desk.js").Desk} desk
 * @returns {import("../desk.js").Page}
 */
export function chattersPage(desk) {
  const { api, channel } = desk;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const find = h("input", {
    type: "search",
    id: "find-chatter",
    "aria-label": t("chatters.find"),
    placeholder: t("chatters.find"),
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(read, TYPED_MS);
    },
  });
  const list = h("ul", { class: "rows" });
  const none = empty(t("loading"));
  const people = card({ id: "people", title: t("nav.chatters") }, none, list);
  const detail = h(
    "div",
    { class: "column" },
    h("div", { class: "card" }, empty(t("chatters.choose"))),
  );
  /** @type {Map<string, { row: HTMLElement, show: (person: Person) => void }>} */
  let rows = new Map();
  let chosen = "";

  async function read() {
    const answer = await desk.attempt(() =>
      api.get("/api/chatters", { channel, find: find.value.trim() }),
    );
    if (!answer) return;
    /** @type {Person[]} */
    const found = answer.chatters;
    rows = new Map(
      found.map((person) => [person.id, rows.get(person.id) ?? personRow(person.id, choose)]),
    );
    for (const person of found) rows.get(person.id)?.show(person);
    arrange(
      list,
      [...rows.values()].map(({ row }) => row),
    );
    none.hidden = found.length > 0;
    write(none, t("chatters.none"));
    const mine = found.find(({ id }) => id === chosen);
    if (mine) await open(mine, false);
  }

  /** @param {Person} person */
  async function choose(person) {
    chosen = person.id;
    await open(person, true);
  }

  /**
   * @param {Person} person
   * @param {boolean} isMove Whether somebody went there: then it is brought into sight.
   */
  async function open(person, isMove) {
    for (const [id, { row }] of rows) {
      row.querySelector("button")?.setAttribute("aria-pressed", String(id === person.id));
    }
    const query = { channel, id: person.id };
    const answer = await desk.attempt(() => api.get("/api/history", query));
    if (person.id !== chosen) return;
    const focused = detail.contains(document.activeElement) ? document.activeElement?.id : "";
    const parts = [settings(desk, person, read), messages(answer?.said ?? [])];
    detail.replaceChildren(...parts);
    if (focused) document.getElementById(focused)?.focus();
    if (!isMove) return;
    detail.querySelector("h2")?.focus({ preventScroll: true });
    if (matchMedia("(max-width: 900px)").matches) detail.scrollIntoView();
  }

  void read();
  return {
    element: h(
      "div",
      { class: "page" },
      h(
        "div",
        { class: "page-head" },
        h("h1", {}, t("nav.chatters")),
        h("div", { class: "find" }, find),
      ),
      h("div", { class: "halves people" }, people.element, detail),
    ),
    stop: () => clearTimeout(timer),
  };
}

/**
 * @param {string} id
 * @param {(person: Person) => void} onChoose
 */
function personRow(id, onChoose) {
  /** @type {Person | undefined} */
  let latest;
  const head = h("span", { class: "row-head" });
  const meta = h("span", { class: "row-meta" });
  const choose = h(
    "button",
    {
      type: "button",
      class: "row-button",
      "aria-pressed": "false",
      onclick: () => latest && onChoose(latest),
    },
    head,
    meta,
  );
  return {
    row: h("li", { "data-id": id }, choose),
    /** @param {Person} person */
    show(person) {
      latest = person;
      head.replaceChildren(strange(person.name, "row-name"), ...tags(person));
      const facts = [
        person.nick && `“${person.nick}”`,
        person.voice,
        count("chatters.said", person.said),
      ];
      meta.replaceChildren(strange(facts.filter(Boolean).join(" · ")));
    },
  };
}

/** @param {Person} person */
function tags(person) {
  const marks = [];
  if (person.muted) marks.push(h("span", { class: "tag is-bad" }, t("chatters.muted")));
  if (person.opted_out) marks.push(h("span", { class: "tag is-fair" }, t("chatters.out")));
  if (person.regular) marks.push(h("span", { class: "tag is-good" }, t("chatters.regular")));
  return marks;
}

/**
 * What is set for a chatter, to be changed.
 * @param {import("../desk.js").Desk} desk
 * @param {Person} person
 * @param {() => Promise<void>} onChange
 * @returns {HTMLElement}
 */
function settings(desk, person, onChange) {
  const name = quoted(person.name);
  const give = async (/** @type {string} */ command) => {
    if (await desk.lasting(command)) await onChange();
  };
  const toggle = (/** @type {string} */ words, /** @type {string} */ command) =>
    button({
      label: t(words),
      icon: command.endsWith("mute") ? command : "approve",
      onclick: () => give(`${command} ${name}`),
    });
  const body = h(
    "section",
    { class: "card", "aria-labelledby": "person-name" },
    h("h2", { id: "person-name", class: "now-name", tabindex: "-1" }, strange(person.name)),
    h(
      "p",
      { class: "row-head" },
      ...tags(person),
      h("span", { class: "row-meta" }, count("chatters.said", person.said)),
    ),
  );
  if (!desk.may("moderator")) return body;
  body.append(
    h(
      "div",
      { class: "actions spaced" },
      toggle(person.muted ? "unmute" : "mute", person.muted ? "unmute" : "mute"),
      toggle(
        person.regular ? "chatters.unregular" : "chatters.makeregular",
        person.regular ? "unregular" : "regular",
      ),
    ),
    entry({
      id: "nick",
      label: t("chatters.nick"),
      value: person.nick,
      most: 40,
      store: (value) => give(`nick ${name} ${value || "reset"}`),
    }),
    entry({
      id: "voice",
      label: t("voice"),
      value: person.voice,
      most: 60,
      store: (value) => give(`voice ${name} ${value || "reset"}`),
    }),
    entry({
      id: "limit",
      label: t("chatters.limit"),
      value: person.limit,
      most: 5,
      store: (value) => give(`limit ${name} ${value || "off"}`),
    }),
  );
  return body;
}

/**
 * A value that is stored by itself; empty takes it back.
 * @param {{ id: string, label: string, value: string, most: number, store: (value: string) => unknown }} of
 */
function entry({ id, label, value, most, store }) {
  const input = h("input", {
    type: "text",
    id: `person-${id}`,
    maxlength: most,
    dir: "auto",
    autocomplete: "off",
    placeholder: t("chatters.usual"),
  });
  input.value = value;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (input.value.trim() !== value) store(input.value.trim());
  };
  const send = h("button", { class: "button" }, t("set"));
  send.setAttribute("aria-label", `${t("set")}: ${label}`);
  return h("form", { class: "entry", onsubmit: submit }, field(label, input), send);
}

/** @param {{ id: string, text: string, at: number }[]} said */
function messages(said) {
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
