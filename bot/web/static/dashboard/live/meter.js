/**
 * Meter of the speech level: what was heard runs off to the left, what comes is pale.
 * @module
 */

import { h } from "../../shared/dom.js";
import { loudness } from "./playing.js";

const SHOWN_S = 6;
/** Where on it the present is. */
const NOW = 0.62;
const BAR_PX = 3;
const GAP_PX = 2;
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

export class Meter {
  constructor() {
    this.element = h("canvas", { class: "meter", "aria-hidden": "true" });
    this.drawnAt = 0;
  }

  clear() {
    const { canvas, context } = this.sized();
    context?.clearRect(0, 0, canvas.width, canvas.height);
  }

  /**
   * @param {import("./playing.js").Playing} playing
   * @param {number} position In seconds.
   */
  draw(playing, position) {
    const now = performance.now();
    if (isCalm.matches && now - this.drawnAt < 1000) return;
    this.drawnAt = now;
    const { canvas, context, ratio } = this.sized();
    if (!context) return;
    const style = getComputedStyle(canvas);
    const [heard, coming] = [style.color, style.borderTopColor];
    const pitch = (BAR_PX + GAP_PX) * ratio;
    const bars = Math.floor(canvas.width / pitch);
    const stepS = SHOWN_S / bars;
    // Bars keep their place in time and slide, so that none of them flickers.
    const first = Math.floor((position - NOW * SHOWN_S) / stepS);
    const slide = ((position - NOW * SHOWN_S) / stepS - first) * pitch;
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (let bar = 0; bar <= bars; bar++) {
      const at = (first + bar) * stepS;
      const level = at < 0 ? 0 : loudness(playing.levelAt(at));
      const height = Math.max(level * canvas.height, 2 * ratio);
      context.fillStyle = at <= position && at >= 0 ? heard : coming;
      context.fillRect(bar * pitch - slide, (canvas.height - height) / 2, BAR_PX * ratio, height);
    }
  }

  /** The canvas with a pixel for each of the screen. */
  sized() {
    const canvas = this.element;
    const ratio = globalThis.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    return { canvas, context: canvas.getContext("2d"), ratio };
  }
}
