/**
 * Order of the queue: lanes follow each other, and within a lane a moderator may change it.
 * @module
 */

/**
 * @typedef {object} Waiting
 * @property {string} id
 * @property {string} chatter
 * @property {string} [chatter_id]
 * @property {string} text
 * @property {string} voice
 * @property {string} lane
 * @property {string} [event]
 * @property {number} received_at Unix seconds.
 */

/** @typedef {{ id: string, before: string }} Move `before` is empty for the end of the lane. */

/**
 * The move of an item by one place.
 * @param {readonly Waiting[]} waiting
 * @param {string} id
 * @param {-1 | 1} by -1 is earlier.
 * @returns {Move | null} Nothing if it cannot move there.
 */
export function step(waiting, id, by) {
  const lane = laneOf(waiting, id);
  const place = lane.indexOf(id);
  if (place < 0) return null;
  if (by < 0) return place > 0 ? { id, before: lane[place - 1] ?? "" } : null;
  return place < lane.length - 1 ? { id, before: lane[place + 2] ?? "" } : null;
}

/**
 * The move of an item that was dropped in front of the item `before`.
 * @param {readonly Waiting[]} waiting
 * @param {string} id
 * @param {string} before Empty for the end of the queue.
 * @returns {Move | null} Nothing if it stays; an item never leaves its lane.
 */
export function drop(waiting, id, before) {
  const lane = laneOf(waiting, id);
  const place = lane.indexOf(id);
  if (place < 0 || before === id) return null;
  let target = lane.indexOf(before);
  if (target < 0) {
    const at = waiting.findIndex((item) => item.id === before);
    const first = waiting.findIndex((item) => item.id === lane[0]);
    target = at >= 0 && at < first ? 0 : lane.length;
  }
  if (target === place || target === place + 1) return null;
  return { id, before: lane[target] ?? "" };
}

/**
 * The queue after a move, as it will be: shown until the daemon tells it.
 * @param {readonly Waiting[]} waiting
 * @param {Move} move
 * @returns {Waiting[]}
 */
export function moved(waiting, move) {
  const item = waiting.find(({ id }) => id === move.id);
  if (!item) return [...waiting];
  const others = waiting.filter(({ id }) => id !== move.id);
  let place = others.findIndex(({ id }) => id === move.before);
  if (place < 0) place = others.map(({ lane }) => lane).lastIndexOf(item.lane) + 1;
  if (place === 0 && !move.before) return [...waiting]; // alone in its lane
  return [...others.slice(0, place), item, ...others.slice(place)];
}

/**
 * @param {readonly Waiting[]} waiting
 * @param {string} id
 * @returns {string[]} Ids of its lane, in order.
 */
function laneOf(waiting, id) {
  const lane = waiting.find((item) => item.id === id)?.lane;
  return waiting.filter((item) => item.lane === lane).map((item) => item.id);
}
