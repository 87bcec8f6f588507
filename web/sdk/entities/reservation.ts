import { answer, type Callback } from "../answers.ts";
import { Entity } from "../entity.ts";
import { given } from "../overloads.ts";
import type { Payload } from "../properties.ts";
import { pathOf } from "../session.ts";
import type { Params } from "../transport.ts";
import { CALL, CONFERENCE, DEQUEUE, dequeueValues, instruct, REDIRECT, type Signature } from "./instructions.ts";
import type { TaskEntity } from "./task.ts";

type Text = string | null | undefined;
type Flag = boolean | Text;

/** The offer of a task to a worker. */
export class ReservationEntity extends Entity {
  declare readonly task: TaskEntity;

  /** @internal */
  override get path(): string {
    const task: unknown = this.task?.sid ?? this.taskSid;
    if (typeof task !== "string") {
      throw new TypeError(`reservation ${this.sid}: it is not known which task it is of`);
    }
    return pathOf("Tasks", task, "Reservations", this.sid);
  }

  accept(): Promise<this>;
  accept(callback: Callback<this>): void;
  accept(callback?: Callback<this>): Promise<this> | void {
    return this.#ask({ ReservationStatus: "accepted" }, given([callback]).callback);
  }

  /** Turn it down, and take up another activity if one is given. */
  reject(activitySid?: string): Promise<this>;
  reject(callback: Callback<this>): void;
  reject(activitySid: Text, callback: Callback<this>): void;
  reject(...all: unknown[]): Promise<this> | void {
    const { values, callback } = given(all);
    const activity = values[0] ?? undefined;
    return this.#ask({ ReservationStatus: "rejected", WorkerActivitySid: activity }, callback);
  }

  dequeue(options?: object, callback?: Callback<this>): Promise<this> | void;
  dequeue(
    from?: Text,
    postWorkActivitySid?: Text,
    record?: Flag,
    timeout?: Text | number,
    statusCallbackUrl?: Text,
    statusCallbackEvents?: Text | string[],
    to?: Text,
    callback?: Callback<this>,
  ): Promise<this> | void;
  dequeue(...all: unknown[]): Promise<this> | void {
    const { values, callback } = splitAt(DEQUEUE.length, all);
    return this.#ask(instruct("dequeue", DEQUEUE, dequeueValues(values)), callback);
  }

  call(options: object, callback?: Callback<this>): Promise<this> | void;
  call(
    from?: Text,
    url?: Text,
    statusCallbackUrl?: Text,
    accept?: Flag,
    record?: Flag,
    to?: Text,
    callback?: Callback<this>,
  ): Promise<this> | void;
  call(...all: unknown[]): Promise<this> | void {
    return this.#instruct("call", CALL, all);
  }

  redirect(options: object, callback?: Callback<this>): Promise<this> | void;
  redirect(
    callSid?: Text,
    url?: Text,
    accept?: Flag,
    callback?: Callback<this>,
  ): Promise<this> | void;
  redirect(...all: unknown[]): Promise<this> | void {
    return this.#instruct("redirect", REDIRECT, all);
  }

  conference(options?: object, callback?: Callback<this>): Promise<this> | void;
  conference(
    from?: Text,
    postWorkActivitySid?: Text,
    timeout?: Text | number,
    to?: Text,
    callback?: Callback<this> | null,
    options?: object,
  ): Promise<this> | void;
  conference(...all: unknown[]): Promise<this> | void {
    return this.#instruct("conference", CONFERENCE, all);
  }

  /** Have `task` fetched; it stays as it is if that fails. */
  async withTask(): Promise<this> {
    await this.task?.fetch().catch(() => undefined);
    return this;
  }

  /** Have a task that is known already as `task`. */
  of(task: TaskEntity): this {
    this.present("task", task);
    return this;
  }

  #instruct(name: string, signature: Signature, all: unknown[]): Promise<this> | void {
    const { values, callback } = splitAt(signature.length, all);
    return this.#ask(instruct(name, signature, values), callback);
  }

  #ask(params: Params, callback: Callback<this> | undefined): Promise<this> | void {
    const work = this.refreshed(this.session.ask("POST", this.path, params) as Promise<Payload>);
    return answer(work.then(() => this.withTask()), callback);
  }
}

/** Arguments without their callback; where it is left out as null, its place is dropped too. */
function splitAt(place: number, all: readonly unknown[]): ReturnType<typeof given> {
  const found = given(all);
  return found.callback === undefined && all.length > place && all[place] == null
    ? { values: all.toSpliced(place, 1), callback: undefined }
    : found;
}
