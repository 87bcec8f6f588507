/** Every worker: in which activity, since when, and with which tasks. */

import type { Bridge } from "./bridge.ts";
import { Refused } from "./refused.ts";
import { Signal } from "./signal.ts";
import type { Told } from "./stream.ts";
import type { Reservation, Task, Worker } from "./wire.ts";

/** A reservation that binds a worker. */
export interface Held {
  readonly taskSid: string;
  readonly status: string;
  readonly sinceMs: number;
  readonly queue: string | undefined;
}

export interface WorkerRow {
  readonly sid: string;
  readonly name: string;
  readonly activitySid: string;
  readonly activity: string;
  readonly available: boolean;
  readonly sinceMs: number;
  /** By the reservation's SID; undefined until somebody has looked. */
  readonly held: ReadonlyMap<string, Held> | undefined;
}

const NAMES = new Intl.Collator(undefined, { numeric: true });
const AT_ONCE = 4;
const WANTED_MAX = 60;
const OPEN = "pending,accepted,wrapping";
const HELD = "reserved,assigned,wrapping";
const STATUSES: Readonly<Record<string, string | undefined>> = {
  "reservation.created": "pending",
  "reservation.accepted": "accepted",
  "reservation.wrapup": "wrapping",
};

export class Workers {
  readonly changed = new Signal();
  /** Whether workers in an activity are offered tasks. */
  availableIn: ReadonlyMap<string, boolean> = new Map();
  readonly #bridge: Bridge;
  readonly #rows = new Map<string, WorkerRow>();
  /** Whose reservations are being read, and whether an event has come meanwhile. */
  readonly #reading = new Map<string, boolean>();
  readonly #wanted = new Set<string>();
  #tellings = 0;
  /** The last telling of each worker: what was asked for before it may be answered with less. */
  readonly #lastTold = new Map<string, number>();
  /** Where the tasks that somebody holds came from, by their SIDs: a reservation does not say it. */
  #queueOf: ReadonlyMap<string, string | undefined> = new Map();
  /** By name. It outlives most changes: a thousand names take longer to sort than all else. */
  #order: readonly string[] | undefined;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** By name. */
  get rows(): readonly WorkerRow[] {
    const { compare } = NAMES;
    this.#order ??= [...this.#rows.values()].sort((a, b) => compare(a.name, b.name)).map(({ sid }) => sid);
    return this.#order.flatMap((sid) => this.#rows.get(sid) ?? []);
  }

  of(sid: string): WorkerRow | undefined {
    return this.#rows.get(sid);
  }

