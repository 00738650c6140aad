/**
 * Short answers at the edge of the page, which may offer one thing to do.
 * @module
 */

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { t } from "../shared/language.js";

const SHOWN_MS = 7000;
const MOST = 4;

export class Toasts {
  constructor() {
    this.element = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
  }

  /**
   * @param {string} text
   * @param {import("./desk.js").Action} [action]
   */
  show(text, action) {
    this.add(text, "", action);
  }

  /** @param {string} text */
  fail(text) {
    this.add(text, "is-bad");
  }

  /**
   * @param {string} text
   * @param {string} kind
   * @param {import("./desk.js").Action} [action]
   */
  add(text, kind, action) {
    /** @type {ReturnType<typeof setTimeout>} */
    let timer;
    const words = h("span", { class: "toast-text strange", dir: "auto" }, text);
    const end = () => toast.remove();
    const wait = () => {
      timer = setTimeout(end, SHOWN_MS);
    };
    const hold = () => clearTimeout(timer);
    const close = h("button", { class: "icon-button", "aria-label": t("close"), onclick: end });
    close.append(icon("remove"));
    const run = () => {
      end();
      action?.run();
    };
    const offer = action && h("button", { class: "button", onclick: run }, action.label);
    const toast = h("div", { class: `toast ${kind}`.trim() }, words, offer, close);
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, hold);
    for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, wait);
    this.element.append(toast);
    while (this.element.children.length > MOST) this.element.firstElementChild?.remove();
    wait();
  }
}
