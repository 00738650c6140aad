/** Words of an utterance: where they stand in its text, and which is heard. */

/** @typedef {import("./wire.js").Word} Word */
/** @typedef {{from: number, to: number, start: number, end: number}} Place Of a word in a text. */

/**
 * Return where `words` stand in `text`, each behind the one before; one that is not there is
 * left out.
 * @param {string} text
 * @param {Word[]} words
 * @returns {Place[]}
 */
export function placed(text, words) {
  /** @type {Place[]} */
  const places = [];
  let done = 0;
  for (const [word, start, end] of words) {
    const from = word === "" ? -1 : text.indexOf(word, done);
    if (from < 0) continue;
    done = from + word.length;
    places.push({ from, to: done, start, end });
  }
  return places;
}

/**
 * Return the index of the word that is heard, or was heard last; -1 before the first.
 * @param {{start: number, end: number}[]} places In order.
 * @param {number} seconds After the start of the utterance.
 */
export function spokenIndex(places, seconds) {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const place = places[middle];
    if (place !== undefined && place.start <= seconds) low = middle + 1;
    else high = middle;
  }
  let index = low - 1;
  // What is not said, such as a dash, is never the one.
  while (index >= 0 && isUnsaid(places[index])) index -= 1;
  return index;
}

/** @param {{start: number, end: number} | undefined} place */
function isUnsaid(place) {
  return place !== undefined && place.end <= place.start;
}
