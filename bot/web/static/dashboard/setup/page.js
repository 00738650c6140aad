/**
 * The first run: channel, output, voice and a sentence that is heard.
 * @module
 */

import { ApiError } from "../../shared/api.js";
import { h, write } from "../../shared/dom.js";
import { t } from "../../shared/language.js";
import { sentence } from "../desk.js";
import { button, field, select } from "../parts.js";
import { play } from "../voices/sound.js";

/**
 * @typedef {object} Setup
 * @property {string[]} missing `channel`, `output`, `voice` or `test`.
 * @property {string} channel Name of the channel on Twitch.
 * @property {string} output
 * @property {string} voice
 * @property {{ name: string, label: string }[]} outputs
 * @property {string[]} voices
 */

/**
 * @param {import("../desk.js").Desk} desk
 * @returns {import("../desk.js").Page}
 */
export function setupPage(desk) {
  const steps = h("ol", { class: "steps" });
  const told = h("p", { role: "status", class: "help" }, t("loading"));
  const element = h(
    "div",
    { class: "page setup" },
    h("div", { class: "page-head" }, h("h1", {}, t("setup.title"))),
    h("p", { class: "lead" }, t("setup.lead")),
    told,
    steps,
  );

  async function read() {
    try {
      show(await desk.api.get("/api/setup"));
      write(told, "");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      write(told, sentence(error));
    }
  }

  /** @param {Setup} setup */
  function show(setup) {
    const channel = h("input", {
      id: "setup-channel",
      type: "text",
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      placeholder: "coolstreamer",
    });
    channel.value = setup.channel ?? "";
    const output = select(
      setup.outputs.map(({ name, label }) => [name, label || name]),
      setup.output,
      { id: "setup-output" },
    );
    const voice = select(
      setup.voices.map((name) => [name, name]),
      setup.voice,
      { id: "setup-voice" },
    );
    const text = h("input", { id: "setup-text", type: "text", maxlength: 200, dir: "auto" });
    text.value = t("voices.sample");
    const heard = h("p", { role: "status", class: "help" });
    const hear = button({
      icon: "play",
      label: t("setup.hear"),
      onclick: async () => {
        const path = `/api/voices/${encodeURIComponent(voice.value)}/speech`;
        const sound = await desk.attempt(() => desk.api.get(path, { text: text.value }));
        if (sound) await play(sound);
      },
    });
    const save = (
      /** @type {string} */ key,
      /** @type {HTMLInputElement | HTMLSelectElement} */ control,
    ) =>
      button({
        label: t("setup.save"),
        kind: "is-primary",
        onclick: () => store({ [key]: control.value.trim() }),
      });
    const test = button({
      icon: "play",
      label: t("setup.speak"),
      kind: "is-primary",
      onclick: async () => {
        test.disabled = true;
        write(heard, t("setup.speaking"));
        const body = { channel: desk.channel, text: text.value };
        const answer = await desk.attempt(() => desk.api.post("/api/test", body));
        test.disabled = false;
        write(heard, answer ? t("setup.heard", { s: seconds(answer) }) : "");
        ready.hidden = !answer;
      },
    });
    const ready = h("p", { hidden: true }, h("a", { href: "#live" }, t("setup.ready")));
    steps.replaceChildren(
      step("channel", setup, field(t("setup.channel.label"), channel, t("setup.channel.help")), [
        save("channel", channel),
      ]),
      step("output", setup, field(t("setup.output.label"), output, t("setup.output.help")), [
        save("output", output),
      ]),
      step("voice", setup, field(t("voice"), voice, t("setup.voice.help")), [
        save("voice", voice),
        hear,
      ]),
      step("test", setup, field(t("setup.test.label"), text), [test], heard, ready),
    );
  }

  /** @param {Record<string, string>} chosen */
  async function store(chosen) {
    const answer = await desk.attempt(() => desk.api.post("/api/setup", chosen));
    if (answer === undefined) return;
    desk.toasts.show(answer?.told ?? t("settings.saved"));
    await read();
  }

  void read();
  return { element };
}

/**
 * @param {string} name
 * @param {Setup} setup
 * @param {HTMLElement} body
 * @param {HTMLElement[]} actions
 * @param {...HTMLElement} rest
 */
function step(name, setup, body, actions, ...rest) {
  const isOpen = setup.missing.includes(name);
  const isKnown = name !== "test";
  return h(
    "li",
    { class: `card step ${isOpen ? "is-open" : ""}`.trim(), "data-step": name },
    h(
      "div",
      { class: "card-head" },
      h("h2", { class: "step-title" }, t(`setup.${name}`)),
      isKnown &&
        h(
          "span",
          { class: `tag is-${isOpen ? "fair" : "good"}` },
          t(isOpen ? "setup.missing" : "setup.done"),
        ),
    ),
    h("div", { class: "step-body" }, body, h("div", { class: "actions" }, ...actions)),
    ...rest,
  );
}

/** @param {any} answer */
function seconds(answer) {
  const s = answer.first_sound_s ?? answer.heard_s;
  return typeof s === "number" ? s.toFixed(1) : "?";
}
