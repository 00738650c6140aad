/** What the other pages compute: charts, health and settings. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  engineParts,
  outputParts,
  sourceParts,
} from "../../../bot/web/static/dashboard/health/parts_of.js";
import {
  BROWSER,
  choiceOfOutput,
  outputChoices,
  voiceChoices,
} from "../../../bot/web/static/dashboard/setup/choices.js";
import {
  areaPath,
  dotPath,
  niceTop,
  padded,
  quantile,
} from "../../../bot/web/static/dashboard/health/scale.js";
import {
  fromText,
  groupOf,
  grouped,
  isSame,
  sectionOf,
  toText,
} from "../../../bot/web/static/dashboard/settings/form.js";
import { encodeWav } from "../../../bot/web/static/dashboard/voices/wav.js";

const field = { width: 100, height: 50, top: 2 };
const words = (/** @type {string} */ key) => key;

test("an axis ends at a round number that holds all", () => {
  assert.deepEqual(
    [0, 0.31, 1, 1.2, 2.5, 4, 7, 16].map((most) => niceTop(most, 0.5)),
    [0.5, 0.5, 1, 2, 3, 5, 10, 20],
  );
});

test("a dot stands for each value, none for what is missing", () => {
  assert.equal(dotPath([0, null, 2, 9], field), "M0 50h0M66.7 0h0M100 0h0");
  assert.equal(dotPath([], field), "");
});

test("an area goes in steps, and closes at the ground", () => {
  assert.equal(areaPath([1, 2], field), "M0 50L0 25H50L50 0H100V50Z");
  assert.equal(areaPath([], field), "");
});

test("a chart ends now, and before the first value there is nothing", () => {
  assert.deepEqual(padded([1, 2], 4, null), [null, null, 1, 2]);
  assert.deepEqual(padded([1, 2, 3], 2, 0), [2, 3]);
});

test("a quantile leaves out what is missing", () => {
  const values = [null, 4, 1, null, 3, 2];
  assert.deepEqual([quantile(values, 0), quantile(values, 0.5), quantile(values, 0.95)], [1, 3, 4]);
  assert.equal(quantile([null], 0.5), null);
});

const state = {
  engine: "f5",
  engines: {
    f5: {
      is_ready: true,
      state: "ready",
      restarts: 2,
      handovers: 0,
      hardware: "CPU",
      expected_s: 0.3,
    },
    light: { is_ready: true, state: "ready", restarts: 0, aside: "f5 is asked first" },
    broken: { is_ready: false, state: "not installed; apt install it", restarts: 0 },
    idle: { is_ready: false, is_idle: true, state: "idle", restarts: 0 },
  },
  outputs: { speakers: { is_available: false, underflows: 3, lost_s: 0.25 } },
  channels: {
    main: {
      sources: { twitch: "connecting", ingest: "open" },
      connections: { twitch: { is_connected: false, reconnects: 4 } },
      outputs: { speakers: "unplugged; it is taken when it comes back" },
    },
  },
  mqtt: { is_connected: true, state: "connected", lost: 0 },
};

test("each engine has a mood, and the clause that tells the remedy", () => {
  const parts = engineParts(state, words);
  assert.deepEqual(
    parts.map(({ name, mood }) => `${name} ${mood}`),
    ["f5 good", "light fair", "broken bad", "idle fair"],
  );
  assert.deepEqual(parts[0]?.facts, ["engine.chosen", "CPU", "engine.expected", "engine.restarts"]);
  assert.equal(parts[1]?.told, "ready; f5 is asked first");
  assert.equal(parts[2]?.told, "not installed; apt install it");
});

test("outputs and sources that are away need somebody", () => {
  assert.deepEqual(
    outputParts(state, "main", words).map(({ mood, facts }) => [mood, facts]),
    [["bad", ["output.underflows", "output.lost"]]],
  );
  const moods = sourceParts(state, "main", words).map(({ name, mood }) => `${name} ${mood}`);
  assert.deepEqual(moods, ["twitch bad", "ingest good", "MQTT good"]);
  assert.deepEqual(sourceParts({}, "none", words), []);
});

/**
 * @param {Partial<import("../../../bot/web/static/dashboard/settings/form.js").Setting>} of
 * @returns {import("../../../bot/web/static/dashboard/settings/form.js").Setting}
 */
const setting = (of) => ({
  key: "a.b",
  title: "",
  help: "",
  kind: "text",
  value: "",
  default: "",
  when: "at once",
  is_secret: false,
  is_optional: false,
  is_set: true,
  choices: [],
  least: null,
  most: null,
  ...of,
});

test("a setting belongs to its section, in whichever channel it is", () => {
  const keys = [
    "channels.main.policy.words.blocked",
    "channels[0].moderation.grace.seconds",
    "playback.volume",
    "channels.main.voice",
    "engine.voices.folder",
  ];
  assert.deepEqual(keys.map(groupOf), ["words", "moderation", "playback", "channel", "engine"]);
});

