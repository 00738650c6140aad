/**
 * Bar at the top: which channel, how loud, whether it reads, and panic.
 * @module
 */

import { h, write } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { named, t } from "../shared/language.js";
import { button, relabel, select } from "./parts.js";

export class Bar {
  /**
   * @param {import("./desk.js").Desk} desk
   * @param {readonly string[]} channels
   * @param {(channel: string) => void} onChannel
   */
  constructor(desk, channels, onChannel) {
    this.desk = desk;
    this.isPaused = false;
    this.isPanicking = false;
    this.isOn = true;
    /** @type {string | null} The volume that is being set. */
    this.wanted = null;
    this.state = h("span", { class: "state", role: "status" });
    this.channel = select(
      channels.map((name) => [name, name]),
      desk.channel,
      {
        "aria-label": t("channel"),
        id: "channel",
        onchange: () => onChannel(this.channel.value),
      },
    );
    const given = desk.may("moderator") ? this.controls() : [];
    this.element = h(
      "header",
      { class: "bar" },
      h("span", { class: "brand" }, icon("live"), h("span", {}, "ishowtts")),
      this.channel,
      this.state,
      h("div", { class: "bar-controls" }, ...given),
    );
    this.alarm = h(
      "div",
      { class: "alarm", role: "alert", hidden: true },
      h("strong", {}, t("panic.on")),
      h("span", {}, t("panic.help")),
      desk.may("moderator") &&
        button({ label: t("release"), kind: "is-plain", onclick: () => desk.command("release") }),
    );
    if (desk.may("moderator")) document.addEventListener("keydown", (event) => this.key(event));
  }

  /** @returns {HTMLElement[]} */
  controls() {
    const { desk } = this;
    const percent = h("output", { class: "percent", for: "volume" });
    const volume = h("input", {
      type: "range",
      min: 0,
      max: 100,
      step: 1,
      id: "volume",
      "aria-label": t("volume"),
      oninput: () => {
        write(percent, `${volume.value} %`);
        void this.tellVolume(volume.value);
      },
    });
    this.volume = volume;
    this.percent = percent;
    this.reading = button({
      icon: "mute",
      label: t("off"),
      kind: "is-reading",
      onclick: () => desk.command(this.isOn ? "off" : "on"),
    });
    this.pause = button({
      icon: "pause",
      label: t("pause"),
      onclick: () => desk.command(this.isPaused ? "resume" : "pause"),
    });
    const panic = button({
      icon: "panic",
      label: t("panic"),
      kind: "is-panic",
      onclick: () => desk.panic(),
    });
    panic.title = t("panic.key");
    panic.setAttribute("aria-keyshortcuts", "Escape");
    return [
      h("div", { class: "volume" }, icon("unmute"), volume, percent),
      this.reading,
      this.pause,
      panic,
    ];
  }

  /**
   * Set the volume, one command after the other: the latest one counts.
   * @param {string} percent
   */
  async tellVolume(percent) {
    const { api, channel } = this.desk;
    const isTelling = this.wanted !== null;
    this.wanted = percent;
    if (isTelling) return;
    for (let told = ""; told !== this.wanted;) {
      told = this.wanted;
      const body = { command: `volume ${told}`, channel };
      await this.desk.attempt(() => api.post("/api/command", body));
    }
    this.wanted = null;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== "Escape" || event.repeat || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return; // it closes that
    event.preventDefault();
    void this.desk.panic();
  }

  /** @param {any} state That of the daemon. */
  show(state) {
    const mine = state.channels?.[this.desk.channel];
    if (!mine) return;
    this.isPaused = mine.holds.includes("pause");
    this.isPanicking = mine.is_panicking;
    this.isOn = mine.is_on;
    this.alarm.hidden = !mine.is_panicking;
    document.body.classList.toggle("is-panicking", mine.is_panicking);
    const [words, kind] = condition(mine);
    write(this.state, words);
    this.state.className = `state is-${kind}`;
    if (!this.volume || !this.percent) return;
    const percent = String(Math.round(mine.volume * 100));
    if (this.wanted === null) {
      this.volume.value = percent;
      write(this.percent, `${percent} %`);
    }
    if (!this.pause || !this.reading) return;
    relabel(this.pause, this.isPaused ? "play" : "pause", t(this.isPaused ? "resume" : "pause"));
    relabel(this.reading, this.isOn ? "mute" : "unmute", t(this.isOn ? "off" : "on"));
  }

  /** @param {boolean} isConnected */
  showConnection(isConnected) {
    this.element.classList.toggle("is-away", !isConnected);
    if (isConnected) return;
    write(this.state, t("unreachable"));
    this.state.className = "state is-bad";
  }
}

/**
 * How a channel is, in words and as a colour.
 * @param {any} channel
 * @returns {[string, "good" | "fair" | "bad"]}
 */
export function condition(channel) {
  if (channel.is_panicking) return [t("state.panic"), "bad"];
  if (!channel.is_on) return [t("state.off"), "fair"];
  if (channel.is_paused) {
    const holds = channel.holds.map((/** @type {string} */ name) => named("hold", name));
    return [holds.join(", "), "fair"];
  }
  if (!channel.is_heard) return [t("state.unheard"), "bad"];
  return [t("state.live"), "good"];
}
