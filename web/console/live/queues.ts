/** Every task queue with its numbers. The server counts; an event only says that it is time to ask. */

import { Arrivals } from "./arrivals.ts";
import type { Bridge, Params } from "./bridge.ts";
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
const OF_QUEUES = /^task-queue\.(created|updated|deleted|expression)/;
const MOVES_NUMBERS = /^(task|task-queue|reservation|worker)\./;

export class Queues {
  readonly changed = new Signal();
  readonly lateness = new Lateness();
  readonly arrivals = new Arrivals((window) => this.#statistics(window), () => this.changed.changed());
  rows: readonly QueueRow[] = [];
  readonly #bridge: Bridge;
  #queues: readonly TaskQueue[] = [];
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

  async load(): Promise<void> {
    await this.#settings();
    await this.#read();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  told(event: Told): void {
    if (OF_QUEUES.test(event.event_type)) {
      void this.load().catch(() => undefined);
    } else if (MOVES_NUMBERS.test(event.event_type)) {
      this.#refresh(AT_MOST_EVERY_MS);
    }
  }

  #statistics(params: Params): Promise<QueueStatistics[]> {
    return this.#bridge.all("/TaskQueues/Statistics", "task_queues_statistics", params);
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
      const found = await this.#statistics({ Minutes: 60, SplitByWaitTime: thresholds || undefined });
      const nowMs = Date.now();
      const bySid = new Map(found.map((one) => [one.task_queue_sid, one]));
      this.rows = this.#queues.flatMap((queue) => {
        const statistics = bySid.get(queue.sid);
        return statistics === undefined ? [] : [rowOf(queue, statistics, lateness.of(queue.sid), nowMs)];
      });
      if (found[0] !== undefined) {
        void this.arrivals.read(Date.parse(found[0].cumulative.end_time)).catch(() => undefined);
      }
    } finally {
      this.#readMs = Date.now();
      this.#isReading = false;
      this.#refresh(this.#isStale ? AT_MOST_EVERY_MS : AT_LEAST_EVERY_MS);
    }
    this.changed.changed();
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
