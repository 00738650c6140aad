/**
 * What is being said: where in it we are, which word that is, and how loud.
 * @module
 */

/** @typedef {[string, number, number, ...unknown[]]} Word Text, start and end in seconds. */
/** @typedef {{ id: string, step_s: number, start_s: number, values: number[] }} Levels */

export class Playing {
  /**
   * @param {object} of
   * @param {string} of.id
   * @param {string} of.chatter
   * @param {string} of.text
   * @param {number | null} of.startedAt Unix seconds by the daemon's clock.
   * @param {readonly Word[]} [of.words]
   * @param {string} [of.engine]
   */
  constructor({ id, chatter, text, startedAt, words = [], engine = "" }) {
    this.id = id;
    this.chatter = chatter;
    this.text = text;
    this.startedAt = startedAt;
    this.engine = engine;
    /** @type {Word[]} */
    this.words = [...words];
    this.stepS = 0.05;
    /** @type {number[]} From the beginning, one a step. */
    this.levels = [];
  }

  /** @param {readonly Word[]} words Those of a further piece. */
  addWords(words) {
    const last = this.words.at(-1);
    this.words.push(...words.filter((word) => !last || word[1] >= last[1]));
  }

  /** @param {Levels} levels */
  addLevels(levels) {
    if (!(levels.step_s > 0)) return;
    this.stepS = levels.step_s;
    const first = Math.round(levels.start_s / levels.step_s);
    levels.values.forEach((value, place) => {
      this.levels[first + place] = Math.min(Math.max(value, 0), 1);
    });
  }

  /**
   * @param {number} now Unix seconds by the daemon's clock.
   * @returns {number} Seconds since its first sample; below 0 before.
   */
  position(now) {
    return this.startedAt === null ? -1 : now - this.startedAt;
  }

  /**
   * @param {number} position In seconds.
   * @returns {number} Place of the word in `words`, -1 before the first one.
   */
  wordAt(position) {
    const next = this.words.findIndex((word) => word[1] > position);
    return (next < 0 ? this.words.length : next) - 1;
  }

  /**
   * @param {number} position In seconds.
   * @returns {number} RMS, 0 to 1 of full scale; 0 where nothing is known.
   */
  levelAt(position) {
    return this.levels[Math.floor(position / this.stepS)] ?? 0;
  }
}

/** RMS of the loudest speech, which fills the meter. */
const LOUDEST = 0.35;

/**
 * How loud a level seems.
 * @param {number} rms 0 to 1 of full scale.
 * @returns {number} 0 to 1.
 */
export function loudness(rms) {
  return Math.min(Math.sqrt(rms / LOUDEST), 1);
}

/**
 * A text in parts, one for each word that is found in it in order, and those between.
 * @param {string} text
 * @param {readonly Word[]} words
 * @returns {Array<{ text: string, word: number }>} `word` is -1 between.
 */
export function parts(text, words) {
  const found = [];
  let end = 0;
  words.forEach(([word], place) => {
    const start = word ? text.indexOf(word, end) : -1;
    if (start < 0) return;
    if (start > end) found.push({ text: text.slice(end, start), word: -1 });
    end = start + word.length;
    found.push({ text: word, word: place });
  });
  if (end < text.length) found.push({ text: text.slice(end), word: -1 });
  return found;
}
