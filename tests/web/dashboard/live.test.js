/** What the live page computes: the order of the queue, and where in speech we are. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Desk, quoted } from "../../../bot/web/static/dashboard/desk.js";
import { drop, moved, step } from "../../../bot/web/static/dashboard/live/order.js";
import { Playing, loudness, parts } from "../../../bot/web/static/dashboard/live/playing.js";

const waiting = ["p1:paid", "p2:paid", "m1:moderator", "r1:rest", "r2:rest", "r3:rest"].map(
  (both) => {
    const [id = "", lane = ""] = both.split(":");
    return { id, lane, chatter: id, text: "", voice: "", received_at: 0 };
  },
);
const ids = (/** @type {{ id: string }[]} */ items) => items.map(({ id }) => id).join(" ");

test("an item moves by one place within its lane", () => {
  assert.deepEqual(step(waiting, "r2", -1), { id: "r2", before: "r1" });
  assert.deepEqual(step(waiting, "r1", 1), { id: "r1", before: "r3" });
  assert.deepEqual(step(waiting, "r2", 1), { id: "r2", before: "" });
});

test("the ends of a lane are where moving ends", () => {
  assert.equal(step(waiting, "r1", -1), null);
  assert.equal(step(waiting, "p2", 1), null);
  assert.equal(step(waiting, "m1", 1), null);
  assert.equal(step(waiting, "gone", 1), null);
});

test("what is dropped lands in front of another one, or at the end of its lane", () => {
  assert.deepEqual(drop(waiting, "r3", "r1"), { id: "r3", before: "r1" });
  assert.deepEqual(drop(waiting, "r1", ""), { id: "r1", before: "" });
  assert.deepEqual(drop(waiting, "p1", "r2"), { id: "p1", before: "" });
  assert.deepEqual(drop(waiting, "r3", "p1"), { id: "r3", before: "r1" });
});

test("what is dropped where it was stays", () => {
  assert.equal(drop(waiting, "r2", "r2"), null);
  assert.equal(drop(waiting, "r2", "r3"), null);
  assert.equal(drop(waiting, "r3", ""), null);
});

test("a move is shown before the daemon tells it, as the daemon will tell it", () => {
  assert.equal(ids(moved(waiting, { id: "r3", before: "r1" })), "p1 p2 m1 r3 r1 r2");
  assert.equal(ids(moved(waiting, { id: "p1", before: "" })), "p2 p1 m1 r1 r2 r3");
  assert.equal(ids(moved(waiting, { id: "m1", before: "" })), "p1 p2 m1 r1 r2 r3");
  assert.equal(ids(moved(waiting, { id: "gone", before: "" })), ids(waiting));
});

const speech = () =>
  new Playing({
    id: "a",
    chatter: "viewer1",
    text: "one two, three",
    startedAt: 100,
    words: [
      ["one", 0.1, 0.4],
      ["two,", 0.5, 0.9],
    ],
  });

test("the word that is heard is the last one that has begun", () => {
  const playing = speech();
  playing.addWords([["three", 1.2, 1.6]]);
  const places = [100, 100.11, 100.45, 100.6, 101.3, 105].map((now) =>
    playing.wordAt(playing.position(now)),
  );
  assert.deepEqual(places, [-1, 0, 0, 1, 2, 2]);
});

test("words that were told twice are there once", () => {
  const playing = speech();
  playing.addWords([
    ["one", 0.1, 0.4],
    ["three", 1.2, 1.6],
  ]);
  assert.deepEqual(
    playing.words.map(([text]) => text),
    ["one", "two,", "three"],
  );
});

test("before its first sample nothing of it is heard", () => {
  const playing = new Playing({ id: "a", chatter: "", text: "", startedAt: null });
  assert.equal(playing.position(100), -1);
  assert.equal(playing.wordAt(-1), -1);
});

test("levels are found at their time, whatever order their pieces came in", () => {
  const playing = speech();
  playing.addLevels({ id: "a", step_s: 0.05, start_s: 0.1, values: [0.3, 2] });
  playing.addLevels({ id: "a", step_s: 0.05, start_s: 0, values: [0.1, 0.2] });
  assert.deepEqual(
    [0, 0.06, 0.11, 0.16, 0.3].map((s) => playing.levelAt(s)),
    [0.1, 0.2, 0.3, 1, 0],
  );
});

test("levels without a step are not taken", () => {
  const playing = speech();
  playing.addLevels({ id: "a", step_s: 0, start_s: 0, values: [1] });
  assert.equal(playing.levelAt(0), 0);
});

test("loudness grows with the level, from silence to full scale", () => {
  const shown = [0, 1e-9, 0.001, 0.01, 0.1, 1].map(loudness);
  assert.deepEqual(
    shown,
    [...shown].sort((a, b) => a - b),
  );
  assert.deepEqual([shown[0], shown.at(-1)], [0, 1]);
  assert.ok((shown[4] ?? 0) > 0.5, "usual speech is well seen");
});

test("a text falls into its words and what is between, and nothing is lost", () => {
  const found = parts("one two, three!", [
    ["one", 0, 1],
    ["nowhere", 1, 2],
    ["three!", 2, 3],
  ]);
  assert.equal(found.map(({ text }) => text).join(""), "one two, three!");
  assert.deepEqual(
    found.map(({ word }) => word),
    [0, -1, 2],
  );
});

/**
 * @param {string} undo
 */
async function muted(undo) {
  /** @type {string[]} */
  const sent = [];
  /** @type {any[]} */
  const offers = [];
  const api = {
    post: async (/** @type {string} */ _, /** @type {{ command: string }} */ { command }) => {
      sent.push(command);
      return { answer: "done", undo };
    },
  };
  const toasts = { show: (/** @type {string} */ _, /** @type {any} */ next) => offers.push(next) };
  const parts = /** @type {any} */ ({ api, toasts, feed: {}, role: "moderator", channel: "main" });
  await new Desk(parts).lasting("mute ana");
  return { sent, offer: offers[0] };
}

test("a command that lasts is taken back by its id, and only if it changed something", async () => {
  assert.equal((await muted("")).offer, undefined);
  const { sent, offer } = await muted("c17");
  await offer.run();
  assert.deepEqual(sent, ["mute ana", "undo #c17"]);
});

test("a name is quoted whatever stands in it", () => {
  assert.deepEqual(["Ana B", 'Bob "Rex" Lee', "Bob “Rex” Lee"].map(quoted), [
    '"@Ana B"',
    '"@Bob ""Rex"" Lee"',
    '"@Bob ""Rex"" Lee"',
  ]);
});
