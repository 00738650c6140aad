/** What all pages share: token, calls, reconnecting and words. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { Api, ApiError, withQuery } from "../../../bot/web/static/shared/api.js";
import { EventSocket, waitBefore } from "../../../bot/web/static/shared/events.js";
import {
  LANGUAGES,
  count,
  duration,
  languageOf,
  named,
  t,
} from "../../../bot/web/static/shared/language.js";
import { STRINGS } from "../../../bot/web/static/shared/strings.js";
import { TokenStore, tokenIn } from "../../../bot/web/static/shared/token.js";

const STATIC = new URL("../../../bot/web/static/", import.meta.url);

class Shelf {
  kept = new Map();
  getItem(/** @type {string} */ key) {
    return this.kept.get(key) ?? null;
  }
  setItem(/** @type {string} */ key, /** @type {string} */ value) {
    this.kept.set(key, value);
  }
  removeItem(/** @type {string} */ key) {
    this.kept.delete(key);
  }
}

test("a token is taken out of the fragment, and the rest stays", () => {
  assert.deepEqual(tokenIn("#token=a%2Fb"), { token: "a/b", rest: "" });
  assert.deepEqual(tokenIn("#queue&token=abc"), { token: "abc", rest: "#queue" });
  assert.deepEqual(tokenIn("#live"), { token: "", rest: "#live" });
  assert.deepEqual(tokenIn(""), { token: "", rest: "" });
  assert.equal(tokenIn("#token=%zz").token, "%zz");
});

test("a token is kept for this visit, or for all", () => {
  const [session, lasting] = [new Shelf(), new Shelf()];
  const store = new TokenStore({ session, lasting });
  store.set("once", false);
  assert.deepEqual([store.get(), session.kept.size, lasting.kept.size], ["once", 1, 0]);
  store.set("always", true);
  assert.deepEqual([store.get(), session.kept.size, lasting.kept.size], ["always", 0, 1]);
  store.set("a moderator's", false);
  assert.equal(store.get(), "a moderator's");
  assert.equal(new TokenStore({ session: new Shelf(), lasting }).get(), "always");
  store.forget();
  assert.equal(store.get(), "");
});

/**
 * @param {Response | Error} answer
 * @param {string} [token]
 */
function client(answer, token = "") {
  /** @type {{ path: any, options: any }[]} */
  const calls = [];
  let refused = 0;
  const api = new Api(
    { get: () => token },
    () => refused++,
    async (path, options) => {
      calls.push({ path, options });
      if (answer instanceof Error) throw answer;
      return answer;
    },
  );
  return { api, calls, refused: () => refused };
}

test("a call sends the token and JSON, and returns JSON", async () => {
  const { api, calls } = client(Response.json({ answer: "Paused." }), "s3cret");
  assert.deepEqual(await api.post("/api/command", { command: "pause" }), { answer: "Paused." });
  assert.equal(calls[0]?.options.headers.Authorization, "Bearer s3cret");
  assert.equal(calls[0]?.options.body, '{"command":"pause"}');
});

test("a form is sent as a form, so that the browser names its boundary", async () => {
  const { api, calls } = client(new Response(null, { status: 204 }));
  assert.equal(await api.call("POST", "/api/voices", new FormData()), null);
  assert.deepEqual(calls[0]?.options.headers, {});
});

test("a refusal is an error with the daemon's sentence and its problems", async () => {
  const problems = [{ key: "playback.volume", message: "at most 1" }];
  const { api } = client(Response.json({ error: "Refused.", problems }, { status: 422 }));
  await assert.rejects(api.call("PATCH", "/api/settings", {}), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.message, error.problems], [422, "Refused.", problems]);
    return true;
  });
});

test("a wrong token asks for another one", async () => {
  const { api, refused } = client(Response.json({ error: "Wrong." }, { status: 401 }));
  await assert.rejects(api.get("/api/whoami"), { status: 401 });
  assert.equal(refused(), 1);
});

test("a daemon that is away, or a proxy in its place, is an error too", async () => {
  await assert.rejects(client(new TypeError("refused")).api.get("/x"), { status: 0 });
  await assert.rejects(client(new Response("<h1>Bad</h1>", { status: 502 })).api.get("/x"), {
    status: 502,
    message: "502",
  });
});

