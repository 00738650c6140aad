/** The audio thread's end of the player. */

import { SampleQueue } from "./queue.js";

const FADE_S = 0.005;
const PATIENCE_S = 0.06;

class PlayerProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.queue = new SampleQueue(
      Math.round(FADE_S * sampleRate),
      Math.round(PATIENCE_S * sampleRate),
      (beginning) => this.port.postMessage(beginning),
    );
    this.port.onmessage = ({ data }) => {
      if (data.type === "chunk") this.queue.push(data.chunk);
      else if (data.type === "finish") this.queue.finish(data.play);
      else if (data.type === "cut") this.queue.cut(data.play);
      else this.queue.reset();
    };
  }

  /**
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   * @override
   */
  process(_inputs, outputs) {
    const out = outputs[0]?.[0];
    if (out !== undefined) this.queue.pull(out, currentFrame);
    return true;
  }
}

registerProcessor("player", PlayerProcessor);
