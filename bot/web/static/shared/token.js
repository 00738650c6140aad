/**
 * The token by which the daemon knows who calls: it comes in the fragment of a link, which no
 * server sees, and leaves the address bar at once.
 * @module
 */

const KEY = "ishowtts.token";

/**
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Shelf
 * @typedef {{ session: Shelf, lasting: Shelf }} Storages
 */

/**
 * Take the token out of a fragment.
 * @param {string} fragment As in `location.hash`.
 * @returns {{ token: string, rest: string }} `rest` is the fragment without it.
 */
export function tokenIn(fragment) {
  const parts = fragment.replace(/^#/, "").split("&");
  const found = parts.find((part) => part.startsWith("token="));
  const rest = parts.filter((part) => part && part !== found).join("&");
  return { token: found ? decoded(found.slice("token=".length)) : "", rest: rest && `#${rest}` };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export class TokenStore {
  /** @param {Storages} storages */
  constructor(storages) {
    this.storages = storages;
  }

  /** @returns {string} The token, or nothing. */
  get() {
    return this.storages.session.getItem(KEY) ?? this.storages.lasting.getItem(KEY) ?? "";
  }

  /**
   * @param {string} token
   * @param {boolean} isLasting Whether it is kept when the browser is closed.
   */
  set(token, isLasting) {
    if (isLasting) this.storages.session.removeItem(KEY); // it would come before
    (isLasting ? this.storages.lasting : this.storages.session).setItem(KEY, token);
  }

  forget() {
    this.storages.session.removeItem(KEY);
    this.storages.lasting.removeItem(KEY);
  }
}

/**
 * Take a token from the address of this page, if there is one.
 * @returns {TokenStore}
 */
export function takeToken() {
  const store = new TokenStore({ session: sessionStorage, lasting: localStorage });
  const { token, rest } = tokenIn(location.hash);
  if (token) {
    store.set(token, false);
    history.replaceState(null, "", `${location.pathname}${location.search}${rest}`);
  }
  return store;
}
