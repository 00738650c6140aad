/** Messages between the server and this page; `bot/playback/listeners.py` has their meaning. */

/**
 * @typedef {[text: string, start: number, end: number]} Word Seconds after the utterance's start.
 * @typedef {object} Started
 * @property {"started"} type
 * @property {string} id
 * @property {string} name
 * @property {string} text
 * @property {Word[]} words
 * @property {string} voice
 * @property {string | null} event
 * @property {number} amount
 * @property {string} unit
 * @property {[name: string, address: string][]} emotes
 * @property {number} at
 * @typedef {{type: "words", id: string, words: Word[]}} Words
 * @typedef {{type: "ended", id: string, outcome: string}} Ended
 * @typedef {object} Timeline
 * @property {"timeline"} type
 * @property {number} play
 * @property {string} id
 * @property {number} position_s
 * @property {number} at
 * @typedef {{type: "finish", play: number, duration_s: number}} Finish
 * @typedef {{type: "cut", play: number}} Cut
 * @typedef {{type: "gain", gain: number}} Gain
 * @typedef {{type: "state", sample_rate_hz: number, is_muted: boolean}} State
 * @typedef {{type: "tick"}} Tick
 * @typedef {{type: "pong", t: number, now: number}} Pong
 * @typedef {Started | Words | Ended | Timeline | Finish | Cut | Gain | State | Tick | Pong} Message
 */

/**
 * @typedef {object} Frame
 * @property {number} play Number of the play.
 * @property {number} position Place of the first sample in the utterance, in samples.
 * @property {number} at When that is heard, by the server's clock, in milliseconds.
 * @property {number} sent When it was sent, likewise.
 * @property {Float32Array<ArrayBuffer>} samples Full scale is -1 to 1.
 */

const HEADER_BYTES = 24;
const FULL_SCALE = 32_767;

/**
 * Return the frame in a binary message; null if it is none.
 * @param {ArrayBuffer} data
 * @returns {Frame | null}
 */
export function readFrame(data) {
  if (data.byteLength < HEADER_BYTES || data.byteLength % 2 !== 0) return null;
  const view = new DataView(data);
  const samples = new Float32Array((data.byteLength - HEADER_BYTES) / 2);
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = view.getInt16(HEADER_BYTES + 2 * index, true) / FULL_SCALE;
  }
  return {
    play: view.getUint32(0, true),
    position: view.getUint32(4, true),
    at: view.getFloat64(8, true),
    sent: view.getFloat64(16, true),
    samples,
  };
}
