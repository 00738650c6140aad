/**
 * Language of the page: that of the browser, or the one that was chosen.
 * @module
 */

import { STRINGS } from "./strings.js";

const KEY = "ishowtts.language";

/** Languages in the order of the columns of `STRINGS`, by their own names. */
export const LANGUAGES = { en: "English", de: "Deutsch" };

/**
 * @param {string | null} chosen
 * @param {readonly string[]} preferred As in `navigator.languages`.
 * @returns {keyof typeof LANGUAGES}
 */
export function languageOf(chosen, preferred) {
  for (const tag of [chosen ?? "", ...preferred]) {
    const code = tag.slice(0, 2).toLowerCase();
    if (code in LANGUAGES) return /** @type {keyof typeof LANGUAGES} */ (code);
  }
  return "en";
}

const hasPage = typeof localStorage !== "undefined";
export const language = hasPage ? languageOf(localStorage.getItem(KEY), navigator.languages) : "en";
const column = Object.keys(LANGUAGES).indexOf(language);

/** @param {string} code */
export function chooseLanguage(code) {
  localStorage.setItem(KEY, code);
}

/**
 * The words for `key`, with `fields` in the place of `{names}`.
 * @param {string} key
 * @param {Record<string, string | number>} [fields]
 * @returns {string}
 */
export function t(key, fields = {}) {
  const words = STRINGS[key]?.[column] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => String(fields[name] ?? whole));
}

/**
 * The words for a number of things: `key.one` or `key.many`.
 * @param {string} key
 * @param {number} n
 * @param {Record<string, string | number>} [fields]
 * @returns {string}
 */
export function count(key, n, fields = {}) {
  return t(`${key}.${n === 1 ? "one" : "many"}`, { n, ...fields });
}

/**
 * The words for a name of the API, or that name where a newer daemon has another one.
 * @param {string} group
 * @param {string} name
 * @returns {string}
 */
export function named(group, name) {
  return STRINGS[`${group}.${name}`] ? t(`${group}.${name}`) : name.replaceAll("_", " ");
}

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const exactClock = new Intl.DateTimeFormat(language, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** @param {number} at Unix seconds. */
export function timeOf(at) {
  return clock.format(at * 1000);
}

/** @param {number} at Unix seconds. */
export function exactTimeOf(at) {
  return exactClock.format(at * 1000);
}

/**
 * A length of time in its two largest units.
 * @param {number} seconds
 * @returns {string}
 */
export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min ${s % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