  async load(): Promise<void> {
    const before = this.#tellings;
    const found = await this.#bridge.all<Worker>("/Workers", "workers");
    this.#order = undefined;
    this.#rows.clear();
    found.forEach((worker) => this.#rows.set(worker.sid, rowOf(worker)));
    this.#show();
    for (const [sid, told] of this.#lastTold) {
      if (told > before) {
        void this.#fetch(sid);
      }
    }
    void this.#readQueues().catch(() => undefined); // a row does without
  }

  /** See to it that what a worker holds is known: called for the rows that are in sight. */
  look(sid: string): void {
    if (this.#rows.get(sid)?.held === undefined && !this.#reading.has(sid)) {
      this.#wanted.add(sid);
      this.#readWanted();
    }
  }

  told(event: Told): void {
    const data = event.event_data;
    const sid = data["worker_sid"];
    if (sid === undefined) {
      return;
    }
    const row = this.#rows.get(sid);
    if (event.event_type.startsWith("worker.")) {
      this.#lastTold.set(sid, ++this.#tellings);
    }
    if (event.event_type === "worker.deleted") {
      this.#order = undefined;
      this.#rows.delete(sid);
    } else if (event.event_type === "worker.activity.update" && row !== undefined) {
      const activitySid = data["worker_activity_sid"] ?? row.activitySid;
      this.#rows.set(sid, {
        ...row,
        activitySid,
        activity: data["worker_activity_name"] ?? row.activity,
        available: this.availableIn.get(activitySid) ?? row.available,
        sinceMs: event.event_date_ms,
      });
    } else if (event.event_type.startsWith("worker.")) {
      void this.#fetch(sid);
      return;
    } else if (event.event_type.startsWith("reservation.") && row !== undefined) {
      if (this.#reading.has(sid)) {
        this.#reading.set(sid, true);
      }
      this.#rows.set(sid, { ...row, held: heldAfter(row.held, event) });
    } else {
      return;
    }
    this.#show();
  }

  /** A few at once; of a list that is scrolled through, what has passed is left out. */
  #readWanted(): void {
    for (const sid of this.#wanted) {
      if (this.#wanted.size > WANTED_MAX) {
        this.#wanted.delete(sid);
      } else if (this.#reading.size < AT_ONCE) {
        this.#wanted.delete(sid);
        void this.#read(sid).finally(() => this.#readWanted());
      }
    }
  }

  async #read(sid: string): Promise<void> {
    this.#reading.set(sid, false);
    try {
      const found = await this.#bridge.all<Reservation>(
        `/Workers/${sid}/Reservations`,
        "reservations",
        { ReservationStatus: OPEN },
      );
      const row = this.#rows.get(sid);
      if (row !== undefined && this.#reading.get(sid) === true) {
        this.#wanted.add(sid); // something has happened since: what was found may be older
      } else if (row !== undefined) {
        this.#rows.set(sid, { ...row, held: new Map(found.map((one) => [one.sid, this.#heldOf(one)])) });
        this.#show();
      }
    } catch {
      // The row says that it is not known; it is asked for again when it next comes into sight.
    } finally {
      this.#reading.delete(sid);
    }
  }

  async #readQueues(): Promise<void> {
    const tasks = await this.#bridge.all<Task>("/Tasks", "tasks", { AssignmentStatus: HELD });
    this.#queueOf = new Map(tasks.map((task) => [task.sid, task.task_queue_friendly_name ?? undefined]));
    for (const [sid, row] of this.#rows) {
      if (row.held !== undefined && row.held.size > 0) {
        const named = ([one, held]: [string, Held]): [string, Held] => [
          one,
          { ...held, queue: held.queue ?? this.#queueOf.get(held.taskSid) },
        ];
        this.#rows.set(sid, { ...row, held: new Map([...row.held].map(named)) });
      }
    }
    this.#show();
  }

  #heldOf(one: Reservation): Held {
    return {
      taskSid: one.task_sid,
      status: one.reservation_status,
      sinceMs: Date.parse(one.date_updated),
      queue: this.#queueOf.get(one.task_sid),
    };
  }

  async #fetch(sid: string): Promise<void> {
    const before = this.#tellings;
    try {
      const worker = await this.#bridge.get<Worker>(`/Workers/${sid}`);
      this.#rows.set(sid, { ...rowOf(worker), held: this.#rows.get(sid)?.held });
    } catch (error) {
      if (!(error instanceof Refused && error.status === 404)) {
        return; // what was shown is shown on
      }
      this.#rows.delete(sid);
    }
    this.#order = undefined;
    this.#show();
    if ((this.#lastTold.get(sid) ?? 0) > before) {
      await this.#fetch(sid);
    }
  }

  #show(): void {
    this.changed.changed();
  }
}

function rowOf(worker: Worker): WorkerRow {
  return {
    sid: worker.sid,
    name: worker.friendly_name,
    activitySid: worker.activity_sid,
    activity: worker.activity_name,
    available: worker.available,
    sinceMs: Date.parse(worker.date_status_changed),
    held: undefined,
  };
}

function heldAfter(
  held: ReadonlyMap<string, Held> | undefined,
  { event_type, event_date_ms, event_data }: Told,
): ReadonlyMap<string, Held> | undefined {
  const sid = event_data["reservation_sid"];
  if (held === undefined || sid === undefined) {
    return held;
  }
  const after = new Map(held);
  const status = STATUSES[event_type];
  if (status === undefined) {
    after.delete(sid);
  } else {
    const queue = event_data["task_queue_name"];
    const taskSid = event_data["task_sid"] ?? "";
    after.set(sid, { taskSid, status, sinceMs: event_date_ms, queue });
  }
  return after;
}
