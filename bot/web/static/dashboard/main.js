/**
 * Start of the dashboard: who calls, which channel, and the page that the address names.
 * @module
 */

import "../shared/theme.js";
import { Api, ApiError } from "../shared/api.js";
import { h } from "../shared/dom.js";
import { language, t } from "../shared/language.js";
import { takeToken } from "../shared/token.js";
import { Bar } from "./bar.js";
import { Desk, sentence } from "./desk.js";
import { Feed } from "./feed.js";
import { Menu, pageNames } from "./menu.js";
import { askForToken } from "./sign_in.js";
import { Toasts } from "./toasts.js";

const CHANNEL = "ishowtts.channel";
const SETUP = "ishowtts.setup";
const root = /** @type {HTMLElement} */ (document.getElementById("app"));
const tokens = takeToken();
const toasts = new Toasts();
const api = new Api(tokens, () => askForToken(tokens));

/** @param {readonly string[]} channels */
function chosenChannel(channels) {
  const wanted =
    new URLSearchParams(location.search).get("channel") ?? sessionStorage.getItem(CHANNEL);
  return channels.find((name) => name === wanted) ?? channels[0] ?? "";
}

/** @param {string} name */
function chooseChannel(name) {
  sessionStorage.setItem(CHANNEL, name);
  // With a page in the address, an empty `location.search` is another fragment: nothing is loaded.
  history.replaceState(null, "", location.pathname + location.hash);
  location.reload();
}

async function start() {
  document.documentElement.lang = language;
  const { role } = await api.get("/api/whoami");
  if (role === "viewer") {
    askForToken(tokens, "token.viewer");
    return;
  }
  const state = await api.get("/api/status");
  const channels = Object.keys(state.channels);
  const channel = chosenChannel(channels);
  const feed = new Feed(tokens, channel);
  feed.state = state;
  const desk = new Desk({ api, feed, toasts, role, channel });
  const bar = new Bar(desk, channels, chooseChannel);
  bar.show(state);
  feed.on("state", (news) => bar.show(news));
  feed.on("outcome", ({ outcome }) => {
    if (outcome === "obeyed") void refresh(desk, bar); // sooner than the next state
  });
  feed.on("connection", (isConnected) => {
    bar.showConnection(isConnected);
    if (isConnected) void refresh(desk, bar);
    else void api.get("/api/whoami").catch(quiet); // asks for a token if this one was revoked
  });
  const main = h("main", { id: "main", tabindex: "-1" });
  const menu = new Menu(desk, main);
  const skip = h("a", { class: "skip-link", href: "#main", onclick: toMain }, t("skip.navigation"));
  root.replaceChildren(skip, bar.element, bar.alarm, menu.element, main, menu.foot, toasts.element);
  const isNew = !pageNames().includes(location.hash.slice(1));
  await menu.open();
  if (isNew && role === "streamer" && (await needsSetup())) location.hash = "#setup";
}

/** @param {Event} event The link's own fragment would be taken for a page. */
function toMain(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/**
 * Whether something is missing for the first sentence; asked once in a browser: who reads chat in
 * another way knows it by then.
 * @returns {Promise<boolean>}
 */
async function needsSetup() {
  if (localStorage.getItem(SETUP)) return false;
  try {
    const setup = await api.get("/api/setup");
    localStorage.setItem(SETUP, "seen");
    return setup.missing.length > 0;
  } catch (error) {
    quiet(error); // the page says what is wrong when one opens it
    return false;
  }
}

/**
 * @param {Desk} desk
 * @param {Bar} bar
 */
async function refresh(desk, bar) {
  const state = await desk.attempt(() => desk.api.get("/api/status"));
  if (!state) return;
  desk.feed.state = state;
  bar.show(state);
}

/** @param {unknown} error One that the page shows elsewhere. */
function quiet(error) {
  if (!(error instanceof ApiError)) throw error;
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 401) return; // the field for the token is there
  const again = h(
    "button",
    { class: "button is-primary", onclick: () => location.reload() },
    t("again"),
  );
  root.replaceChildren(
    h(
      "main",
      { class: "lone" },
      h("h1", {}, "ishowtts"),
      h("p", { role: "alert" }, sentence(error)),
      again,
    ),
  );
}

start().catch(fail);
