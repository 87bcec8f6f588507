/** What a worker at their desk sees: the SDK's Worker, and the reservations that bind them. */

import type { ReservationEntity } from "../../sdk/entities/reservation.ts";
import { Worker } from "../../sdk/workerClient.ts";
import type { Access } from "./access.ts";
import { Bridge } from "./bridge.ts";
import type { Line } from "./centre.ts";
import { ring } from "./ring.ts";
import { wordsOf } from "./refused.ts";
import { Signal } from "./signal.ts";
import type { Activity, Task, WorkerChannel, Workflow } from "./wire.ts";

export interface Work {
  readonly sid: string;
  readonly status: string;
  readonly sinceMs: number;
  readonly task: Task | undefined;
  readonly taskSid: string;
  /** When the offer lapses; undefined while it is not known, or is none any more. */
  readonly deadlineMs: number | undefined;
  /** Whether an answer is on its way: no second one is sent. */
  readonly isBusy: boolean;
  readonly trouble: string | undefined;
}

export type Step = "accept" | "reject" | "wrap" | "complete";

const OPEN = ["pending", "accepted", "wrapping"];
const EVENTS = ["created", "accepted", "rejected", "timeout", "canceled", "rescinded", "wrapup", "completed"];
const STATUS: Readonly<Record<Step, string>> = {
  accept: "accepted",
  reject: "rejected",
  wrap: "wrapping",
  complete: "completed",
};

export class DeskModel {
  readonly changed = new Signal();
  activities: readonly Activity[] = [];
  channels: readonly WorkerChannel[] = [];
  line: Line = "connecting";
  trouble: string | undefined;
  isMoving = false;
  readonly #access: Access;
  readonly #bridge: Bridge;
  readonly #sid: string;
  readonly #worker: Worker;
  readonly #work = new Map<string, Work>();
  /** How long the offers of a workflow last, in seconds. */
  readonly #timeouts = new Map<string, Promise<number>>();
  readonly #unsubscribe: () => void;
  readonly #sending = new Set<string>();
  readonly #announced = new Set<string>();
  /** How often the worker has answered: what was asked for before an answer does not show it. */
  #answers = 0;
  #reading: Promise<void> | undefined;
  #isStale = false;

  constructor(access: Access) {
    const who = access.granted;
    if (who?.workerSid === undefined) {
      throw new Error("a desk is for an agent");
    }
    this.#access = access;
    this.#bridge = new Bridge(access);
    this.#sid = who.workerSid;
    this.#worker = new Worker(who.token);
    this.#unsubscribe = access.changed.subscribe(() => this.#useToken());
    this.#listen();
    void this.#refresh();
  }

