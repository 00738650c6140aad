/**
 * The page of voices: hear them, give a channel one, and add one's own.
 * @module
 */

import { h, write } from "../../shared/dom.js";
import { named, t } from "../../shared/language.js";
import { button, card, empty, iconButton } from "../parts.js";
import { addCard } from "./add.js";
import { play, stop } from "./sound.js";

/**
 * @typedef {object} Voice
 * @property {string} name
 * @property {string} language ISO 639 code; empty where it speaks any.
 * @property {string} licence
 * @property {boolean} is_own Whether it was added here, and can be deleted.
 * @property {string[]} channels Those that speak with it.
 * @property {string} problem Why it cannot speak, with the remedy; empty if it can.
 */

/**
 * @param {import("../desk.js").Desk} desk
 * @returns {import("../desk.js").Page}
 */
export function voicesPage(desk) {
  const { api, channel } = desk;
  const sentence = h("input", { type: "text", id: "sentence", maxlength: 200, dir: "auto" });
  sentence.value = t("voices.sample");
  const list = h("ul", { class: "voice-list" });
  const none = empty(t("loading"));
  const fixed = h("p", { class: "help", hidden: true }, t("voices.fixed"));
  const mine = card({ id: "voices", title: t("voices.all") }, fixed, none, list);
  const reset = button({ label: t("voices.reset"), kind: "is-small", onclick: () => use(null) });
  if (desk.may("streamer")) mine.tools.append(reset);

  /** Whether an engine speaks with voices to choose from. */
  let mayChoose = false;
  let isUnread = false;

  async function read() {
    const answer = await desk.attempt(() => api.get("/api/voices"));
    isUnread = !answer;
    if (!answer) {
      write(none, t("unread"));
      return;
    }
    mayChoose = answer.may_choose;
    reset.hidden = !mayChoose;
    list.replaceChildren(...answer.voices.map(row));
    none.hidden = answer.voices.length > 0;
    write(none, t("voices.none"));
    fixed.hidden = mayChoose;
  }

  /** @param {Voice} voice */
  function row(voice) {
    const path = `/api/voices/${encodeURIComponent(voice.name)}`;
    const used = voice.channels.includes(channel);
    const facts = [voice.language && languageName(voice.language), voice.licence];
    const speak = listen({ icon: "play", label: t("voices.listen", { name: voice.name }) }, () =>
      api.get(`${path}/speech`, { text: sentence.value }),
    );
    const sample = listen(
      { icon: "record", label: t("voices.recording", { name: voice.name }) },
      () => api.get(`${path}/sample`),
    );
    const head = h(
      "div",
      { class: "row-head" },
      h("span", { class: "row-name" }, voice.name),
      used && h("span", { class: "tag is-good" }, t("voices.used", { channel })),
      voice.is_own && h("span", { class: "tag" }, t("voices.own")),
    );
    const take = button({
      label: t("voices.use"),
      kind: "is-small",
      onclick: () => use(voice.name),
    });
    take.setAttribute("aria-label", t("voices.use.name", { name: voice.name }));
    const drop = iconButton({
      icon: "remove",
      label: t("voices.delete", { name: voice.name }),
      onclick: () => remove(voice.name),
    });
    const changes = desk.may("streamer");
    speak.classList.toggle("is-absent", !mayChoose || voice.problem !== "");
    return h(
      "li",
      { class: "row", "data-voice": voice.name },
      speak,
      h(
        "div",
        { class: "row-body" },
        head,
        h("p", { class: "row-meta" }, facts.filter(Boolean).join(" · ")),
        voice.problem && h("p", { class: "problem" }, voice.problem),
      ),
      h(
        "div",
        { class: "row-actions" },
        sample,
        changes && mayChoose && !used && !voice.problem && take,
        changes && voice.is_own && drop,
      ),
    );
  }

  /**
   * A button that plays what it fetches, and ends it when it is pressed again.
   * @param {{ icon: string, label: string }} look
   * @param {() => Promise<Blob>} fetchSound
   */
  function listen(look, fetchSound) {
    let isPlaying = false;
    const control = iconButton({
      ...look,
      onclick: async () => {
        if (isPlaying) {
          stop();
          return;
        }
        isPlaying = true;
        control.classList.add("is-busy");
        const sound = await desk.attempt(fetchSound);
        control.classList.replace("is-busy", "is-playing");
        try {
          if (sound) await play(sound);
        } finally {
          isPlaying = false;
          control.classList.remove("is-busy", "is-playing");
        }
      },
    });
    return control;
  }

  /** @param {string | null} voice Nothing for that of the configuration. */
  async function use(voice) {
    const path = `/api/channels/${encodeURIComponent(channel)}/voice`;
    await desk.attempt(async () => {
      await (voice === null ? api.call("DELETE", path) : api.call("PUT", path, { voice }));
      desk.toasts.show(
        voice === null ? t("voices.wasreset") : t("voices.isused", { name: voice, channel }),
      );
    });
    await read();
  }

  /** @param {string} name */
  async function remove(name) {
    if (!(await isSure(t("voices.sure", { name }), t("voices.delete", { name })))) return;
    await desk.attempt(() => api.call("DELETE", `/api/voices/${encodeURIComponent(name)}`));
    await read();
  }

  const end = desk.feed.on("connection", (isConnected) => isConnected && isUnread && void read());
  void read();
  return {
    element: h(
      "div",
      { class: "page" },
      h(
        "div",
        { class: "page-head" },
        h("h1", {}, t("nav.voices")),
        h(
          "div",
          { class: "find labelled" },
          h("label", { for: "sentence" }, t("voices.sentence")),
          sentence,
        ),
      ),
      h("div", { class: "halves" }, mine.element, desk.may("streamer") && addCard(desk, read)),
    ),
    stop() {
      end();
      stop();
    },
  };
}

/**
 * Ask before what cannot be taken back.
 * @param {string} question
 * @param {string} act
 * @returns {Promise<boolean>}
 */
function isSure(question, act) {
  return new Promise((resolve) => {
    const yes = h("button", { value: "yes", class: "button is-panic" }, act);
    const no = h("button", { value: "", class: "button" }, t("cancel"));
    const dialog = h(
      "dialog",
      {
        "aria-label": act,
        onclose: () => {
          resolve(dialog.returnValue === "yes");
          dialog.remove();
        },
      },
      h(
        "form",
        { method: "dialog" },
        h("p", {}, question),
        h("div", { class: "actions" }, yes, no),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** @param {string} code ISO 639 */
function languageName(code) {
  try {
    return (
      new Intl.DisplayNames([document.documentElement.lang], { type: "language" }).of(code) ?? code
    );
  } catch {
    return named("language", code);
  }
}
