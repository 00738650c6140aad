/** Jitter buffer's size: how long before it is heard a frame needs to be sent to this page. */

const LEAST_MS = 60;
const MOST_MS = 400;
const SHARE = 0.98;
/** Part of the messages that are to come in time. */
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
   * Return the time that a frame needs, in milliseconds.
   * @param {number} outputMs How long sound takes from the audio thread to the ear.
   */
  wantedMs(outputMs) {
    const transits = this.samples.map((sample) => sample.transit).sort((a, b) => a - b);
    const place = Math.min(Math.floor(transits.length * SHARE), transits.length - 1);
    const wanted = (transits[place] ?? 0) + outputMs + MARGIN_MS;
    return Math.round(Math.min(Math.max(wanted, LEAST_MS), MOST_MS));
  }
}
