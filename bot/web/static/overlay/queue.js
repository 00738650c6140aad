/**
 * Queue of samples in the audio thread: each chunk is heard at its frame of the audio clock.
 *
 * A chunk that comes late is heard late, and so is what follows of its play: nothing is left out.
 */

/**
 * @typedef {object} Chunk
 * @property {number} play
 * @property {number} position Place of the first sample in the utterance.
 * @property {number} start Frame of the audio clock at which that is due.
 * @property {Float32Array} samples
 *
 * @typedef {object} Beginning Sound begins, or goes on after a gap.
 * @property {number} play
 * @property {number} position Place in the utterance of the sample that is heard first.
 * @property {number} frame Frame of the audio clock at which it is.
 * @property {number} late Frames by which it is late.
 */

export class SampleQueue {
  /**
   * @param {number} fade Frames of the fade when sound is cut.
   * @param {number} patience Frames that are collected after sound came late.
   * @param {(beginning: Beginning) => void} tell Is told when sound begins.
   */
  constructor(fade, patience, tell) {
    this.fade = fade;
    this.patience = patience;
    this.tell = tell;
    /** @type {Chunk[]} */
    this.chunks = [];
    /** Samples of the first chunk that were heard. */
    this.taken = 0;
    /** Number of the present play. */
    this.play = -1;
    /** Frames by which the present play is late. */
    this.late = 0;
    /** The last play that was cut. */
    this.cutPlay = -1;
    /** The last play of which all has come. */
    this.finished = -1;
    /** Frame of the audio clock that follows what was heard last; -1 after a gap. */
    this.next = -1;
    /** Samples that still fade out. @type {Float32Array} */
    this.fading = new Float32Array(0);
  }

  /** @param {Chunk} chunk */
  push(chunk) {
    if (chunk.play > this.cutPlay && chunk.samples.length > 0) this.chunks.push(chunk);
  }

  /** @param {number} play All of it has come: what is left need not wait for more. */
  finish(play) {
    this.finished = play;
  }

  /**
   * Fall silent, with a fade.
   * @param {number} play The last one that is cut.
   */
  cut(play) {
    this.cutPlay = Math.max(this.cutPlay, play);
    const first = this.chunks[0];
    if (first !== undefined && this.next >= 0 && first.play <= play) {
      const rest = first.samples.slice(this.taken, this.taken + this.fade);
      this.fading = rest.map((sample, index) => sample * (1 - (index + 1) / rest.length));
    }
    this.chunks = this.chunks.filter((chunk) => chunk.play > play);
    this.taken = 0;
    this.next = -1;
  }

  /** Fall silent and begin anew: the server may be another one, which counts from 1. */
  reset() {
    this.cut(Infinity);
    this.cutPlay = -1;
    this.finished = -1;
    this.play = -1;
  }

  /**
   * Fill `out` with what is heard from `frame` on.
   * @param {Float32Array} out
   * @param {number} frame
   */
  pull(out, frame) {
    out.fill(0);
    let filled = this.takeFade(out);
    while (filled < out.length) {
      const chunk = this.chunks[0];
      if (chunk === undefined) break;
      if (this.taken === 0 && this.next !== frame + filled) {
        const due = this.dueFrame(chunk, frame + filled);
        if (due >= frame + out.length) break;
        filled = Math.max(due - frame, filled);
      } else if (this.taken === 0 && this.isEarly(chunk, frame + filled)) {
        this.next = -1; // the server left a gap here
        continue;
      }
      this.begin(chunk, frame + filled);
      filled += this.takeInto(out.subarray(filled));
      this.next = frame + filled;
    }
    if (this.next !== frame + out.length) this.next = -1;
  }

  /** @param {Float32Array} out */
  takeFade(out) {
    const count = Math.min(this.fading.length, out.length);
    out.set(this.fading.subarray(0, count));
    this.fading = this.fading.subarray(count);
    return count;
  }

  /**
   * Tell whether a chunk is due later than `now`, though another one ends here.
   * @param {Chunk} chunk
   * @param {number} now
   */
  isEarly(chunk, now) {
    return chunk.play !== this.play || chunk.start + this.late > now;
  }

  /**
   * Return when a chunk that begins after silence is heard; late ones wait until more has come.
   * @param {Chunk} chunk
   * @param {number} now
   */
  dueFrame(chunk, now) {
    if (chunk.play !== this.play) {
      this.play = chunk.play;
      this.late = 0;
    }
    if (chunk.start + this.late < now) {
      const isWhole = this.finished >= chunk.play;
      this.late = now - chunk.start + (isWhole ? 0 : this.patience);
    }
    return chunk.start + this.late;
  }

  /**
   * @param {Chunk} chunk
   * @param {number} frame
   */
  begin(chunk, frame) {
    if (this.taken > 0 || this.next === frame) return;
    this.tell({ play: chunk.play, position: chunk.position, frame, late: this.late });
  }

  /** @param {Float32Array} out */
  takeInto(out) {
    const chunk = /** @type {Chunk} */ (this.chunks[0]);
    const count = Math.min(chunk.samples.length - this.taken, out.length);
    out.set(chunk.samples.subarray(this.taken, this.taken + count));
    this.taken += count;
    if (this.taken === chunk.samples.length) {
      this.chunks.shift();
      this.taken = 0;
    }
    return count;
  }
}
