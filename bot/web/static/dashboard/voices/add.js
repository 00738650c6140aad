/**
 * The form that makes a voice of a recording: read a sentence aloud or choose a file, have it
 * judged, say whose voice it is, and add it.
 * @module
 */

import { ApiError } from "../../shared/api.js";
import { h, write } from "../../shared/dom.js";
import { duration, language, t } from "../../shared/language.js";
import { sentence } from "../desk.js";
import { button, card, field, select } from "../parts.js";
import { judgementOf, soundOf } from "./judgement.js";
import { Microphone, play, toWav } from "./sound.js";

const LONGEST_S = 20;
/** Languages of the sentences to read aloud. */
const READ_IN = ["en", "de"];

/**
 * @param {import("../desk.js").Desk} desk
 * @param {() => Promise<void>} onAdded
 * @returns {HTMLElement}
 */
export function addCard(desk, onAdded) {
  /** @type {Blob | null} */
  let recording = null;
  let filename = "";
  /** Whether the transcript is that of the part that the daemon took, not of all. */
  let isPart = false;
  /** The transcript that this page wrote of the recording, not the user. */
  let written = "";
  const level = h("meter", {
    min: 0,
    max: 1,
    high: 0.95,
    optimum: 0.5,
    value: 0,
    "aria-label": t("add.level"),
  });
  const taken = h("p", { class: "help", role: "status" }, t("add.nothing"));
  const judged = h("div", { class: "judged", role: "status" });
  const file = h("input", {
    id: "add-file",
    type: "file",
    accept: "audio/*,.wav,.flac,.mp3,.ogg,.webm,.m4a",
    onchange: () => {
      const [chosen] = file.files ?? [];
      if (chosen) take(chosen, chosen.name);
    },
  });
  const name = h("input", {
    id: "add-name",
    type: "text",
    required: true,
    maxlength: 40,
    autocapitalize: "none",
    spellcheck: "false",
  });
  const transcript = h("textarea", { id: "add-transcript", rows: 3, dir: "auto" });
  const code = select(
    READ_IN.map((key) => [key, t(`language.${key}`)]),
    READ_IN.includes(language) ? language : "en",
    {
      id: "add-language",
      onchange: () => prompt(),
    },
  );
  const licence = h("input", { id: "add-licence", type: "text", maxlength: 200 });
  const consent = h("input", {
    id: "add-consent",
    type: "text",
    required: true,
    maxlength: 200,
    placeholder: t("add.consent.example"),
  });
  const agreed = h("input", { id: "add-agreed", type: "checkbox", required: true });
  const aloud = h("blockquote", { class: "aloud" });
  const record = button({ icon: "record", label: t("add.record"), onclick: () => toggle() });
  const hear = button({
    icon: "play",
    label: t("add.hear"),
    onclick: () => recording && play(recording).catch(undecodable),
  });
  const check = button({ label: t("add.check"), onclick: () => send(true) });
  const add = h("button", { class: "button is-primary" }, t("add.add"));
  /** @type {Microphone | null} */
  let microphone = null;
  /** Whether recording begins or ends: a browser may ask whether it is allowed, for minutes. */
  let isTurning = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  function prompt() {
    write(aloud, t(`aloud.${code.value}`));
  }

  /** @param {string} words What is said in the recording. */
  function transcribe(words) {
    transcript.value = words;
    written = words;
  }

  /**
   * @param {Blob} sound
   * @param {string} called
   */
  function take(sound, called) {
    recording = sound;
    filename = called;
    isPart = false;
    if (transcript.value === written) transcribe(""); // it was that of another recording
    write(taken, t("add.taken", { name: called, kb: Math.ceil(sound.size / 1024) }));
    judged.replaceChildren();
    mark();
  }

  function mark() {
    for (const control of [hear, check, add]) control.disabled = !recording;
  }

  async function toggle() {
    if (isTurning) return;
    isTurning = true;
    try {
      await (microphone ? finish() : begin());
    } finally {
      isTurning = false;
    }
  }

  async function begin() {
    const started = new Microphone((peak) => {
      level.value = peak;
    });
    try {
      await started.start();
    } catch {
      write(taken, t("add.nomicrophone"));
      return;
    }
    microphone = started;
    const from = performance.now();
    relabel(t("add.stop"), true);
    timer = setInterval(() => {
      const s = (performance.now() - from) / 1000;
      write(taken, t("add.recording", { s: duration(s) }));
      if (s >= LONGEST_S || !record.isConnected) void toggle();
    }, 250);
  }

  async function finish() {
    clearInterval(timer);
    const sound = await microphone?.stop();
    microphone = null;
    level.value = 0;
    relabel(t("add.record"), false);
    if (!sound) return;
    try {
      take(await toWav(sound), "recording.wav");
    } catch {
      undecodable();
      return;
    }
    if (!transcript.value.trim()) transcribe(aloud.textContent ?? "");
  }

  /**
   * @param {string} words
   * @param {boolean} isOn
   */
  function relabel(words, isOn) {
    record.classList.toggle("is-panic", isOn);
    const label = record.querySelector("span");
    if (label) write(label, words);
  }

  /** @param {boolean} isDry Whether it is only judged. */
  async function send(isDry) {
    if (!recording) return;
    const form = new FormData();
    const words = transcript.value.trim();
    const fields = {
      name: name.value.trim(),
      transcript: words,
      whole: words && !isPart ? "yes" : "",
      language: code.value,
      licence: licence.value.trim(),
      consent: agreed.checked ? consent.value.trim() : "",
    };
    for (const [key, value] of Object.entries(fields)) form.append(key, value);
    form.append("file", recording, filename); // last: the daemon knows all else when it comes
    const controls = [check, add];
    for (const control of controls) control.disabled = true;
    write(judged, t("add.judging"));
    try {
      const answer = await desk.api.call("POST", `/api/voices${isDry ? "?dry=1" : ""}`, form);
      show(answer, isDry);
      if (!isDry) await added();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      showFaults(error);
    } finally {
      mark();
    }
  }

  /**
   * @param {import("./judgement.js").Answer} answer
   * @param {boolean} isDry
   */
  function show(answer, isDry) {
    const lines = judgementOf(answer, t).map((line) => h("li", {}, line));
    const sound = soundOf(answer);
    judged.replaceChildren(
      h("p", { class: "good" }, t(isDry ? "add.fine" : "add.added", { name: name.value })),
      h("ul", { class: "bullets" }, ...lines),
      button({ icon: "play", label: t("add.prepared"), onclick: () => play(sound) }),
    );
    if (transcript.value.trim()) return;
    isPart = true; // from here on the transcript is that of the part that was taken
    transcribe(answer.judged.heard);
  }

  /** @param {ApiError} error */
  function showFaults(error) {
    judged.replaceChildren(h("p", { class: "problem" }, sentence(error)));
  }

  async function added() {
    desk.toasts.show(t("add.added", { name: name.value }));
    recording = null;
    name.value = "";
    transcribe("");
    agreed.checked = false;
    await onAdded();
  }

  function undecodable() {
    judged.replaceChildren(h("p", { class: "problem" }, t("add.undecodable")));
  }

  prompt();
  mark();
  const form = h(
    "form",
    {
      class: "stack",
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        void send(false);
      },
    },
    field(t("language.read"), code),
    h(
      "div",
      { class: "field" },
      h("p", { class: "label" }, t("add.aloud")),
      aloud,
      h("p", { class: "help" }, t("add.tips")),
    ),
    h("div", { class: "recorder" }, record, level),
    field(t("add.file"), file),
    taken,
    h("div", { class: "actions" }, hear, check),
    judged,
    field(t("add.transcript"), transcript, t("add.transcript.help")),
    field(t("add.name"), name, t("add.name.help")),
    field(t("add.consent"), consent, t("add.consent.help")),
    h("label", { class: "check" }, agreed, h("span", {}, t("add.agreed"))),
    field(t("add.licence"), licence, t("add.licence.help")),
    h("div", { class: "actions" }, add),
  );
  return card({ id: "add", title: t("add.title") }, form).element;
}
