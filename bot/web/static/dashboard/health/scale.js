/**
 * Geometry of a chart: places on the screen from numbers, without a page.
 * @module
 */

/**
 * The top of an axis: a round number that is not below the largest value.
 * @param {number} largest
 * @param {number} least Top of the axis of small values.
 * @returns {number}
 */
export function niceTop(largest, least) {
  const top = Math.max(largest, least);
  const power = 10 ** Math.floor(Math.log10(top));
  const step = [1, 2, 3, 5, 10].find((factor) => top <= factor * power * (1 + 1e-9)) ?? 10;
  return step * power;
}

/**
 * @typedef {object} Field
 * @property {number} width
 * @property {number} height
 * @property {number} top Largest value that is shown.
 */

/**
 * As many values as are shown: before the first one that is known there is nothing.
 * @template T
 * @param {readonly T[]} values The last one ends now.
 * @param {number} length
 * @param {T} nothing
 * @returns {T[]}
 */
export function padded(values, length, nothing) {
  const missing = Math.max(length - values.length, 0);
  return [...new Array(missing).fill(nothing), ...values.slice(-length)];
}

/**
 * The path of a dot for each value: a line without length, drawn with round ends.
 * @param {readonly (number | null)[]} values
 * @param {Field} field
 * @returns {string}
 */
export function dotPath(values, { width, height, top }) {
  const pitch = width / Math.max(values.length - 1, 1);
  return values
    .map((value, place) => {
      if (value === null) return "";
      const y = height - (Math.min(value, top) / top) * height;
      return `M${round(place * pitch)} ${round(y)}h0`;
    })
    .join("");
}

/**
 * The path of an area under steps.
 * @param {readonly number[]} values
 * @param {Field} field
 * @returns {string}
 */
export function areaPath(values, { width, height, top }) {
  if (!values.length) return "";
  const pitch = width / values.length;
  let path = `M0 ${height}`;
  values.forEach((value, place) => {
    const y = round(height - (Math.min(value, top) / top) * height);
    path += `L${round(place * pitch)} ${y}H${round((place + 1) * pitch)}`;
  });
  return `${path}V${height}Z`;
}

/**
 * The value below which a share of `values` lies.
 * @param {readonly (number | null)[]} values
 * @param {number} share 0 to 1.
 * @returns {number | null} Nothing if there are none.
 */
export function quantile(values, share) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? null;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
