/**
 * The daemon's judgement of a recording, as lines to read and a sound to hear.
 * @module
 */

/**
 * @typedef {object} Answer
 * @property {object} judged
 * @property {number} judged.speech_s
 * @property {number} judged.above_background_db
 * @property {number} judged.clipped Share of the samples of speech.
 * @property {number} judged.start_s Where the part that is taken begins.
 * @property {number} judged.end_s
 * @property {string} judged.heard What is said in it, as a recogniser heard it.
 * @property {string} judged.language
 * @property {string[]} advice
 * @property {string} sound The part that is taken: a WAV file in Base64.
 */

/**
 * @param {Answer} answer
 * @param {(key: string, fields?: Record<string, string>) => string} t
 * @returns {string[]} What was found, and what would be better.
 */
export function judgementOf({ judged, advice }, t) {
  const { speech_s, above_background_db, clipped, start_s, end_s } = judged;
  const found = t("judged.speech", {
    s: speech_s.toFixed(1),
    db: above_background_db.toFixed(0),
  });
  const taken = t("judged.taken", { start: start_s.toFixed(1), end: end_s.toFixed(1) });
  const cut = clipped > 0 ? [t("judged.clipped", { share: (clipped * 100).toPrecision(2) })] : [];
  return [found, ...cut, taken, ...advice];
}

/**
 * @param {Answer} answer
 * @returns {Blob} What was made of the recording.
 */
export function soundOf({ sound }) {
  const bytes = Uint8Array.from(atob(sound), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: "audio/wav" });
}
