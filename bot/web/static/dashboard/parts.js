/**
 * Parts that several pages are made of.
 * @module
 */

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";

/**
 * A button with an icon and words.
 * @param {object} of
 * @param {string} [of.icon]
 * @param {string} of.label
 * @param {string} [of.kind] Classes, such as `is-primary`.
 * @param {(event: any) => unknown} of.onclick
 * @returns {HTMLButtonElement}
 */
export function button({ icon: name, label, kind = "", onclick }) {
  const classes = `button ${kind}`.trim();
  return h(
    "button",
    { type: "button", class: classes, onclick: (/** @type {any} */ event) => void onclick(event) },
    name && icon(name),
    h("span", {}, label),
  );
}

/**
 * Give a button of `button` another meaning; it keeps the focus.
 * @param {HTMLButtonElement} control
 * @param {string} name Of its icon.
 * @param {string} words
 */
export function relabel(control, name, words) {
  const label = control.querySelector("span");
  if (!label || control.getAttribute("aria-label") === words) return;
  label.textContent = words;
  control.setAttribute("aria-label", words); // on a phone there may be only its icon
  control.querySelector("svg")?.replaceWith(icon(name));
}

/**
 * A button with an icon alone, for rows; its label is read out and shown when one points at it.
 * @param {object} of
 * @param {string} of.icon
 * @param {string} of.label
 * @param {(event: any) => unknown} of.onclick
 * @param {string} [of.kind]
 * @returns {HTMLButtonElement}
 */
export function iconButton({ icon: name, label, onclick, kind = "" }) {
  const classes = `icon-button ${kind}`.trim();
  return h(
    "button",
    {
      type: "button",
      class: classes,
      title: label,
      "aria-label": label,
      onclick: (/** @type {any} */ event) => void onclick(event),
    },
    icon(name),
  );
}

/**
 * A card with a title, a place for a number beside it, and a body.
 * @param {object} of
 * @param {string} of.id
 * @param {string} of.title
 * @param {...(Node | false | null | undefined)} children
 * @returns {{ element: HTMLElement, badge: HTMLElement, tools: HTMLElement }}
 */
export function card({ id, title }, ...children) {
  const badge = h("span", { class: "badge", hidden: true });
  const tools = h("div", { class: "card-tools" });
  const head = h(
    "div",
    { class: "card-head" },
    h("h2", { id: `${id}-title`, class: "card-title" }, title),
    badge,
    tools,
  );
  const element = h(
    "section",
    { class: "card", id, "aria-labelledby": `${id}-title` },
    head,
    ...children,
  );
  return { element, badge, tools };
}

/**
 * What stands where there is nothing.
 * @param {string} text
 * @returns {HTMLElement}
 */
export function empty(text) {
  return h("p", { class: "empty" }, text);
}

/**
 * Words with code between backticks.
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function prose(text) {
  return text
    .split("`")
    .map((part, place) => (place % 2 ? h("code", { class: "code" }, part) : part));
}

/**
 * A control with its label above.
 * @param {string} label
 * @param {HTMLElement} control
 * @param {string} [help]
 * @returns {HTMLElement}
 */
export function field(label, control, help = "") {
  control.id ||= `field-${++fields}`;
  const note = help && h("p", { class: "help", id: `${control.id}-help` }, help);
  if (note) control.setAttribute("aria-describedby", note.id);
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, note);
}

let fields = 0;

/**
 * Options to choose from.
 * @param {Iterable<[string, string]>} options Values and words.
 * @param {string} chosen
 * @param {Record<string, import("../shared/dom.js").Value>} [attributes]
 * @returns {HTMLSelectElement}
 */
export function select(options, chosen, attributes = {}) {
  const element = h("select", attributes);
  for (const [value, words] of options) {
    element.append(h("option", { value, selected: value === chosen }, words));
  }
  return element;
}
