/** Options of the overlay: what stands behind `?` in its address. */

/**
 * @typedef {object} Options
 * @property {string} channel Name of the channel; the first one where it is empty.
 * @property {string} output Name of the browser output; the channel's first where it is empty.
 * @property {string} token Token of a viewer; empty where none is needed.
 * @property {string} theme
 * @property {string} position Where on the screen it stands.
 * @property {"bar" | "ring" | "none"} level How loudness is shown.
 * @property {number} hideAfterMs How long the last message stays; Infinity to stay for good.
 * @property {number} volume Factor, 0 to 1.
 * @property {boolean} hasSound Whether it plays sound.
 * @property {string} language Language of labels, as in `en`.
 */

export const THEMES = ["card", "bubble", "minimal", "neon"];
export const POSITIONS = [
  "bottom-left", "bottom", "bottom-right", "left", "center", "right",
  "top-left", "top", "top-right",
];
const LEVELS = /** @type {const} */ (["bar", "ring", "none"]);
const HIDE_AFTER_S = 4;

/**
 * Return the options in `search`; what has no sense gets its default.
 * @param {string} search As in `location.search`.
 * @param {string} [language] The browser's language.
 * @returns {Options}
 */
export function readOptions(search, language = "en") {
  const given = new URLSearchParams(search);
  const level = LEVELS.find((each) => each === given.get("level"));
  return {
    channel: given.get("channel") ?? "",
    output: given.get("output") ?? "",
    token: given.get("token") ?? "",
    theme: oneOf(THEMES, given.get("theme")),
    position: oneOf(POSITIONS, given.get("position")),
    level: level ?? "bar",
    hideAfterMs: hideAfterMs(given.get("autohide")),
    volume: number(given.get("volume"), 0, 100, 100) / 100,
    hasSound: given.get("audio") !== "0",
    language: given.get("language") ?? language,
  };
}

/**
 * Return the address of the WebSocket for a page at `address` with these options.
 * @param {{protocol: string, host: string}} address
 * @param {Options} options
 */
export function socketAddress(address, options) {
  const query = new URLSearchParams();
  if (options.channel) query.set("channel", options.channel);
  if (options.output) query.set("output", options.output);
  if (options.token) query.set("token", options.token);
  if (!options.hasSound) query.set("audio", "0");
  const scheme = address.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${address.host}/api/listen?${query}`;
}

/**
 * @param {string[]} allowed
 * @param {string | null} value
 */
function oneOf(allowed, value) {
  return allowed.find((each) => each === value) ?? /** @type {string} */ (allowed[0]);
}

/** @param {string | null} value Seconds; 0, `off` and `never` for good. */
function hideAfterMs(value) {
  if (value === "0" || value === "off" || value === "never") return Infinity;
  return number(value, 0.5, 3600, HIDE_AFTER_S) * 1000;
}

/**
 * @param {string | null} value
 * @param {number} least
 * @param {number} most
 * @param {number} otherwise
 */
function number(value, least, most, otherwise) {
  const read = value === null || value.trim() === "" ? NaN : Number(value);
  return Number.isFinite(read) ? Math.min(Math.max(read, least), most) : otherwise;
}
