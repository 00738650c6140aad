/**
 * WAV files: what every decoder reads, without further programs.
 * @module
 */

const HEAD_BYTES = 44;

/**
 * Write samples as a WAV file of 16 bits, mono.
 * @param {Float32Array} samples Full scale is -1 to 1; what is beyond is clipped.
 * @param {number} rateHz
 * @returns {ArrayBuffer}
 */
export function encodeWav(samples, rateHz) {
  const file = new ArrayBuffer(HEAD_BYTES + samples.length * 2);
  const view = new DataView(file);
  const text = (/** @type {number} */ at, /** @type {string} */ letters) => {
    for (let place = 0; place < letters.length; place++) {
      view.setUint8(at + place, letters.charCodeAt(place));
    }
  };
  text(0, "RIFF");
  view.setUint32(4, file.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // bytes of what follows up to "data"
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * 2, true); // bytes a second
  view.setUint16(32, 2, true); // bytes a frame
  view.setUint16(34, 16, true); // bits
  text(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, place) => {
    const value = Math.round(Math.min(Math.max(sample, -1), 1) * 32767);
    view.setInt16(HEAD_BYTES + place * 2, value, true);
  });
  return file;
}
