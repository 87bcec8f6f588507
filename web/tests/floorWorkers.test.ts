import assert from "node:assert/strict";
import { mock, test } from "node:test";

import type { Bridge } from "../console/live/bridge.ts";
import { Refused } from "../console/live/refused.ts";
import type { Told } from "../console/live/stream.ts";
import type { Reservation, Worker } from "../console/live/wire.ts";

// What is imported below draws at every frame and at every second.
globalThis.requestAnimationFrame = () => 0;
mock.timers.enable({ apis: ["setInterval"] });
const { Workers } = await import("../console/live/workers.ts");

const ADA = "WK1";

/** A server with one worker, and what happens before an answer of it arrives. */
class Server {
  worker: Worker | undefined = {
    sid: ADA,
    friendly_name: "Ada",
    activity_sid: "WA1",
    activity_name: "Offline",
    available: false,
    date_status_changed: "2026-06-01T12:00:00Z",
  } as Worker;
  offers: Reservation[] = [];
  meanwhile = () => {};

  async all(path: string): Promise<unknown[]> {
    if (path === "/Workers") {
      return [await this.get()];
    }
    const { offers } = this;
    this.#pause();
    return path.endsWith("/Reservations") ? offers : [];
  }

  async get(): Promise<Worker> {
    const { worker } = this;
    this.#pause();
    if (worker === undefined) {
      throw new Refused(404, "There is no such worker.");
    }
    return worker;
  }

  #pause(): void {
    const { meanwhile } = this;
    this.meanwhile = () => {};
    meanwhile();
  }

  /** Have the worker go to another activity. @returns what the stream tells of it */
  move(activity_sid: string, activity_name: string): Told {
    this.worker = { ...this.worker, activity_sid, activity_name } as Worker;
    return told("worker.activity.update", {
      worker_activity_sid: activity_sid,
      worker_activity_name: activity_name,
    });
  }
}

function told(event_type: string, more: Record<string, string> = {}): Told {
  return { event_type, event_date_ms: 0, event_data: { worker_sid: ADA, ...more } } as unknown as Told;
}

const settled = () => new Promise((wake) => setImmediate(wake));

test("a change that is told while all workers are read is not undone by the older answer", async () => {
  const server = new Server();
  const workers = new Workers(server as unknown as Bridge);
  server.meanwhile = () => workers.told(server.move("WA2", "Available"));
  await workers.load();
  await settled();
  assert.equal(workers.of(ADA)?.activity, "Available");
});

test("a change that is told while one worker is read is not undone by the older answer", async () => {
  const server = new Server();
  const workers = new Workers(server as unknown as Bridge);
  await workers.load();
  server.meanwhile = () => workers.told(server.move("WA2", "Available"));
  workers.told(told("worker.attributes.update"));
  await settled();
  assert.equal(workers.of(ADA)?.activity, "Available");
});

test("a worker who is deleted while all are read is not shown", async () => {
  const server = new Server();
  const workers = new Workers(server as unknown as Bridge);
  server.meanwhile = () => {
    server.worker = undefined;
    workers.told(told("worker.deleted"));
  };
  await workers.load();
  await settled();
  assert.equal(workers.of(ADA), undefined);
});

test("an offer that comes while those of a worker are read is shown", async () => {
  const server = new Server();
  const workers = new Workers(server as unknown as Bridge);
  await workers.load();
  await settled();
  server.meanwhile = () => {
    server.offers = [{ sid: "WR1", task_sid: "WT1", reservation_status: "pending", date_updated: "" } as Reservation];
    workers.told(told("reservation.created", { reservation_sid: "WR1", task_sid: "WT1" }));
  };
  workers.look(ADA);
  await settled();
  assert.deepEqual([...(workers.of(ADA)?.held?.keys() ?? [])], ["WR1"]);
});