  get name(): string {
    return (this.#worker["friendlyName"] as string | undefined) ?? "";
  }

  get activitySid(): string {
    return (this.#worker["activitySid"] as string | undefined) ?? "";
  }

  get offers(): Work[] {
    return [...this.#work.values()].filter((one) => one.status === "pending");
  }

  get ownWork(): Work[] {
    return [...this.#work.values()].filter((one) => one.status !== "pending");
  }

  end(): void {
    this.#unsubscribe();
    this.#worker.disconnect();
  }

  async moveTo(activitySid: string): Promise<void> {
    if (this.isMoving) {
      return;
    }
    this.isMoving = true;
    this.trouble = undefined;
    this.changed.changed();
    try {
      await this.#worker.update("ActivitySid", activitySid);
    } catch (error) {
      this.trouble = wordsOf(error);
    }
    this.isMoving = false;
    this.changed.changed();
  }

  /** Answer an offer, or take the work a step on. Nothing is sent while an answer is on its way. */
  async take(sid: string, step: Step): Promise<void> {
    const one = this.#work.get(sid);
    if (one === undefined || this.#sending.has(sid)) {
      return;
    }
    this.#sending.add(sid);
    this.#put({ ...one, isBusy: true, trouble: undefined });
    try {
      await this.#bridge.ask("POST", `/Workers/${this.#sid}/Reservations/${sid}`, {
        ReservationStatus: STATUS[step],
      });
    } catch (error) {
      const now = this.#work.get(sid);
      if (now !== undefined) {
        this.#put({ ...now, trouble: wordsOf(error) });
      }
    }
    // What it has come to is asked for, whether or not the answer was heard.
    this.#sending.delete(sid);
    this.#answers += 1;
    await this.#refresh();
  }

  #listen(): void {
    const worker = this.#worker;
    worker.on("ready", () => {
      this.line = "up";
      void this.#refresh();
    });
    worker.on("connected", () => {
      this.line = "up";
      void this.#refresh();
    });
    worker.on("disconnected", () => {
      this.line = "down";
      this.changed.changed();
    });
    worker.on("token.expired", () => void this.#access.insteadOf(this.#access.granted?.token ?? ""));
    worker.on("error", () => this.changed.changed());
    for (const event of ["activity.update", "attributes.update"]) {
      worker.on(event, () => this.changed.changed());
    }
    for (const event of ["capacity.update", "channel.availability.update"]) {
      worker.on(event, () => void this.#channels());
    }
    for (const event of EVENTS) {
      worker.on(`reservation.${event}`, (one: ReservationEntity) => this.#told(event, one.sid));
    }
    for (const event of ["updated", "canceled", "wrapup", "completed"]) {
      worker.on(`task.${event}`, () => void this.#refresh());
    }
  }

  #told(event: string, sid: string): void {
    if (event === "created") {
      this.#announce(sid);
    }
    void this.#refresh();
  }

  /** Sound a new offer once, whether the event or a reading for another reason tells of it first. */
  #announce(sid: string): void {
    if (!this.#announced.has(sid)) {
      this.#announced.add(sid);
      ring();
    }
  }

  #useToken(): void {
    const token = this.#access.granted?.token;
    if (token !== undefined) {
      this.#worker.updateToken(token);
    }
  }

  /** Read everything that binds the worker; calls that come meanwhile are one more reading. */
  #refresh(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= (async () => {
      while (this.#isStale) {
        this.#isStale = false;
        await this.#read();
      }
      this.#reading = undefined;
    })();
    return this.#reading;
  }

  async #read(): Promise<void> {
    const before = this.#answers;
    try {
      const [found] = await Promise.all([
        this.#worker.fetchReservations({ ReservationStatus: OPEN.join(","), PageSize: "100" }),
        this.#channels(),
        this.#readActivities(),
      ]);
      if (this.#answers !== before) {
        return; // it is read once more
      }
      const known = new Set<string>();
      for (const one of found.data as ReservationEntity[]) {
        known.add(one.sid);
        const work = workOf(one, this.#work.get(one.sid), this.#sending.has(one.sid));
        this.#work.set(one.sid, work);
        if (work.status === "pending") {
          this.#announce(one.sid);
        }
        void this.#deadline(one.sid);
      }
      for (const sid of [...this.#work.keys()]) {
        if (!known.has(sid)) {
          this.#work.delete(sid);
          this.#announced.delete(sid);
        }
      }
      this.trouble = undefined;
    } catch (error) {
      this.trouble = wordsOf(error);
      setTimeout(() => void this.#refresh(), 3_000);
    }
    this.changed.changed();
  }

  async #channels(): Promise<void> {
    this.channels = await this.#bridge.all<WorkerChannel>(`/Workers/${this.#sid}/Channels`, "channels");
    this.changed.changed();
  }

  async #readActivities(): Promise<void> {
    if (this.activities.length === 0) {
      this.activities = await this.#bridge.all<Activity>("/Activities", "activities");
    }
  }

  async #deadline(sid: string): Promise<void> {
    const workflow = this.#work.get(sid)?.task?.workflow_sid;
    if (workflow == null) {
      return;
    }
    let timeout = this.#timeouts.get(workflow);
    if (timeout === undefined) {
      timeout = this.#bridge
        .get<Workflow>(`/Workflows/${workflow}`)
        .then((one) => one.task_reservation_timeout);
      this.#timeouts.set(workflow, timeout);
      timeout.catch(() => this.#timeouts.delete(workflow));
    }
    try {
      const ms = (await timeout) * 1_000;
      const now = this.#work.get(sid);
      if (now?.status === "pending") {
        this.#put({ ...now, deadlineMs: now.sinceMs + ms });
      }
    } catch {
      // An offer without its countdown is still an offer.
    }
  }

  #put(one: Work): void {
    this.#work.set(one.sid, one);
    this.changed.changed();
  }
}

function workOf(one: ReservationEntity, before: Work | undefined, isBusy: boolean): Work {
  const status = String(one["reservationStatus"]);
  const isSame = before?.status === status;
  const { task } = one;
  const date = (isSame || status === "pending" ? one["dateCreated"] : one["dateUpdated"]) as Date;
  return {
    sid: one.sid,
    status,
    sinceMs: isSame ? before.sinceMs : date.getTime(),
    taskSid: task.sid,
    task: task["assignmentStatus"] === undefined ? before?.task : taskOf(task),
    deadlineMs: isSame ? before.deadlineMs : undefined,
    isBusy,
    trouble: before?.trouble,
  };
}

function taskOf(task: ReservationEntity["task"]): Task {
  const text = (name: string) => (task[name] as string | null | undefined) ?? null;
  return {
    sid: task.sid,
    age: Number(task["age"]),
    assignment_status: String(task["assignmentStatus"]),
    attributes: JSON.stringify(task["attributes"]),
    date_created: "",
    priority: Number(task["priority"]),
    reason: text("reason"),
    task_channel_unique_name: text("taskChannelUniqueName"),
    task_queue_sid: text("taskQueueSid"),
    task_queue_friendly_name: text("taskQueueFriendlyName"),
    timeout: Number(task["timeout"]),
    workflow_sid: text("workflowSid"),
    workflow_friendly_name: text("workflowFriendlyName"),
  };
}
