/**
 * Feed of events of one channel, by kind.
 * @module
 */

import { EventSocket } from "../shared/events.js";

/**
 * @typedef {object} Outcome One thing that happened to a message; `docs/events.md` has them all.
 * @property {string} outcome
 * @property {string} id
 * @property {string} channel
 * @property {string} chatter
 * @property {number} at Unix seconds.
 * @property {string} [text]
 * @property {Array<[string, number, number, ...unknown[]]>} [words]
 */

/** @typedef {"state" | "outcome" | "levels" | "connection" | "settled"} Kind */

/** Shortest time between two refreshes of what events changed. */
const CALM_MS = 250;

export class Feed {
  /**
   * @param {{ get(): string }} tokens
   * @param {string} channel
   */
  constructor(tokens, channel) {
    /** @type {Map<Kind, Set<(value: any) => void>>} */
    this.listeners = new Map();
    /** @type {any} The latest state of the daemon. */
    this.state = null;
    /** Seconds that this clock is ahead of the daemon's, delay included. */
    this.skew = Number.POSITIVE_INFINITY;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.calm = undefined;
    this.socket = new EventSocket(`/api/events?channel=${encodeURIComponent(channel)}`, tokens, {
      onEvent: (event) => this.take(event),
      onConnection: (isConnected) => {
        this.tell("connection", isConnected);
        if (isConnected) this.settle();
      },
    });
  }

  /**
   * @param {Kind} kind `settled` comes a moment after outcomes, however many they are.
   * @param {(value: any) => void} listener
   * @returns {() => void} Ends it.
   */
  on(kind, listener) {
    const listeners = this.listeners.get(kind) ?? new Set();
    this.listeners.set(kind, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** @param {any} event */
  take(event) {
    if (event.state) {
      this.state = event.state;
      this.tell("state", event.state);
    }
    if (event.levels) this.tell("levels", event.levels);
    if (!event.outcome) return;
    this.skew = Math.min(this.skew, Date.now() / 1000 - event.at);
    this.tell("outcome", event);
    this.settle();
  }

  /** Have those who show lists read them again soon. */
  settle() {
    this.calm ??= setTimeout(() => {
      this.calm = undefined;
      this.tell("settled", undefined);
    }, CALM_MS);
  }

  /** @returns {number} Unix seconds by the daemon's clock. */
  now() {
    return Date.now() / 1000 - (Number.isFinite(this.skew) ? this.skew : 0);
  }

  /**
   * @param {Kind} kind
   * @param {unknown} value
   */
  tell(kind, value) {
    for (const listener of this.listeners.get(kind) ?? []) listener(value);
  }

  close() {
    clearTimeout(this.calm);
    this.socket.close();
    this.listeners.clear();
  }
}
