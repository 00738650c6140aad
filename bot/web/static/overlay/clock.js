/** Clock of the server, as this page estimates it by asking for the time. */

const KEPT = 20;

export class ServerClock {
  constructor() {
    /** @type {{roundTrip: number, offset: number}[]} */
    this.samples = [];
  }

  /** Forget what was measured: the server is another one now. */
  reset() {
    this.samples = [];
  }

  get isSet() {
    return this.samples.length > 0;
  }

  /**
   * Take an answer; all times are in milliseconds.
   * @param {number} asked When it was asked, by this page's clock.
   * @param {number} answered When the answer came, by this page's clock.
   * @param {number} now The server's time.
   */
  add(asked, answered, now) {
    const roundTrip = Math.max(answered - asked, 0);
    this.samples.push({ roundTrip, offset: now - (asked + answered) / 2 });
    if (this.samples.length > KEPT) this.samples.shift();
  }

  /** Server's time less this page's: the quickest answer is wrong by the least. */
  get offset() {
    let best = this.samples[0];
    for (const sample of this.samples) {
      if (best === undefined || sample.roundTrip <= best.roundTrip) best = sample;
    }
    return best === undefined ? 0 : best.offset;
  }

  /**
   * Return the server's time at a time of this page.
   * @param {number} local
   */
  toServer(local) {
    return local + this.offset;
  }

  /**
   * Return this page's time at a time of the server.
   * @param {number} server
   */
  toLocal(server) {
    return server - this.offset;
  }
}
