import assert from "node:assert/strict";
import { test } from "node:test";

import { Arrivals } from "../console/live/arrivals.ts";
import type { QueueStatistics } from "../console/live/wire.ts";

const QUEUE = "WQ1";
const STEP_MS = 300_000;
const HOUR_MS = 12 * STEP_MS;
const NOW_MS = Date.parse("2026-06-01T12:02:30Z");

/** A server that counts what has entered its one queue. */
class Server {
  readonly enteredMs: number[] = [];
  asked = 0;
  /** What happens before an answer is sent, and after it was counted. */
  meanwhile: () => Promise<void> = async () => {};

  readonly answer = async (window: { StartDate: string; EndDate: string }): Promise<QueueStatistics[]> => {
    this.asked += 1;
    const [startMs, endMs] = [Date.parse(window.StartDate), Date.parse(window.EndDate)];
    const entered = this.enteredMs.filter((ms) => startMs <= ms && ms < endMs).length;
    const { meanwhile } = this;
    this.meanwhile = async () => {};
    await meanwhile();
    return [{ task_queue_sid: QUEUE, cumulative: { tasks_entered: entered } } as QueueStatistics];
  };
}

function arrivalsOf(server: Server): Arrivals {
  return new Arrivals(server.answer, () => {});
}

test("nothing is known of the hour before it was read", () => {
  assert.equal(arrivalsOf(new Server()).of(QUEUE), undefined);
});

test("each step has what entered in it, and what is older than the hour has none", async () => {
  const server = new Server();
  server.enteredMs.push(NOW_MS - HOUR_MS, NOW_MS - 2 * STEP_MS, NOW_MS - 2 * STEP_MS, NOW_MS);
  const arrivals = arrivalsOf(server);
  await arrivals.read(NOW_MS);
  assert.deepEqual(arrivals.of(QUEUE), [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]);
});

test("what enters while the hour is read is in it after the next look", async () => {
  const server = new Server();
  const arrivals = arrivalsOf(server);
  server.meanwhile = async () => {
    server.enteredMs.push(NOW_MS);
    await arrivals.read(NOW_MS);
  };
  await arrivals.read(NOW_MS);
  assert.equal(arrivals.of(QUEUE)?.at(-1), 1);
});

test("a step that ends is looked at once more, and then never again", async () => {
  const server = new Server();
  const arrivals = arrivalsOf(server);
  await arrivals.read(NOW_MS);
  server.enteredMs.push(NOW_MS + 1);
  await arrivals.read(NOW_MS + STEP_MS);
  assert.deepEqual(arrivals.of(QUEUE)?.slice(-2), [1, 0]);
  server.asked = 0;
  await arrivals.read(NOW_MS + STEP_MS);
  assert.equal(server.asked, 1);
});

test("what could not be read is read the next time", async () => {
  const server = new Server();
  server.enteredMs.push(NOW_MS - HOUR_MS + STEP_MS);
  const arrivals = arrivalsOf(server);
  server.meanwhile = () => Promise.reject(new Error("the server went away"));
  await assert.rejects(arrivals.read(NOW_MS));
  await arrivals.read(NOW_MS);
  assert.equal(arrivals.of(QUEUE)?.[0], 1);
});

test("a past that is forgotten is read whole", async () => {
  const server = new Server();
  const arrivals = arrivalsOf(server);
  await arrivals.read(NOW_MS);
  server.enteredMs.push(NOW_MS - 3 * STEP_MS);
  arrivals.forget();
  await arrivals.read(NOW_MS);
  assert.equal(arrivals.of(QUEUE)?.at(-4), 1);
});
