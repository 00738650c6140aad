/** Feed: what the player sends becomes samples, in whichever thread they are asked for. */

import { SampleQueue } from "./queue.js";

const FADE_S = 0.005;
const PATIENCE_S = 0.06;

export class Feed {
  /**
   * @param {MessagePort} port The player's end of it sends chunks, and hears of beginnings.
   * @param {number} rate Hertz.
   */
  constructor(port, rate) {
    this.queue = new SampleQueue(
      Math.round(FADE_S * rate),
      Math.round(PATIENCE_S * rate),
      (beginning) => port.postMessage(beginning),
    );
    port.onmessage = ({ data }) => {
      if (data.type === "chunk") this.queue.push(data.chunk);
      else if (data.type === "finish") this.queue.finish(data.play);
      else if (data.type === "cut") this.queue.cut(data.play);
      else this.queue.reset();
    };
  }

  /**
   * Fill `out` with what is heard from `frame` on.
   * @param {Float32Array} out
   * @param {number} frame
   */
  pull(out, frame) {
    this.queue.pull(out, frame);
  }
}
