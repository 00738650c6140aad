/**
 * The first run: chat, output, voice and a sentence that is heard.
 * @module
 */

import { ApiError } from "../../shared/api.js";
import { h, strange, write } from "../../shared/dom.js";
import { t } from "../../shared/language.js";
import { sentence } from "../desk.js";
import { button, field, prose, select } from "../parts.js";
import { BROWSER, choiceOfOutput, outputChoices, voiceChoices } from "./choices.js";

/** @typedef {import("./choices.js").Setup} Setup */

/**
 * @param {import("../desk.js").Desk} desk
 * @returns {import("../desk.js").Page}
 */
export function setupPage(desk) {
  const steps = h("ol", { class: "steps" });
  const told = h("p", { role: "status", class: "help" }, t("loading"));
  const test = trial(desk);
  /** @type {Map<string, string>} What each control showed before somebody changed it. */
  const before = new Map();
  let isReading = false;

  async function read() {
    if (isReading) return;
    isReading = true;
    try {
      show(await desk.api.get("/api/setup"));
      write(told, "");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      write(told, sentence(error));
    } finally {
      isReading = false;
    }
  }

  /** @param {Setup} setup */
  function show(setup) {
    const focused = document.activeElement?.id ?? "";
    const changed = controls().filter(({ id, value }) => value !== before.get(id));
    steps.replaceChildren(chat(setup), output(setup), voice(setup), test);
    for (const { id, value } of controls()) before.set(id, value);
    for (const { id, value } of changed) {
      const control = controls().find((one) => one.id === id);
      if (control && isPossible(control, value)) control.value = value;
    }
    if (focused.startsWith("setup-")) document.getElementById(focused)?.focus();
  }

  /** @returns {(HTMLInputElement | HTMLSelectElement)[]} */
  function controls() {
    return [...steps.querySelectorAll("input, select")].map(
      (control) => /** @type {HTMLInputElement | HTMLSelectElement} */ (control),
    );
  }

  /** @param {Setup} setup */
  function chat(setup) {
    const name = h("input", {
      id: "setup-twitch",
      type: "text",
      required: true,
      pattern: "[A-Za-z0-9_]{1,25}",
      title: t("setup.chat.form"),
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      placeholder: "coolstreamer",
    });
    name.value = setup.twitch[0] ?? "";
    const save = keep(() => name.reportValidity() && store({ twitch: name.value }, name));
    return step("chat", setup, field(t("setup.chat.label"), name, t("setup.chat.help")), [save]);
  }

  /** @param {Setup} setup */
  function output(setup) {
    const choices = outputChoices(setup.devices, t);
    const device = select(choices, choiceOfOutput(setup), { id: "setup-output" });
    const now = Object.entries(setup.outputs).map(([name, clause]) =>
      h("p", { class: "row-meta" }, strange(`${name}: ${clause}`)),
    );
    const save = keep(() =>
      store(
        device.value === BROWSER ? { browser: true } : { device: device.value, browser: false },
        device,
      ),
    );
    const body = field(t("setup.output.label"), device, t("setup.output.help"));
    const overlay = new URL(`/overlay?channel=${encodeURIComponent(desk.channel)}`, location.href);
    const command = `ishowtts link viewer --channel ${desk.channel}`;
    const address = h(
      "p",
      { class: "help" },
      ...(desk.api.tokens.get()
        ? prose(t("setup.overlay.link", { command }))
        : [t("setup.overlay"), " ", h("code", { class: "code" }, overlay.href)]),
    );
    return step("output", setup, body, [save], ...now, address);
  }

  /** @param {Setup} setup */
  function voice(setup) {
    const chosen = select(voiceChoices(setup, desk.feed.state), setup.voice, { id: "setup-voice" });
    const save = keep(() => store({ voice: chosen.value }, chosen));
    return step("voice", setup, field(t("voice"), chosen, t("setup.voice.help")), [save]);
  }

  /**
   * @param {Record<string, string | boolean>} chosen
   * @param {HTMLInputElement | HTMLSelectElement} control It was chosen there.
   */
  async function store(chosen, control) {
    const { id, value } = control;
    const answer = await desk.attempt(() => desk.api.post("/api/setup", chosen));
    if (answer === undefined) return;
    before.set(id, value); // what the daemon makes of it is shown from now on
    if (answer.restarts) {
      write(told, t("setup.restarts")); // it is read again when the daemon is there again
      return;
    }
    desk.toasts.show(t(answer.next_start.length ? "setup.later" : "settings.saved"));
    await read();
  }

  const end = desk.feed.on("connection", (isConnected) => isConnected && void read());
  void read();
  return {
    element: h(
      "div",
      { class: "page setup" },
      h("div", { class: "page-head" }, h("h1", {}, t("setup.title"))),
      h("p", { class: "lead" }, t("setup.lead")),
      told,
      steps,
    ),
    stop: end,
  };
}

/**
 * @param {HTMLInputElement | HTMLSelectElement} control
 * @param {string} value
 */
function isPossible(control, value) {
  if (control instanceof HTMLInputElement) return true;
  return [...control.options].some((option) => option.value === value);
}

/** @param {() => unknown} onclick */
function keep(onclick) {
  return button({ label: t("setup.save"), kind: "is-primary", onclick });
}

/**
 * The sentence that shows that all of it works.
 * @param {import("../desk.js").Desk} desk
 */
function trial(desk) {
  const text = h("input", { id: "setup-text", type: "text", maxlength: 200, dir: "auto" });
  text.value = t("voices.sample");
  const heard = h("p", { role: "status", class: "help" });
  const ready = h("p", { hidden: true }, h("a", { href: "#live" }, t("setup.ready")));
  const speak = button({
    icon: "play",
    label: t("setup.speak"),
    kind: "is-primary",
    onclick: async () => {
      speak.disabled = true;
      write(heard, t("setup.speaking"));
      const body = { channel: desk.channel, text: text.value };
      const answer = await desk.attempt(() => desk.api.post("/api/test", body));
      speak.disabled = false;
      const s = answer?.first_sound_s?.toFixed(1) ?? "?";
      write(heard, answer?.spoken ? t("setup.heard", { s }) : (answer?.reason ?? ""));
      ready.hidden = !answer?.spoken;
    },
  });
  return step("test", null, field(t("setup.test.label"), text), [speak], heard, ready);
}

/**
 * @param {string} name
 * @param {Setup | null} setup
 * @param {HTMLElement} body
 * @param {HTMLElement[]} actions
 * @param {...HTMLElement} rest
 */
function step(name, setup, body, actions, ...rest) {
  const isOpen = setup?.missing.includes(name) ?? false;
  const mark = h(
    "span",
    { class: `tag is-${isOpen ? "fair" : "good"}` },
    t(isOpen ? "setup.missing" : "setup.done"),
  );
  return h(
    "li",
    { class: `card step ${isOpen ? "is-open" : ""}`.trim(), "data-step": name },
    h(
      "div",
      { class: "card-head" },
      h("h2", { class: "step-title" }, t(`setup.${name}`)),
      setup && mark,
    ),
    h("div", { class: "step-body" }, body, h("div", { class: "actions" }, ...actions)),
    ...rest,
  );
}
