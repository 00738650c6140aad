/**
 * Menu of the pages, and the place where the chosen one is shown.
 * @module
 */

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { LANGUAGES, chooseLanguage, language, t } from "../shared/language.js";
import { chooseTheme, theme } from "../shared/theme.js";
import { livePage } from "./live/page.js";
import { select } from "./parts.js";

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {import("./desk.js").Role} least Who may open it.
 * @property {() => Promise<(desk: import("./desk.js").Desk) => import("./desk.js").Page>} load
 */

/** @type {Entry[]} */
const PAGES = [
  { name: "live", least: "moderator", load: async () => livePage },
  {
    name: "chatters",
    least: "moderator",
    load: async () => (await import("./people/page.js")).chattersPage,
  },
  {
    name: "voices",
    least: "moderator",
    load: async () => (await import("./voices/page.js")).voicesPage,
  },
  {
    name: "settings",
    least: "streamer",
    load: async () => (await import("./settings/page.js")).settingsPage,
  },
  {
    name: "health",
    least: "moderator",
    load: async () => (await import("./health/page.js")).healthPage,
  },
  {
    name: "setup",
    least: "streamer",
    load: async () => (await import("./setup/page.js")).setupPage,
  },
];

/** @returns {string[]} */
export function pageNames() {
  return PAGES.map(({ name }) => name);
}

export class Menu {
  /**
   * @param {import("./desk.js").Desk} desk
   * @param {HTMLElement} main Where pages are shown.
   */
  constructor(desk, main) {
    this.desk = desk;
    this.main = main;
    this.pages = PAGES.filter(({ least }) => desk.may(least));
    /** @type {import("./desk.js").Page | null} */
    this.page = null;
    this.opened = 0;
    /** Whether the page that the address names could not be loaded. */
    this.isMissing = false;
    this.wasAway = false;
    this.links = new Map(
      this.pages.map(({ name }) => [
        name,
        h(
          "a",
          { href: `#${name}`, class: "menu-link" },
          icon(name),
          h("span", {}, t(`nav.${name}`)),
        ),
      ]),
    );
    this.element = h(
      "nav",
      { class: "menu", "aria-label": t("nav") },
      h("div", { class: "menu-links" }, ...this.links.values()),
    );
    /** How the page looks and speaks. */
    this.foot = h("footer", { class: "foot" }, themePicker(), languagePicker());
    addEventListener("hashchange", () => void this.open(true));
    desk.feed.on("connection", (isConnected) => {
      this.wasAway ||= !isConnected;
      // Browsers may remember that a module could not be loaded, so opening it again is not enough.
      if (isConnected && this.wasAway && this.isMissing) location.reload();
    });
  }

  /**
   * Show the page that the address names.
   * @param {boolean} [isMove] Whether somebody went there: then its content is read out.
   */
  async open(isMove = false) {
    const name = location.hash.slice(1);
    const entry = this.pages.find((page) => page.name === name) ?? this.pages[0];
    if (!entry) return;
    const turn = ++this.opened;
    let make;
    try {
      make = await entry.load();
    } catch {
      this.desk.toasts.fail(t("unreachable"));
    }
    if (turn !== this.opened) return; // another one was opened meanwhile
    this.isMissing = !make;
    if (!make) return;
    this.page?.stop?.();
    this.page = make(this.desk);
    this.main.replaceChildren(this.page.element);
    for (const [key, link] of this.links) {
      if (key === entry.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${t(`nav.${entry.name}`)} · ishowtts`;
    if (isMove) this.main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

/** @returns {HTMLElement} */
function themePicker() {
  const options = /** @type {[string, string][]} */ (
    ["system", "light", "dark"].map((name) => [name, t(`theme.${name}`)])
  );
  const picker = select(options, theme(), {
    "aria-label": t("theme"),
    id: "theme",
    onchange: () => chooseTheme(picker.value),
  });
  return picker;
}

/** @returns {HTMLElement} */
function languagePicker() {
  const picker = select(Object.entries(LANGUAGES), language, {
    "aria-label": t("language"),
    id: "language",
    onchange: () => {
      chooseLanguage(picker.value);
      location.reload();
    },
  });
  return picker;
}
