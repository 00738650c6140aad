/**
 * Icons, drawn by strokes of 2 on a field of 24.
 * @module
 */

import { svg } from "./dom.js";

/** @type {Record<string, string>} */
const PATHS = {
  live: "M4 10v4M8 6v12M12 9v6M16 4v16M20 10v4",
  voices: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5 11a7 7 0 0 0 14 0M12 18v3",
  chatters:
    "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21v-1a6 6 0 0 1 6-6h2a6 6 0 0 1 6 6v1M16 3.5a4 4 0 0 1 0 7M18 14.5a6 6 0 0 1 4 5.5v1",
  settings: "M4 6h10M18 6h2M4 12h2M10 12h10M4 18h8M16 18h4M14 4v4M6 10v4M12 16v4",
  health: "M3 12h4l3-8 4 16 3-8h4",
  setup: "M5 3v18M5 4h13l-3 4 3 4H5",
  skip: "M5 5l9 7-9 7zM18 5v14",
  pause: "M8 5v14M16 5v14",
  play: "M7 4l13 8-13 8z",
  mute: "M4 9v6h4l5 4V5L8 9zM17 9l5 6M22 9l-5 6",
  unmute: "M4 9v6h4l5 4V5L8 9zM17 8a5 5 0 0 1 0 8M19.5 5a9 9 0 0 1 0 14",
  replay: "M4 4v6h6M4.5 10a8 8 0 1 1-.5 5",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  remove: "M6 6l12 12M18 6L6 18",
  approve: "M5 12l5 5L19 7",
  grip: "M9 6h.01M9 12h.01M9 18h.01M15 6h.01M15 12h.01M15 18h.01",
  who: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21v-1a6 6 0 0 1 6-6h4a6 6 0 0 1 6 6v1",
  panic: "M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5M12 16v.01",
  record: "M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  upload: "M12 16V4M7 9l5-5 5 5M4 17v3h16v-3",
  stop: "M6 6h12v12H6z",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5",
  menu: "M5 12h.01M12 12h.01M19 12h.01",
};

/**
 * @param {string} name
 * @returns {SVGElement} An ornament: what it means stands in words beside it, or as a label.
 */
export function icon(name) {
  const path = svg("path", { d: PATHS[name] ?? "" });
  const attributes = { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" };
  return svg("svg", attributes, path);
}
