/** The audio thread's end of the player. */

import { Feed } from "./feed.js";

class PlayerProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.feed = new Feed(this.port, sampleRate);
  }

  /**
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   * @override
   */
  process(_inputs, outputs) {
    const out = outputs[0]?.[0];
    if (out !== undefined) this.feed.pull(out, currentFrame);
    return true;
  }
}

registerProcessor("player", PlayerProcessor);
