/**
 * Dark or light: as the system is, or as it was chosen.
 * @module
 */

const KEY = "ishowtts.theme";
const THEMES = /** @type {const} */ (["system", "light", "dark"]);
const isDark = matchMedia("(prefers-color-scheme: dark)");

/** @typedef {typeof THEMES[number]} Theme */

/** @returns {Theme} */
export function theme() {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((name) => name === kept) ?? "system";
}

/** @param {string} name */
export function chooseTheme(name) {
  localStorage.setItem(KEY, name);
  show();
}

function show() {
  const chosen = theme();
  const shown = chosen === "system" ? (isDark.matches ? "dark" : "light") : chosen;
  document.documentElement.dataset["theme"] = shown;
}

show();
isDark.addEventListener("change", show);
