import assert from "node:assert/strict";
import test from "node:test";

import { amountText, label } from "../../../bot/web/static/overlay/labels.js";
import { placed, spokenIndex } from "../../../bot/web/static/overlay/words.js";
import { readFrame } from "../../../bot/web/static/overlay/wire.js";
import { readOptions, socketAddress } from "../../../bot/web/static/overlay/options.js";

test("each word is found behind the one before", () => {
  const text = "no, no no";
  const places = placed(text, [["no,", 0, 1], ["no", 1, 2], ["gone", 2, 2], ["no", 2, 3]]);

  assert.deepEqual(places.map(({ from, to }) => [from, to]), [[0, 3], [4, 6], [7, 9]]);
  assert.deepEqual(placed(text, [["", 0, 1]]), []);
});

test("the word that is heard is the last that began", () => {
  const places = [{ start: 0.1, end: 0.3 }, { start: 0.3, end: 0.3 }, { start: 0.4, end: 0.9 }];

  assert.deepEqual([0, 0.1, 0.29, 0.35, 0.4, 5].map((at) => spokenIndex(places, at)),
    [-1, 0, 0, 0, 2, 2]);
  assert.equal(spokenIndex([], 1), -1);
});

test("options that have no sense get their defaults", () => {
  const options = readOptions("?theme=<b>&position=x&volume=900&autohide=-4&level=x&audio=0");

  assert.deepEqual(options, {
    channel: "", output: "", token: "", theme: "card", position: "bottom-left", level: "bar",
    hideAfterMs: 500, volume: 1, hasSound: false, language: "en",
  });
  assert.equal(readOptions("?autohide=never").hideAfterMs, Infinity);
  assert.equal(readOptions("").hideAfterMs, 4000);
});

test("the address of the socket holds what the server needs", () => {
  const options = readOptions("?channel=a&token=x%26y&audio=0&theme=neon");

  assert.equal(socketAddress({ protocol: "http:", host: "here:7850" }, options),
    "ws://here:7850/api/listen?channel=a&token=x%26y&audio=0");
  assert.ok(socketAddress({ protocol: "https:", host: "h" }, options).startsWith("wss://h/"));
});

test("a frame is read, and what is none is refused", () => {
  const data = new ArrayBuffer(28);
  const view = new DataView(data);
  view.setUint32(0, 3, true);
  view.setUint32(4, 48, true);
  view.setFloat64(8, 1234.5, true);
  view.setFloat64(16, 1000, true);
  view.setInt16(24, -32_767, true);
  view.setInt16(26, 32_767, true);

  assert.deepEqual(readFrame(data), {
    play: 3, position: 48, at: 1234.5, sent: 1000, samples: Float32Array.of(-1, 1),
  });
  assert.equal(readFrame(new ArrayBuffer(23)), null);
  assert.equal(readFrame(new ArrayBuffer(27)), null);
});

test("amounts are written as people read them", () => {
  assert.equal(amountText("en", "cheer", 1500, ""), "1,500 bits");
  assert.equal(amountText("de-CH", "raid", 12, ""), "12 Zuschauer");
  assert.equal(amountText("en", "donation", 5, "EUR"), "€5.00");
  assert.equal(amountText("en", "donation", 5, "$"), "$5");
  assert.equal(amountText("en", "donation", 5, "Stars"), "5 Stars");
  assert.equal(amountText("en", "follow", 0, ""), "");
  assert.equal(amountText("not a language", "cheer", 5, ""), "5 bits");
});

test("a language that is unknown is English, and each label is there in all", () => {
  assert.equal(label("xx", "cheer"), "Cheer");
  assert.equal(label("de", "donation"), "Spende");
  assert.equal(label("de", "nothing"), "");
});
