/** Every task queue with its numbers. The server counts; an event only says that it is time to ask. */

import type { Bridge } from "./bridge.ts";
import { Lateness } from "./lateness.ts";
import { Signal } from "./signal.ts";
import type { Told } from "./stream.ts";
import type { QueueStatistics, TaskQueue } from "./wire.ts";

export interface QueueRow {
  readonly queue: TaskQueue;
  readonly waiting: number;
  readonly active: number;
  /** When the task that waits longest began to; undefined if none waits. */
  readonly waitingSinceMs: number | undefined;
  /** The share of tasks that were accepted within the threshold; null if there were none. */
  readonly level: number | null;
  readonly available: number;
  readonly eligible: number;
  readonly statistics: QueueStatistics;
}

const AT_MOST_EVERY_MS = 1_000;
const AT_LEAST_EVERY_MS = 15_000;
const STEPS = 12;
const STEP_MS = 300_000;
const OF_QUEUES = /^task-queue\.(created|updated|deleted|expression)/;
const MOVES_NUMBERS = /^(task|task-queue|reservation|worker)\./;

export class Queues {
  readonly changed = new Signal();
  readonly lateness = new Lateness();
  rows: readonly QueueRow[] = [];
  readonly #bridge: Bridge;
  /** Tasks that entered, in steps of five minutes, the last of which goes on. */
  readonly #entered = new Map<string, number[]>();
  #queues: readonly TaskQueue[] = [];
  #stepStartMs = Date.now();
  #readMs = 0;
  #settingsMs = 0;
  #isReading = false;
  #isStale = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    this.lateness.changed.subscribe(() => {
      this.#refresh(0);
      this.changed.changed();
    });
  }

  isOver(row: QueueRow, nowMs: number): boolean {
    const lateS = this.lateness.of(row.queue.sid);
    return row.waitingSinceMs !== undefined && nowMs - row.waitingSinceMs > lateS * 1_000;
  }

  /** Those in which a task waits for too long, worst first. */
  late(nowMs: number): QueueRow[] {
    return this.rows
      .filter((row) => this.isOver(row, nowMs))
      .sort((a, b) => (a.waitingSinceMs ?? nowMs) - (b.waitingSinceMs ?? nowMs));
  }

  enteredOf(sid: string): readonly number[] | undefined {
    return this.#entered.get(sid);
  }

  async load(): Promise<void> {
    await this.#settings();
    await this.#read();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  told(event: Told): void {
    const sid = event.event_data["task_queue_sid"];
    if (event.event_type === "task-queue.entered" && sid !== undefined) {
      const steps = this.#steps(sid);
      steps[STEPS - 1] = (steps[STEPS - 1] ?? 0) + 1;
    }
    if (OF_QUEUES.test(event.event_type)) {
      void this.load().catch(() => undefined);
    } else if (MOVES_NUMBERS.test(event.event_type)) {
      this.#refresh(AT_MOST_EVERY_MS);
    }
  }

  /** The arrivals of the last hour, step by step, the latest first: they are there when they are there. */
  async hour(): Promise<void> {
    const endMs = Math.floor(Date.now() / 1_000) * 1_000;
    this.#stepStartMs = endMs - STEP_MS;
    for (let step = STEPS - 1; step >= 0; step--) {
      const fromMs = endMs - (STEPS - step) * STEP_MS;
      const found = await this.#bridge.all<QueueStatistics>(
        "/TaskQueues/Statistics",
        "task_queues_statistics",
        { StartDate: iso(fromMs), EndDate: iso(fromMs + STEP_MS) },
      );
      for (const { task_queue_sid, cumulative } of found) {
        this.#steps(task_queue_sid)[step] = cumulative.tasks_entered;
      }
      this.changed.changed();
    }
    this.#stepStartMs = endMs;
  }

  #steps(sid: string): number[] {
    let steps = this.#entered.get(sid);
    if (steps === undefined) {
      steps = new Array<number>(STEPS).fill(0);
      this.#entered.set(sid, steps);
    }
    return steps;
  }

  async #settings(): Promise<void> {
    this.#queues = await this.#bridge.all<TaskQueue>("/TaskQueues", "task_queues");
    this.#settingsMs = Date.now();
  }

  /** Ask again, but not sooner after the last time than this. */
  #refresh(apartMs: number): void {
    if (this.#isReading) {
      this.#isStale = true;
      return;
    }
    clearTimeout(this.#timer);
    const dueMs = Math.max(100, this.#readMs + apartMs - Date.now());
    this.#timer = setTimeout(() => void this.#read().catch(() => undefined), dueMs);
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    this.#isStale = false;
    try {
      if (Date.now() - this.#settingsMs > AT_LEAST_EVERY_MS) {
        // No event tells that a task queue has another name.
        await this.#settings();
      }
      const { lateness } = this;
      const thresholds = lateness.among(this.#queues.map(({ sid }) => sid)).join();
      const found = await this.#bridge.all<QueueStatistics>(
        "/TaskQueues/Statistics",
        "task_queues_statistics",
        { Minutes: 60, SplitByWaitTime: thresholds || undefined },
      );
      const nowMs = Date.now();
      const bySid = new Map(found.map((one) => [one.task_queue_sid, one]));
      this.rows = this.#queues.flatMap((queue) => {
        const statistics = bySid.get(queue.sid);
        return statistics === undefined ? [] : [rowOf(queue, statistics, lateness.of(queue.sid), nowMs)];
      });
      this.#shift(nowMs);
    } finally {
      this.#readMs = Date.now();
      this.#isReading = false;
      this.#refresh(this.#isStale ? AT_MOST_EVERY_MS : AT_LEAST_EVERY_MS);
    }
    this.changed.changed();
  }

  #shift(nowMs: number): void {
    for (; nowMs - this.#stepStartMs > STEP_MS; this.#stepStartMs += STEP_MS) {
      for (const steps of this.#entered.values()) {
        steps.shift();
        steps.push(0);
      }
    }
  }
}

function rowOf(
  queue: TaskQueue,
  statistics: QueueStatistics,
  lateS: number,
  nowMs: number,
): QueueRow {
  const { realtime, cumulative } = statistics;
  const status = realtime.tasks_by_status;
  const waiting = (status["pending"] ?? 0) + (status["reserved"] ?? 0);
  return {
    queue,
    waiting,
    active: (status["assigned"] ?? 0) + (status["wrapping"] ?? 0),
    waitingSinceMs: waiting === 0 ? undefined : nowMs - realtime.longest_task_waiting_age * 1_000,
    level: cumulative.taskyard.service_level[lateS]?.of_all ?? null,
    available: realtime.total_available_workers,
    eligible: realtime.total_eligible_workers,
    statistics,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
