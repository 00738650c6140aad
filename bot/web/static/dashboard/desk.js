/**
 * What every page of the dashboard gets: who looks at which channel, and ways to the daemon.
 * @module
 */

import { t } from "../shared/language.js";
import { ApiError } from "../shared/api.js";

/**
 * @typedef {"viewer" | "moderator" | "streamer"} Role
 * @typedef {{ element: HTMLElement, stop?: () => void }} Page
 * @typedef {{ label: string, run: () => unknown }} Action
 */

const RANKS = ["viewer", "moderator", "streamer"];

export class Desk {
  /**
   * @param {object} parts
   * @param {import("../shared/api.js").Api} parts.api
   * @param {import("./feed.js").Feed} parts.feed
   * @param {import("./toasts.js").Toasts} parts.toasts
   * @param {Role} parts.role
   * @param {string} parts.channel
   */
  constructor({ api, feed, toasts, role, channel }) {
    this.api = api;
    this.feed = feed;
    this.toasts = toasts;
    this.role = role;
    this.channel = channel;
  }

  /**
   * Whether this caller may do what `role` may.
   * @param {Role} role
   */
  may(role) {
    return RANKS.indexOf(this.role) >= RANKS.indexOf(role);
  }

  /**
   * Give a command as moderators do in chat, and show its answer.
   * @param {string} command
   * @param {(undo: string) => Action | undefined} [next] What the answer offers to do next;
   *     `undo` is the id by which the command can be taken back, empty if it cannot.
   * @returns {Promise<boolean>} Whether it was taken.
   */
  async command(command, next) {
    const body = { command, channel: this.channel };
    const answer = await this.attempt(() => this.api.post("/api/command", body));
    if (answer === undefined) return false;
    this.toasts.show(answer.answer || t("done"), next?.(answer.undo));
    return true;
  }

  /**
   * Give a command that lasts, and offer to take it back if it changed something.
   * @param {string} command
   */
  lasting(command) {
    return this.command(command, (undo) =>
      undo ? { label: t("undo"), run: () => this.command(`undo #${undo}`) } : undefined,
    );
  }

  /** Silence at once. */
  panic() {
    return this.command("panic", () => ({
      label: t("release"),
      run: () => this.command("release"),
    }));
  }

  /**
   * Do what may be refused; a refusal is shown.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T | undefined>} Nothing if it was refused.
   */
  async attempt(work) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status !== 401) this.toasts.fail(sentence(error));
      return undefined;
    }
  }
}

/**
 * A refusal for people.
 * @param {ApiError} error
 * @returns {string}
 */
export function sentence(error) {
  return error.status ? error.message : t("unreachable");
}

/** What the daemon reads as a quotation mark. */
const MARKS = /["“”„‟＂]/g;

/**
 * A name as commands take it, whatever stands in it.
 * @param {string} name
 * @returns {string}
 */
export function quoted(name) {
  return `"@${name.replaceAll(MARKS, '""')}"`;
}
