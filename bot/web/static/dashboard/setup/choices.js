/**
 * What a first run offers to choose from.
 * @module
 */

/**
 * @typedef {object} Setup
 * @property {string[]} missing `chat`, `output`.
 * @property {string[]} twitch Channels on Twitch that are read.
 * @property {Record<string, string>} outputs One clause about each output, by its name.
 * @property {{ name: string, description: string, is_default: boolean }[]} devices
 * @property {string} voice
 */

/** The choice of the overlay in OBS as output: no device is called so. */
export const BROWSER = "\u0000browser";

/**
 * @param {Setup["devices"]} devices
 * @param {(key: string) => string} t
 * @returns {[string, string][]} Values and words.
 */
export function outputChoices(devices, t) {
  return [
    ...devices.map(
      ({ name, description }) => /** @type {[string, string]} */ ([name, description]),
    ),
    [BROWSER, t("setup.browser")],
  ];
}

/**
 * @param {Setup} setup
 * @returns {string} The value that is chosen at first.
 */
export function choiceOfOutput({ devices, outputs }) {
  const names = Object.keys(outputs);
  if (names.includes("browser")) return BROWSER;
  const used = devices.find(({ name }) => names.includes(name));
  return (used ?? devices.find(({ is_default }) => is_default))?.name ?? BROWSER;
}

/**
 * @param {Setup} setup
 * @param {any} state That of the daemon: its engines name their voices.
 * @returns {[string, string][]}
 */
export function voiceChoices({ voice }, state) {
  const engines = Object.values(state?.engines ?? {});
  const known = engines.flatMap((/** @type {any} */ engine) => engine.voices ?? []);
  return [...new Set([voice, ...known])].map((name) => [name, name]);
}
