/** After how many seconds a wait is too long: of each task queue, or of all that have no time of their own. */

import { Signal } from "./signal.ts";

const OF_ALL = "taskyard.threshold";
const OF_ONE = "taskyard.thresholds";
const DEFAULT_S = 60;

/** Kept in this browser: whoever watches has their own idea of late. */
export class Lateness {
  readonly changed = new Signal();
  #allS = keptOfAll();
  readonly #ownS = new Map<string, number>(kept());

  /** Of every task queue that has none of its own. */
  get allS(): number {
    return this.#allS;
  }

  set allS(seconds: number) {
    this.#allS = seconds;
    localStorage.setItem(OF_ALL, String(seconds));
    this.changed.changed();
  }

  of(sid: string): number {
    return this.#ownS.get(sid) ?? this.#allS;
  }

  own(sid: string): number | undefined {
    return this.#ownS.get(sid);
  }

  /** Give a task queue a time of its own; undefined takes it away. */
  setOwn(sid: string, seconds: number | undefined): void {
    if (seconds === undefined) {
      this.#ownS.delete(sid);
    } else {
      this.#ownS.set(sid, seconds);
    }
    localStorage.setItem(OF_ONE, JSON.stringify([...this.#ownS]));
    this.changed.changed();
  }

  /** Every time that counts for one of these task queues, each once. */
  among(sids: readonly string[]): readonly number[] {
    return [...new Set(sids.map((sid) => this.of(sid)))];
  }
}

function keptOfAll(): number {
  const seconds = Number(localStorage.getItem(OF_ALL));
  return Number.isInteger(seconds) && seconds > 0 ? seconds : DEFAULT_S;
}

function kept(): [string, number][] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(OF_ONE) ?? "[]");
    return Array.isArray(found) ? found.filter(isPair) : [];
  } catch {
    return [];
  }
}

function isPair(value: unknown): value is [string, number] {
  return Array.isArray(value) && typeof value[0] === "string" && Number.isInteger(value[1]) && value[1] > 0;
}
