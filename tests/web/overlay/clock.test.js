import assert from "node:assert/strict";
import test from "node:test";

import { Jitter } from "../../../bot/web/static/overlay/jitter.js";
import { OutputClock } from "../../../bot/web/static/overlay/output_clock.js";
import { ServerClock } from "../../../bot/web/static/overlay/clock.js";

test("the quickest answer sets the clock", () => {
  const clock = new ServerClock();
  assert.equal(clock.isSet, false);
  clock.add(1000, 1300, 5290); // came back late: wrong by 140 ms
  clock.add(2000, 2004, 6002);
  clock.add(3000, 3100, 7001);

  assert.equal(clock.offset, 4000);
  assert.equal(clock.toServer(10), 4010);
  assert.equal(clock.toLocal(4010), 10);
});

test("a clock that runs otherwise is followed", () => {
  const clock = new ServerClock();
  clock.add(0, 1, 1000);
  for (let second = 1; second <= 20; second += 1) {
    clock.add(second * 1000, second * 1000 + 2, second * 1000 + 1500);
  }

  assert.equal(clock.offset, 499 + 1000);
});

test("the buffer follows the network between its limits", () => {
  const jitter = new Jitter();
  assert.equal(jitter.wantedMs(0), 60);
  for (let count = 0; count < 50; count += 1) jitter.add(100 + count, count);
  assert.equal(jitter.wantedMs(20), 146 + 12 + 20 + 15);
  for (let count = 0; count < 6; count += 1) jitter.add(2000, 60);
  assert.equal(jitter.wantedMs(20), 1000);
  assert.equal(jitter.extraMs(20), 600);
  for (let count = 0; count < 100; count += 1) jitter.add(1, 100);
  assert.equal(jitter.wantedMs(20), 60);
  assert.equal(jitter.extraMs(20), 0);
});

test("one stall does not count", () => {
  const jitter = new Jitter();
  for (let count = 0; count < 5; count += 1) jitter.add(10, count);
  jitter.add(900, 99);

  assert.equal(jitter.wantedMs(50), 75);
});

test("what left the machine is compared with the page's clock by a median", () => {
  const clock = new OutputClock();
  const context = { currentTime: 0, baseLatency: 0.01, outputLatency: 0.03 };
  for (let count = 1; count <= 9; count += 1) {
    const now = 1000 + count * 100;
    const error = count % 3 === 0 ? 0.02 : 0;
    context.currentTime = now / 1000 - 0.5;
    clock.look({ ...context, getOutputTimestamp: () => ({
      contextTime: context.currentTime - 0.03 + error, performanceTime: now,
    }) }, now);
  }

  assert.ok(Math.abs(clock.contextTime(2000) - (2 - 0.53)) < 1e-9);
  assert.ok(Math.abs(clock.latencyMs - 30) < 1e-6);
});

test("a browser without timestamps tells its latency", () => {
  const clock = new OutputClock();
  const getOutputTimestamp = () => ({ contextTime: 0, performanceTime: 0 });
  clock.look({ currentTime: 5, baseLatency: 0.01, outputLatency: 0.04, getOutputTimestamp }, 7000);

  assert.ok(Math.abs(clock.contextTime(7000) - 4.96) < 1e-9);
});
