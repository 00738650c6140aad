/**
 * The daemon's judgement of a recording, as lines to read and a sound to hear.
 * @module
 */

/**
 * @param {any} answer
 * @returns {string[]} What was found, and what would be better.
 */
export function judgementOf(answer) {
  const found = answer?.judgement ?? answer?.notes ?? [];
  const lines = Array.isArray(found) ? found : [found];
  return lines.filter((line) => typeof line === "string" && line !== "");
}

/**
 * @param {any} answer
 * @returns {Blob | null} What was made of the recording; nothing if it was not sent.
 */
export function soundOf(answer) {
  const encoded = answer?.sound;
  if (typeof encoded !== "string" || !encoded) return null;
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: "audio/wav" });
}
