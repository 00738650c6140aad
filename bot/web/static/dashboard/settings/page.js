/**
 * The page of settings: changed together, checked by the daemon, written to the user's file.
 * @module
 */

import { ApiError } from "../../shared/api.js";
import { h, write } from "../../shared/dom.js";
import { count, named, t } from "../../shared/language.js";
import { sentence } from "../desk.js";
import { button, card, empty } from "../parts.js";
import { SettingField } from "./fields.js";
import { grouped, sectionOf } from "./form.js";

/**
 * @param {import("../desk.js").Desk} desk
 * @returns {import("../desk.js").Page}
 */
export function settingsPage(desk) {
  const find = h("input", {
    type: "search",
    id: "find-setting",
    "aria-label": t("settings.find"),
    placeholder: t("settings.find"),
    oninput: () => show(),
  });
  const file = h("p", { class: "help strange" });
  const contents = h("nav", { class: "contents", "aria-label": t("settings.contents") });
  const groups = h("div", { class: "settings-groups" }, empty(t("loading")));
  const told = h("p", { role: "status" });
  const save = button({ label: t("settings.save"), kind: "is-primary", onclick: () => store() });
  const discard = button({
    label: t("settings.discard"),
    onclick: () => changed().forEach((field) => field.write(field.setting.value)),
  });
  const foot = h("div", { class: "save-bar", hidden: true }, told, discard, save);
  /** @type {Map<string, SettingField>} */
  let fields = new Map();
  let isUnread = false;

  const changed = () => [...fields.values()].filter((field) => field.isChanged);

  function mark() {
    const n = changed().length;
    foot.hidden = n === 0;
    write(told, n ? count("settings.changed", n) : "");
  }

  function show() {
    const found = grouped(
      [...fields.values()].map(({ setting }) => setting),
      find.value,
    );
    const shown = [...found].map(([name, settings]) => {
      const { element } = card(
        { id: `group-${name}`, title: named("group", name) },
        ...sections(settings),
      );
      return { name, element };
    });
    groups.replaceChildren(
      ...(shown.length ? shown.map(({ element }) => element) : [empty(t("settings.none"))]),
    );
    contents.replaceChildren(
      ...shown.map(({ name, element }) =>
        h(
          "button",
          { type: "button", class: "link-button", onclick: () => element.scrollIntoView() },
          named("group", name),
        ),
      ),
    );
  }

  /** @param {readonly import("./form.js").Setting[]} settings Those of a group. */
  function sections(settings) {
    let last = "";
    return settings.flatMap(({ key }) => {
      const section = sectionOf(key);
      const isNew = section !== last;
      last = section;
      return [isNew && h("h3", { class: "section-title" }, section), fields.get(key)?.element];
    });
  }

  async function load() {
    const answer = await desk.attempt(() => desk.api.get("/api/settings"));
    isUnread = !answer;
    if (!answer) {
      groups.replaceChildren(empty(t("unread")));
      return;
    }
    fields = new Map(
      answer.settings.map((/** @type {import("./form.js").Setting} */ setting) => [
        setting.key,
        new SettingField(setting, mark),
      ]),
    );
    if (answer.file) write(file, t("settings.file", { file: answer.file }));
    show();
  }

  async function store() {
    const wanted = changed();
    const changes = Object.fromEntries(wanted.map((field) => [field.setting.key, field.value]));
    save.disabled = true;
    try {
      const answer = await desk.api.call("PATCH", "/api/settings", { changes });
      for (const field of wanted) field.keep();
      const later = answer.next_start?.length ?? 0;
      const restart = () => desk.attempt(() => desk.api.post("/api/restart"));
      if (later)
        desk.toasts.show(count("settings.later", later), { label: t("restart"), run: restart });
      else desk.toasts.show(t("settings.saved"));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      fail(error);
    } finally {
      save.disabled = false;
    }
  }

  /** @param {ApiError} error */
  function fail(error) {
    desk.toasts.fail(sentence(error));
    const wrong = error.problems.map(({ key, message }) => ({ field: fieldOf(key), message }));
    for (const { field, message } of wrong) field?.fail(message);
    const first = wrong.find(({ field }) => field)?.field;
    if (!first?.element.isConnected) {
      find.value = "";
      show();
    }
    first?.control.focus();
  }

  /** @param {string} key That of a setting, or of something in it. */
  function fieldOf(key) {
    return (
      fields.get(key) ??
      [...fields].find(([name]) => key.startsWith(`${name}.`) || key.startsWith(`${name}[`))?.[1]
    );
  }

  const end = desk.feed.on("connection", (isConnected) => isConnected && isUnread && void load());
  void load();
  return {
    element: h(
      "div",
      { class: "page settings" },
      h(
        "div",
        { class: "page-head" },
        h("h1", {}, t("nav.settings")),
        h("div", { class: "find" }, find),
      ),
      file,
      h("div", { class: "settings-body" }, contents, groups),
      foot,
    ),
    stop: end,
  };
}
