/** Jitter buffer's size: how long before it is heard a frame needs to be sent to this page. */

const LEAST_MS = 60;
const MOST_MS = 1000;
const COMMON_MS = 400;
/** Longest time that the server gives all pages. */
const SHARE = 0.95;
/** Part of the messages that are to come in time. */
const RESERVE = 0.25;
/** For what is worse than that, as a part of how much the times differ. */
const KEPT = 100;
const FRESH_MS = 60_000;
/** For how long what was measured counts. */
const MARGIN_MS = 15;
/** For the way from the socket to the audio thread. */

export class Jitter {
  constructor() {
    /** @type {{at: number, transit: number}[]} */
    this.samples = [];
  }

  /** Forget what was measured: the network is another one now. */
  reset() {
    this.samples = [];
  }

  /**
   * Take note of how long a message took.
   * @param {number} transit Milliseconds from the server to here.
   * @param {number} at Time of this page, in milliseconds.
   */
  add(transit, at) {
    this.samples.push({ at, transit: Math.max(transit, 0) });
    const oldest = this.samples[0];
    if (this.samples.length > KEPT || (oldest && at - oldest.at > FRESH_MS)) this.samples.shift();
  }

  /**
   * Return what this page waits beyond what all wait, so as to have no gaps; then it is behind
   * the others.
   * @param {number} outputMs As below.
   */
  extraMs(outputMs) {
    return Math.max(this.wantedMs(outputMs) - COMMON_MS, 0);
  }

  /**
   * Return the time that a frame needs, in milliseconds.
   * @param {number} outputMs How long sound takes from the audio thread to the ear.
   */
  wantedMs(outputMs) {
    const transits = this.samples.map((sample) => sample.transit).sort((a, b) => a - b);
    const high = transits[Math.floor((transits.length - 1) * SHARE)] ?? 0;
    // Sound takes several packets, of which each may be the late one.
    const spread = (high - (transits[0] ?? 0)) * RESERVE;
    const wanted = high + spread + outputMs + MARGIN_MS;
    return Math.round(Math.min(Math.max(wanted, LEAST_MS), MOST_MS));
  }
}
