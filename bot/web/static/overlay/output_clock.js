/** Clock of the sound that leaves the machine, compared with that of the page. */

const KEPT = 9;

/**
 * What it needs of an AudioContext.
 * @typedef {object} Context
 * @property {number} currentTime
 * @property {number} baseLatency
 * @property {number} outputLatency
 * @property {() => AudioTimestamp} getOutputTimestamp
 */

export class OutputClock {
  static STEP_MS = 200;
  /** How often it is to be looked at, in milliseconds. */

  constructor() {
    /** Time of the context less that of the page, in seconds. @type {number[]} */
    this.differences = [];
    this.latencyMs = 0;
    /** How long sound takes from the audio thread to the ear. */
  }

  reset() {
    this.differences = [];
  }

  /**
   * Compare the clocks: single readings are wrong by a buffer of the sound system.
   * @param {Context} context
   * @param {number} [now] Time of the page, in milliseconds.
   */
  look(context, now = performance.now()) {
    const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
    const latency = context.outputLatency || context.baseLatency || 0;
    const difference = contextTime > 0 && performanceTime > 0
      ? contextTime - performanceTime / 1000
      : context.currentTime - latency - now / 1000;
    this.differences.push(difference);
    if (this.differences.length > KEPT) this.differences.shift();
    this.latencyMs = Math.max(context.currentTime - this.contextTime(now), 0) * 1000;
  }

  /**
   * Return the time of the context's sound that is heard at a time of the page.
   * @param {number} local Milliseconds.
   */
  contextTime(local) {
    const sorted = [...this.differences].sort((a, b) => a - b);
    return (sorted[sorted.length >> 1] ?? 0) + local / 1000;
  }
}
