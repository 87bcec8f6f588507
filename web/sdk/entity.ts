/** What all resources have in common: properties, and how they are fetched, changed and deleted. */

import { answer, type Callback } from "./answers.ts";
import { callbackAt, changesOf } from "./overloads.ts";
import { propertiesOf, show, type Payload } from "./properties.ts";
import type { Session } from "./session.ts";

/** Which property of a payload names which entity, and by which name that is found. */
const FOREIGN: Readonly<Record<string, string>> = {
  workspaceSid: "workspace",
  workflowSid: "workflow",
  queueSid: "queue",
  taskQueueSid: "queue",
  workerSid: "worker",
  taskSid: "task",
  activitySid: "activity",
};

export abstract class Entity {
  readonly #session: Session;
  readonly #shown = new Set<string>();
  #watcher: (() => void) | undefined;

  declare readonly sid: string;
  readonly [property: string]: any;

  constructor(session: Session, payload: Payload) {
    this.#session = session;
    this.absorb(payload);
  }

  /** @internal Where it is below its workspace. */
  abstract get path(): string;

  protected get session(): Session {
    return this.#session;
  }

  /** Get what it is like now. */
  fetch(): Promise<this>;
  fetch(callback: Callback<this>): void;
  fetch(callback?: Callback<this>): Promise<this> | void {
    const { callback: back } = callbackAt([callback], 0, "fetch");
    return answer(this.refreshed(this.session.ask("GET", this.path)), back);
  }

  /** Change one value, or several. A leading SID of its own is tolerated. */
  update(changes: object): Promise<this>;
  update(changes: object, callback: Callback<this>): void;
  update(name: string, value: string): Promise<this>;
  update(name: string, value: string, callback: Callback<this>): void;
  update(sid: string, changes: object, callback?: Callback<this>): Promise<this> | void;
  update(
    sid: string,
    name: string,
    value: string,
    callback?: Callback<this>,
  ): Promise<this> | void;
  update(...values: unknown[]): Promise<this> | void {
    const { params, callback } = changesOf(values[0] === this.sid ? values.slice(1) : values);
    return answer(this.refreshed(this.session.ask("POST", this.path, params)), callback);
  }

  delete(): Promise<void>;
  delete(callback: Callback<void>): void;
  delete(callback?: Callback<void>): Promise<void> | void {
    const { callback: back } = callbackAt([callback], 0, "delete");
    const work = this.session.ask("DELETE", this.path).then(() => undefined);
    return answer(work, back);
  }

  /** The whole client goes on with this token, and all that came from it. */
  updateToken(token: string): void {
    this.session.renew(token);
  }

  /** @internal Call this whenever there was something to take in. */
  watch(watcher: () => void): void {
    this.#watcher = watcher;
  }

  /** @internal Show what a payload says, beside what earlier ones said. */
  absorb(payload: Payload): void {
    for (const [name, value] of propertiesOf(payload)) {
      this.present(name, value);
      this.#showForeign(name, value);
    }
    if (payload.reservation_sid && this.sid.startsWith("WT")) {
      const known = { sid: payload.reservation_sid, task_sid: this.sid };
      this.present("reservation", this.session.unfetched(known));
    }
    this.#watcher?.();
  }

  /** This entity, once it has taken in what was answered. */
  protected async refreshed(work: Promise<Payload | null>): Promise<this> {
    const payload = await work;
    if (payload) {
      this.absorb(payload);
    }
    return this;
  }

  /** Show a property; one that a payload names never hides a method or a list. */
  protected present(name: string, value: unknown): void {
    if (this.#shown.has(name) || !(name in this)) {
      this.#shown.add(name);
      show(this, name, value);
    }
  }

  #showForeign(name: string, sid: unknown): void {
    const shown = FOREIGN[name] ?? (name.endsWith("ActivitySid") ? name.slice(0, -3) : undefined);
    if (shown === undefined) {
      return;
    }
    if (typeof sid !== "string") {
      this.present(shown, null);
    } else if (this[shown]?.sid !== sid) {
      const known = this.session.unfetched({ sid });
      if (known !== undefined) {
        this.present(shown, known);
      }
    }
  }
}
