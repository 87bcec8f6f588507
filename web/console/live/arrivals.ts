/** Tasks that entered each task queue in the last hour, in steps of five minutes, the last of which goes on. */

import { startOf, STEP_MS, stepsUntil, windowOf } from "./steps.ts";
import type { QueueStatistics } from "./wire.ts";

/** Asks for the statistics of every task queue in a window. */
type Ask = (window: { StartDate: string; EndDate: string }) => Promise<readonly QueueStatistics[]>;

export class Arrivals {
  readonly #ask: Ask;
  readonly #changed: () => void;
  /** How many entered each task queue, by when the step begins. */
  readonly #steps = new Map<number, ReadonlyMap<string, number>>();
  /** The step that went on when it was read: whatever is before it is known for good. */
  #goingOnMs = 0;
  #isReading = false;
  #nextMs: number | undefined;

  constructor(ask: Ask, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** Step by step, the latest last; undefined before anything is known. */
  of(sid: string): readonly number[] | undefined {
    if (this.#steps.size === 0) {
      return undefined;
    }
    const lastMs = Math.max(...this.#steps.keys());
    return stepsUntil(lastMs).map((startMs) => this.#steps.get(startMs)?.get(sid) ?? 0);
  }

  /** What is known is of another past. */
  forget(): void {
    this.#goingOnMs = 0;
  }

  /**
   * Read what is not known for good, the latest first: a step is there when it is there.
   *
   * @param nowMs by the server's clock
   */
  async read(nowMs: number): Promise<void> {
    this.#nextMs = nowMs;
    if (this.#isReading) {
      return;
    }
    this.#isReading = true;
    try {
      while (this.#nextMs !== undefined) {
        const untilMs = this.#nextMs;
        this.#nextMs = undefined;
        await this.#readUntil(untilMs);
      }
    } catch (error) {
      this.forget();
      throw error;
    } finally {
      this.#isReading = false;
    }
  }

  async #readUntil(nowMs: number): Promise<void> {
    const all = stepsUntil(startOf(nowMs));
    const wanted = all.filter((startMs) => startMs >= this.#goingOnMs);
    this.#goingOnMs = startOf(nowMs);
    for (const startMs of wanted.reverse()) {
      const found = await this.#ask(windowOf(startMs, startMs + STEP_MS));
      const entered = found.map((one) => [one.task_queue_sid, one.cumulative.tasks_entered] as const);
      this.#steps.set(startMs, new Map(entered));
      this.#changed();
    }
    for (const startMs of this.#steps.keys()) {
      if (!all.includes(startMs)) {
        this.#steps.delete(startMs);
      }
    }
  }
}