test("the lists of moderation come first, and a search needs all its words", () => {
  const settings = [
    setting({ key: "server.port" }),
    setting({ key: "playback.volume" }),
    setting({ key: "policy.words.blocked", title: "Blocked words" }),
  ];
  assert.deepEqual([...grouped(settings, "").keys()], ["words", "playback", "server"]);
  assert.deepEqual([...grouped(settings, "WORDS blocked").keys()], ["words"]);
  assert.equal(grouped(settings, "words volume").size, 0);
});

test("what is written into a field comes back as its kind", () => {
  const kinds = /** @type {const} */ ([
    ["integer", 300],
    ["number", 0.5],
    ["text", "a b"],
    ["list", ["one", "two words"]],
  ]);
  for (const [kind, value] of kinds) {
    const it = setting({ kind, value });
    assert.deepEqual(fromText(it, toText(it, value)), value);
  }
  const choice = setting({ kind: "choice", value: 2, choices: [1, 2] });
  assert.equal(fromText(choice, "1"), 1);
});

test("a list of objects has one on each line", () => {
  const it = setting({ kind: "list", value: [{ word: "x", as: "y" }] });
  assert.deepEqual(fromText(it, toText(it, it.value)), it.value);
});

test("a table has an entry on each line, and keeps the space that ends a template", () => {
  const value = { en: "{name} says: ", de: "{name} sagt: ", most: 3, more: { a: 1 } };
  const it = setting({ kind: "table", value });
  assert.deepEqual(fromText(it, toText(it, value)), value);
  assert.deepEqual(fromText(it, "en: Hi {name}: \n\nfr: {name} dit : \nes"), {
    en: "Hi {name}: ",
    fr: "{name} dit : ",
    es: "",
  });
});

test("a key of a table may hold what stands between key and value", () => {
  const value = { ":)": "smiley", '"': "quote", "a:b": "c: d", " x ": "y", '"q" r': "s", plain: "" };
  const it = setting({ kind: "table", value });
  assert.deepEqual(fromText(it, toText(it, value)), value);
  assert.deepEqual(fromText(it, '":(": sad\n":|"\n"odd'), { ":(": "sad", ":|": "", '"odd': "" });
});

test("a section is named by the path within its group", () => {
  const keys = [
    "moderation.away.offline",
    "policy.tags.voices.most",
    "policy.words.drop",
    "channels[0].voice",
  ];
  assert.deepEqual(keys.map(sectionOf), ["Away", "Tags › voices", "", ""]);
});

test("what is no number is told as it was written, and an empty field may be nothing", () => {
  assert.equal(fromText(setting({ kind: "number", value: 1, default: 1 }), "loud"), "loud");
  assert.equal(fromText(setting({ kind: "number", value: 1, default: 1 }), "0,5"), 0.5);
  assert.equal(fromText(setting({ kind: "number", value: 1, is_optional: true }), ""), null);
  assert.deepEqual(fromText(setting({ kind: "list", value: [] }), " a \n\n b"), ["a", "b"]);
  assert.ok(isSame([1, "a"], [1, "a"]) && !isSame([1], ["1"]));
});

const devices = [
  { name: "hw:0", description: "Onboard", is_default: false },
  { name: "default", description: "Default", is_default: true },
];
const setup = { missing: [], twitch: [], outputs: {}, devices, voice: "heart" };

test("an output is a device or the overlay; the one that is used comes first, else the default", () => {
  assert.deepEqual(outputChoices(devices, words).at(-1), [BROWSER, "setup.browser"]);
  assert.equal(choiceOfOutput(setup), "default");
  assert.equal(choiceOfOutput({ ...setup, outputs: { "hw:0": "plays" } }), "hw:0");
  assert.equal(choiceOfOutput({ ...setup, outputs: { browser: "nobody listens" } }), BROWSER);
  assert.equal(choiceOfOutput({ ...setup, devices: [] }), BROWSER);
});

test("the voices to choose from are those of all engines, each once", () => {
  const engines = { one: { voices: ["heart", "bass"] }, two: { voices: ["bass"] }, three: {} };
  assert.deepEqual(
    voiceChoices(setup, { engines }).map(([name]) => name),
    ["heart", "bass"],
  );
  assert.deepEqual(voiceChoices(setup, null), [["heart", "heart"]]);
});

test("a WAV file tells its rate and length, and clips what is too loud", () => {
  const view = new DataView(encodeWav(Float32Array.of(0, 0.5, -2), 48_000));
  assert.equal(view.byteLength, 44 + 6);
  assert.deepEqual(
    [view.getUint32(4, true), view.getUint32(24, true), view.getUint32(40, true)],
    [42, 48_000, 6],
  );
  assert.deepEqual(
    [44, 46, 48].map((at) => view.getInt16(at, true)),
    [0, 16_384, -32_767],
  );
});
