import assert from "node:assert/strict";
import { test } from "node:test";

import { EventEmitter } from "../sdk/emitter.ts";

test("listeners are called in their order, with all values, and this is the emitter", () => {
  const emitter = new EventEmitter();
  const calls: unknown[] = [];
  emitter.on("x", function (this: unknown, ...values) {
    calls.push(this, values);
  });
  emitter.addListener("x", () => calls.push("second"));
  assert.equal(emitter.emit("x", 1, 2), true);
  assert.deepEqual(calls, [emitter, [1, 2], "second"]);
  assert.equal(emitter.emit("y"), false);
});

test("once is once, and a removed listener is not called", () => {
  const emitter = new EventEmitter();
  const calls: string[] = [];
  const kept = () => calls.push("kept");
  emitter.once("x", () => calls.push("once")).on("x", kept).on("x", kept);
  emitter.removeListener("x", kept);
  emitter.emit("x");
  emitter.emit("x");
  assert.deepEqual(calls, ["once", "kept", "kept"]);
  assert.deepEqual(emitter.listeners("x"), [kept]);
  emitter.removeAllListeners("x");
  assert.equal(emitter.listenerCount("x"), 0);
  assert.equal(emitter.setMaxListeners(100), emitter);
});

test("a listener that is removed by another one is still called for the event under way", () => {
  const emitter = new EventEmitter();
  let calls = 0;
  const second = () => (calls += 1);
  emitter.on("x", () => emitter.off("x", second)).on("x", second);
  emitter.emit("x");
  emitter.emit("x");
  assert.equal(calls, 1);
});

test("a listener has to be a function", () => {
  assert.throws(() => new EventEmitter().on("x", undefined as any), TypeError);
});
