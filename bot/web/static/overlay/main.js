/** Overlay: plays a channel and shows who speaks. */

import { Connection } from "./connection.js";
import { Jitter } from "./jitter.js";
import { Level } from "./level.js";
import { Player } from "./player.js";
import { ServerClock } from "./clock.js";
import { View } from "./view.js";
import { label } from "./labels.js";
import { readFrame } from "./wire.js";
import { readOptions, socketAddress } from "./options.js";

/** @typedef {import("./wire.js").Message} Message */

const LOOK_MS = 2000;
const FIRST_MS = 150;
/** Between the first questions for the time. */
const FIRST_COUNT = 15;
const BUILT_COUNT = 3;
/** First answers that say nothing about the network: they wait for a page that is being built. */

export class Overlay {
  /** @param {Document} page */
  constructor(page) {
    this.options = readOptions(location.search, navigator.language);
    this.clock = new ServerClock();
    this.player = new Player(this.clock, new Jitter(), this.options.volume);
    this.player.onchange = () => this.report();
    this.view = new View(page, this.options);
    const level = /** @type {HTMLElement} */ (page.getElementById("level"));
    this.level = new Level(level, this.options.hasSound ? this.options.level : "none");
    this.button = /** @type {HTMLButtonElement} */ (page.getElementById("hear"));
    this.button.textContent = label(this.options.language, "click");
    this.button.onclick = () => this.player.resume();
    /** @type {import("./wire.js").Timeline | null} */
    this.timeline = null;
    this.asked = 0;
    this.connection = new Connection(socketAddress(location, this.options), {
      opened: () => this.ask(),
      closed: () => this.close(),
      text: (text) => this.take(JSON.parse(text)),
      binary: (data) => {
        const frame = readFrame(data);
        if (frame !== null) this.player.play(frame);
      },
    });
  }

  run() {
    this.connection.open();
    setInterval(() => this.connection.look(), LOOK_MS);
    const draw = () => {
      this.draw();
      requestAnimationFrame(draw);
    };
    draw();
  }

  /** Ask for the time, often at first; then the server says when. */
  ask() {
    if (this.connection.socket?.readyState !== WebSocket.OPEN) return;
    const socket = this.connection.socket;
    this.asked += 1;
    this.connection.send({ type: "ping", t: performance.now() });
    if (this.asked >= FIRST_COUNT) return;
    setTimeout(() => {
      if (this.connection.socket === socket) this.ask();
    }, FIRST_MS);
  }

  /** Tell the server whether sound would be heard, and how late. */
  report() {
    const { isRunning, wantedMs, lateMs } = this.player;
    const state = this.player.context?.state;
    this.button.hidden = !this.options.hasSound || state !== "suspended";
    this.connection.send({
      type: "report", is_running: isRunning, wanted_ms: wantedMs, late_ms: Math.min(lateMs, 60_000),
    });
  }

  close() {
    this.asked = 0;
    this.clock.reset();
    this.timeline = null;
    this.player.reset();
    this.view.hide();
  }

  /** @param {Message} message */
  take(message) {
    switch (message.type) {
      case "pong": {
        const now = performance.now();
        this.clock.add(message.t, now, message.now);
        if (this.asked <= BUILT_COUNT) break;
        this.player.jitter.add(this.clock.toServer(now) - message.now, now);
        this.report();
        break;
      }
      case "tick":
        this.player.look();
        if (this.asked >= FIRST_COUNT) this.ask();
        break;
      case "state":
        this.player.setMuted(message.is_muted);
        if (this.options.hasSound) void this.player.open(message.sample_rate_hz);
        break;
      case "gain": return this.player.setGain(message.gain);
      case "timeline": this.timeline = message; break;
      case "finish": return this.player.finish(message.play);
      case "cut":
        this.player.cut(message.play);
        this.timeline = null;
        break;
      case "started": return this.view.show(message);
      case "words": return this.view.addWords(message.id, message.words);
      case "ended":
        if (message.outcome === "dropped") this.view.hide();
        else this.view.end(message.id);
    }
  }

  draw() {
    const { shown } = this.view;
    if (shown !== null) this.view.mark(this.secondsOf(shown));
    this.level.draw(this.player.isMuted ? null : this.player.analyser);
  }

  /**
   * Return which place of an utterance is heard now, in seconds after its start.
   * @param {import("./wire.js").Started} shown
   */
  secondsOf(shown) {
    const now = this.clock.toServer(performance.now());
    const { timeline } = this;
    if (timeline === null || timeline.id !== shown.id) return (now - shown.at) / 1000;
    const heard = this.player.heard();
    if (heard?.play === timeline.play) return heard.seconds;
    return timeline.position_s + (now - timeline.at) / 1000;
  }
}

export const overlay = new Overlay(document);
overlay.run();