test("an answer that is cut within is that of a daemon that is away", async () => {
  const cut = () =>
    new ReadableStream({ pull: (controller) => controller.error(new TypeError("cut")) });
  for (const type of ["application/json", "audio/wav"]) {
    const answer = new Response(cut(), { headers: { "Content-Type": type } });
    await assert.rejects(client(answer).api.get("/x"), (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, 0);
      return true;
    });
  }
});

test("what is not given is not asked for", () => {
  assert.equal(
    withQuery("/api/chatters", { channel: "a b", find: "" }),
    "/api/chatters?channel=a+b",
  );
  assert.equal(withQuery("/api/queue"), "/api/queue");
});

test("attempts to connect become rarer, never rarer than every ten seconds", () => {
  const waits = [0, 1, 2, 3, 10, 1000].map((attempt) => waitBefore(attempt, 1));
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 10_000, 10_000]);
  assert.equal(waitBefore(0, 0), 250);
});

test("a connection that tells nothing any more is given up, and opened anew", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(globalThis, { location: { href: "http://here/" } });
  /** @type {any[]} */
  const sockets = [];
  /** @type {boolean[]} */
  const told = [];
  const listener = {
    onEvent: () => {},
    onConnection: (/** @type {boolean} */ is) => void told.push(is),
  };
  const events = new EventSocket("/api/events", { get: () => "" }, listener, () => {
    sockets.push({ isClosed: false, close: () => (sockets.at(-1).isClosed = true) });
    return sockets.at(-1);
  });
  sockets[0].onopen();
  for (let second = 0; second < 20; second += 4) {
    context.mock.timers.tick(4000);
    sockets[0].onmessage({ data: "{}" });
  }
  assert.deepEqual([sockets.length, told], [1, [true]]);

  context.mock.timers.tick(8000);
  assert.deepEqual([sockets[0].isClosed, told], [true, [true, false]]);
  sockets[0].onclose(); // at last
  context.mock.timers.tick(1000);
  assert.deepEqual([sockets.length, told], [2, [true, false]]);
  events.close();
  context.mock.timers.tick(60_000);
  assert.equal(sockets.length, 2);
});

test("the language is the chosen one, else the browser's, else English", () => {
  assert.equal(languageOf("de", ["en-GB"]), "de");
  assert.equal(languageOf(null, ["fr", "de-AT", "en"]), "de");
  assert.equal(languageOf("xx", ["fr"]), "en");
});

test("words are filled in, and those that are missing name themselves", () => {
  assert.equal(t("mute.name", { name: "$& {n}" }), "Mute $& {n}");
  assert.equal(t("no.such"), "no.such");
  assert.equal(count("queue.news", 1), "One message waits.");
  assert.equal(count("queue.news", 3), "3 messages wait.");
  assert.equal(named("event", "brand_new"), "brand new");
});

test("a length of time has its two largest units", () => {
  assert.deepEqual([5, 65, 3660, 90_000, -3].map(duration), [
    "5 s",
    "1 min 5 s",
    "1 h 1 min",
    "1 d 1 h",
    "0 s",
  ]);
});

test("every text is there in every language, with the same fields", () => {
  for (const [key, texts] of Object.entries(STRINGS)) {
    assert.equal(texts.length, Object.keys(LANGUAGES).length, key);
    const fields = texts.map((text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort().join());
    assert.ok(texts.every(Boolean), key);
    assert.equal(new Set(fields).size, 1, key);
  }
});

test("every text that a page asks for is there, and each that is there is asked for", () => {
  const code = readdirSync(STATIC, { recursive: true, encoding: "utf8" })
    .filter((name) => /^(dashboard|shared)\/.*\.js$/.test(name) && !name.endsWith("strings.js"))
    .map((name) => readFileSync(new URL(name, STATIC), "utf8"))
    .join("\n");
  const asked = new Set([...code.matchAll(/\bt\(\s*"([^"]+)"/g)].map(([, key = ""]) => key));
  for (const [, key = ""] of code.matchAll(/\bcount\(\s*"([^"]+)"/g)) {
    asked.add(`${key}.one`).add(`${key}.many`);
  }
  for (const key of asked) assert.ok(key in STRINGS, `${key} is missing`);
  for (const key of Object.keys(STRINGS)) {
    // Its group may be filled in: t(`nav.${name}`), named("event", name), a choice between two.
    const [group = ""] = key.split(".");
    const isNamed =
      code.includes(`"${key}"`) || code.includes(`\`${group}.\${`) || code.includes(`"${group}",`);
    assert.ok(isNamed || asked.has(key), `${key} is not used`);
  }
});
