import assert from "node:assert/strict";
import { test } from "node:test";

import { reread } from "../console/live/reread.ts";

/** Readings that are answered when the test says so. */
class Readings {
  readonly #waiting: ((version: number) => void)[] = [];
  readonly shown: number[] = [];
  readonly failed: unknown[] = [];

  readonly read = () => new Promise<number>((answer) => this.#waiting.push(answer));
  readonly show = (version: number) => void this.shown.push(version);
  readonly fail = (error: unknown) => void this.failed.push(error);

  get outstanding(): number {
    return this.#waiting.length;
  }

  answer(version: number): void {
    this.#waiting.shift()?.(version);
  }
}

const settled = () => new Promise((wake) => setTimeout(wake, 5));

test("what happens during a reading is read after it, once, and not beside it", async () => {
  const readings = new Readings();
  const rereading = reread(readings.read, readings.show, readings.fail);
  rereading.again();
  rereading.again();
  assert.equal(readings.outstanding, 1);
  readings.answer(1);
  await settled();
  assert.equal(readings.outstanding, 1);
  readings.answer(2);
  await settled();
  assert.equal(readings.outstanding, 0);
  assert.deepEqual(readings.shown, [1, 2]);
});

test("what happens after a reading is read", async () => {
  const readings = new Readings();
  const rereading = reread(readings.read, readings.show, readings.fail);
  readings.answer(1);
  await settled();
  rereading.again();
  await settled();
  readings.answer(2);
  await settled();
  assert.deepEqual(readings.shown, [1, 2]);
});

test("an answer after the end is not shown", async () => {
  const readings = new Readings();
  const rereading = reread(readings.read, readings.show, readings.fail);
  rereading.end();
  readings.answer(1);
  await settled();
  assert.deepEqual(readings.shown, []);
});

test("after a failure it goes on", async () => {
  const readings = new Readings();
  const gone = new Error("the server went away");
  let isGone = true;
  const read = () => (isGone ? Promise.reject(gone) : Promise.resolve(2));
  const rereading = reread(read, readings.show, readings.fail);
  await settled();
  isGone = false;
  rereading.again();
  await settled();
  assert.deepEqual(readings.failed, [gone]);
  assert.deepEqual(readings.shown, [2]);
});
