/**
 * The page of chatters: who they are, what was set for them, and what they said.
 * @module
 */

import { arrange, h, strange, write } from "../../shared/dom.js";
import { count, t } from "../../shared/language.js";
import { card, empty } from "../parts.js";
import { PersonCard, messages, tags } from "./person.js";

/** @typedef {import("./person.js").Person} Person */

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
  /** @type {PersonCard | undefined} */
  let shown;

  async function read() {
    const answer = await desk.attempt(() =>
      api.get("/api/chatters", { channel, find: find.value.trim() }),
    );
    if (!answer) {
      write(none, t("unread"));
      return;
    }
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
    if (mine) shown?.show(mine);
  }

  /** @param {Person} person */
  async function choose(person) {
    chosen = person.id;
    for (const [id, { row }] of rows) {
      row.querySelector("button")?.setAttribute("aria-pressed", String(id === person.id));
    }
    const query = { channel, id: person.id };
    const answer = await desk.attempt(() => api.get("/api/history", query));
    if (person.id !== chosen) return;
    shown = new PersonCard(desk, person);
    detail.replaceChildren(shown.element, messages(answer?.said ?? []));
    detail.querySelector("h2")?.focus({ preventScroll: true });
    if (matchMedia("(max-width: 900px)").matches) detail.scrollIntoView();
  }

  const ends = [
    desk.feed.on("outcome", ({ outcome }) => outcome === "obeyed" && void read()),
    desk.feed.on("connection", (isConnected) => isConnected && void read()),
  ];
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
    stop() {
      clearTimeout(timer);
      for (const end of ends) end();
    },
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
