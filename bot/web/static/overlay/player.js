/** Player: frames become sound, each at its time by the server's clock. */

import { Jitter } from "./jitter.js";
import { OutputClock } from "./output_clock.js";
import { ServerClock } from "./clock.js";
import { openNode } from "./player_node.js";

/** @typedef {import("./wire.js").Frame} Frame */
/** @typedef {import("./queue.js").Beginning} Beginning */

const STEP_MS = 1;
/** Longest difference of two times that are taken to be one. */
const VOLUME_S = 0.02;
/** Time constant of a change of loudness. */
const RETRY_MS = 2000;
/** Pause before the sound system is opened again. */

export class Player {
  /**
   * @param {ServerClock} clock
   * @param {Jitter} jitter
   * @param {number} volume Factor of this page.
   */
  constructor(clock, jitter, volume) {
    this.clock = clock;
    this.jitter = jitter;
    this.volume = volume;
    this.gain = 1;
    this.isMuted = false;
    this.rate = 0;
    /** Is called when it begins or ceases to be heard, or is late. */
    this.onchange = () => {};
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {import("./player_node.js").PlayerNode | null} */
    this.node = null;
    this.aheadMs = 0;
    /** @type {GainNode | null} */
    this.loudness = null;
    /** @type {AnalyserNode | null} */
    this.analyser = null;
    this.output = new OutputClock();
    /** Time and frame of the present segment's first sample: what follows has no gap. */
    this.segment = { play: -1, position: 0, at: 0, start: 0, extra: 0 };
    /** @type {Beginning | null} */
    this.beginning = null;
  }

  get isRunning() {
    return this.context?.state === "running" && this.node !== null && this.clock.isSet;
  }

  /** Milliseconds by which the present play is heard too late. */
  get lateMs() {
    if (this.beginning === null) return 0;
    return (this.beginning.late / this.rate) * 1000 + this.segment.extra;
  }

  get wantedMs() {
    return this.jitter.wantedMs(this.output.latencyMs + this.aheadMs);
  }

  /**
   * Open the sound system for a sample rate; nothing is heard before.
   * @param {number} rate Hertz.
   */
  async open(rate) {
    if (rate === this.rate || rate === 0) return;
    const before = this.context;
    this.rate = rate;
    this.node = null;
    await before?.close().catch(() => {});
    if (this.rate !== rate) return;
    try {
      await this.start(rate);
    } catch {
      // A file of the page that cannot be had just now, or a sound system that is away.
      if (this.rate !== rate) return;
      this.rate = 0;
      setTimeout(() => this.rate === 0 && void this.open(rate), RETRY_MS);
    }
  }

  /** @param {number} rate Hertz. */
  async start(rate) {
    const context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
    this.context = context;
    this.output.reset();
    context.onstatechange = () => {
      this.output.reset();
      this.onchange();
    };
    const { node, aheadMs } = await openNode(context);
    if (this.context !== context) return;
    this.aheadMs = aheadMs;
    node.port.onmessage = ({ data }) => this.begin(data);
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 256;
    this.loudness = context.createGain();
    node.connect(this.analyser);
    node.connect(this.loudness).connect(context.destination);
    this.node = node;
    this.setLoudness();
    this.watch(context);
    this.onchange();
  }

  /** Ask the browser to let sound be heard: outside OBS it wants a click before. */
  resume() {
    this.context?.resume().catch(() => {});
  }

  /** @param {Frame} frame */
  play(frame) {
    this.jitter.add(this.clock.toServer(performance.now()) - frame.sent, performance.now());
    if (this.node === null || !this.isRunning) return;
    const { play, position, samples } = frame;
    const chunk = { play, position, samples, start: this.startOf(frame) };
    this.node.port.postMessage({ type: "chunk", chunk }, [samples.buffer]);
  }

  /** @param {number} play */
  finish(play) {
    this.node?.port.postMessage({ type: "finish", play });
  }

  /** @param {number} play */
  cut(play) {
    this.node?.port.postMessage({ type: "cut", play });
    this.beginning = null;
  }

  /** Fall silent and begin anew: the server may be another one. */
  reset() {
    this.node?.port.postMessage({ type: "reset" });
    this.beginning = null;
    this.segment.play = -1;
    this.jitter.reset();
  }

  /** @param {number} gain Factor of the server. */
  setGain(gain) {
    this.gain = gain;
    this.setLoudness();
  }

  /** @param {boolean} isMuted */
  setMuted(isMuted) {
    this.isMuted = isMuted;
    this.setLoudness();
  }

  /**
   * Return which part of which play is heard now; null in silence.
   * @returns {{play: number, seconds: number} | null}
   */
  heard() {
    if (this.beginning === null || this.context === null) return null;
    const frame = this.output.contextTime(performance.now()) * this.rate;
    const { play, position } = this.beginning;
    return { play, seconds: (position + frame - this.beginning.frame) / this.rate };
  }

  /**
   * Return the frame of the audio clock at which a frame is due.
   * @param {Frame} frame
   */
  startOf({ play, position, at }) {
    const { segment } = this;
    const expected = segment.at + ((position - segment.position) / this.rate) * 1000;
    if (play !== segment.play || Math.abs(at - expected) > STEP_MS) {
      const extra = this.jitter.extraMs(this.output.latencyMs + this.aheadMs);
      const heard = this.output.contextTime(this.clock.toLocal(at) + extra);
      const start = Math.round(heard * this.rate);
      this.segment = { play, position, at, start, extra };
      return start;
    }
    return segment.start + position - segment.position;
  }

  /** @param {Beginning} beginning */
  begin(beginning) {
    const before = this.lateMs;
    this.beginning = beginning;
    if (this.lateMs !== before) this.onchange();
  }

  setLoudness() {
    const wanted = this.isMuted ? 0 : this.gain * this.volume;
    if (this.context === null) return;
    this.loudness?.gain.setTargetAtTime(wanted, this.context.currentTime, VOLUME_S);
  }

  /** Compare the audio clock. */
  look() {
    if (this.context?.state === "running") this.output.look(this.context);
  }

  /**
   * Follow the audio clock as long as `context` is the present one.
   * @param {AudioContext} context
   */
  watch(context) {
    if (this.context !== context || context.state === "closed") return;
    this.look();
    setTimeout(() => this.watch(context), OutputClock.STEP_MS);
  }
}
