/** Loudness as a bar or a ring that moves with the voice. */

const FALL = 0.86;
/** What is left of the loudness shown after a picture, when it falls. */

const GAIN = 2;
/** Of loudness; speech is seldom above a quarter of full scale. */

export class Level {
  /**
   * @param {HTMLElement} element Shows the custom property `--level`, 0 to 1.
   * @param {"bar" | "ring" | "none"} form
   */
  constructor(element, form) {
    this.element = element;
    this.form = form;
    element.dataset["form"] = form;
    this.value = 0;
    this.shown = -1;
    this.samples = new Float32Array(256);
  }

  /**
   * Draw how loud it is now.
   * @param {AnalyserNode | null} analyser Null where the page plays no sound.
   */
  draw(analyser) {
    if (this.form === "none") return;
    let energy = 0;
    if (analyser !== null) {
      analyser.getFloatTimeDomainData(this.samples);
      for (const sample of this.samples) energy += sample * sample;
    }
    // The square root of the RMS, roughly as it sounds.
    const now = Math.min((energy / this.samples.length) ** 0.25 * GAIN, 1);
    this.value = Math.max(now, this.value * FALL);
    const shown = Math.round(this.value * 100) / 100;
    if (shown === this.shown) return;
    this.shown = shown;
    this.element.style.setProperty("--level", String(shown));
  }
}
