import assert from "node:assert/strict";
import test from "node:test";

import { SampleQueue } from "../../../bot/web/static/overlay/queue.js";

const QUANTUM = 128;

/** A queue with all that it plays, quantum by quantum. */
class Bench {
  constructor({ fade = 16, patience = 200 } = {}) {
    this.beginnings = [];
    this.queue = new SampleQueue(fade, patience, (beginning) => this.beginnings.push(beginning));
    this.frame = 0;
    this.heard = [];
  }

  push(play, position, start, length) {
    const samples = Float32Array.from({ length }, (_, index) => position + index + 1);
    this.queue.push({ play, position, start, samples });
  }

  run(quanta) {
    for (let count = 0; count < quanta; count += 1) {
      const out = new Float32Array(QUANTUM);
      this.queue.pull(out, this.frame);
      this.heard.push(...out);
      this.frame += QUANTUM;
    }
  }

  /** What was heard, without silence. */
  get sound() {
    return this.heard.filter((sample) => sample !== 0);
  }
}

const counted = (count) => Array.from({ length: count }, (_, index) => index + 1);

test("chunks are heard at their frames, to the sample and without gaps", () => {
  const bench = new Bench();
  for (let position = 0; position < 1000; position += 100) {
    bench.push(1, position, 300 + position, 100);
  }
  bench.run(12);

  assert.deepEqual(bench.heard.slice(300, 1300), counted(1000));
  assert.deepEqual(bench.sound, counted(1000));
  assert.deepEqual(bench.beginnings, [{ play: 1, position: 0, frame: 300, late: 0 }]);
});

test("what comes late is heard late and whole, after enough has come", () => {
  const bench = new Bench();
  bench.push(1, 0, 100, 200);
  bench.run(5);
  bench.push(1, 200, 300, 200); // due in the past
  bench.push(1, 400, 500, 100);
  bench.run(8);

  assert.deepEqual(bench.sound, counted(500));
  const [, second] = bench.beginnings;
  assert.equal(second.position, 200);
  assert.equal(second.late, 640 - 300 + 200);
  assert.equal(second.frame, 640 + 200);
  assert.deepEqual(bench.heard.slice(840, 1140), counted(500).slice(200));
});

test("nothing is waited for when all has come", () => {
  const bench = new Bench();
  bench.run(4);
  bench.queue.finish(1);
  bench.push(1, 0, 100, 50);
  bench.run(1);

  assert.equal(bench.heard[512], 1);
});

test("the next play is in time again", () => {
  const bench = new Bench();
  bench.run(4);
  bench.push(1, 0, 100, 50);
  bench.push(2, 0, 1200, 50);
  bench.run(8);

  assert.equal(bench.heard[1200], 1);
  assert.deepEqual(bench.beginnings.map(({ late }) => late), [612, 0]);
});

test("a gap of the server is kept", () => {
  const bench = new Bench();
  bench.push(1, 0, 128, 128);
  bench.push(1, 128, 400, 100);
  bench.run(5);

  assert.equal(bench.heard[255], 128);
  assert.equal(bench.heard[256], 0);
  assert.equal(bench.heard[400], 129);
});

test("a cut fades, takes back all that waits, and refuses what still comes of it", () => {
  const bench = new Bench({ fade: 16 });
  bench.push(1, 0, 0, 5000);
  bench.run(2);
  bench.queue.cut(1);
  bench.push(1, 5000, 5000, 100);
  bench.run(2);

  const after = bench.heard.slice(256);
  assert.ok(after.slice(0, 15).every((sample, index) => sample > 0 && sample < 257 + index));
  assert.ok(after.slice(16).every((sample) => sample === 0));
  bench.push(2, 0, bench.frame, 128);
  bench.run(1);
  assert.equal(bench.heard.at(-1), 128);
});

test("after a reset a server that counts from 1 is heard", () => {
  const bench = new Bench();
  bench.push(7, 0, 0, 1000);
  bench.run(1);
  bench.queue.reset();
  bench.run(1);
  bench.push(1, 0, bench.frame, 128);
  bench.run(1);

  assert.deepEqual(bench.heard.slice(-128), counted(128));
});

test("random chunks, early and late, are heard whole and in order", () => {
  let seed = 7;
  const random = (most) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % most;
  };
  for (let round = 0; round < 200; round += 1) {
    const bench = new Bench({ patience: random(400) });
    let position = 0;
    for (let count = 0; count < 20; count += 1) {
      const length = 1 + random(300);
      bench.push(1, position, 100 + position, length);
      position += length;
      bench.run(random(5));
    }
    bench.queue.finish(1);
    bench.run(100);
    assert.deepEqual(bench.sound, counted(position));
  }
});
