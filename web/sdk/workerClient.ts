import { answer, type Callback } from "./answers.ts";
import { Client } from "./client.ts";
import type { ReservationEntity } from "./entities/reservation.ts";
import type { WorkerEntity } from "./entities/worker.ts";
import { FetchedList, List } from "./list.ts";
import { isOffer, offerOf } from "./offers.ts";
import { isOn, optionsOf, type WorkerOptions } from "./options.ts";
import { isObject, given, serialised } from "./overloads.ts";
import { pathOf } from "./session.ts";
import type { Statistics } from "./statistics.ts";
import { mayPass, waitMs, type Params } from "./transport.ts";

const ARGUMENTS = [
  "debug",
  "connectActivitySid",
  "disconnectActivitySid",
  "closeExistingSessions",
  "region",
  "maxRetries",
  "apiBaseUrl",
  "eventBridgeBaseUrl",
] as const;
const REMEMBERED = 1_000;

/** A worker: what they do, and the work that they are offered. */
export class Worker extends Client<WorkerEntity> {
  declare readonly workerSid: string;
  declare readonly connectActivitySid: string | undefined;
  declare readonly disconnectActivitySid: string | undefined;
  declare readonly closeExistingSessions: boolean;
  /** Whether reservations are made from their frames alone, without asking the server for more. */
  declare skipFetchReservation: boolean;
  declare readonly activities: List;
  readonly #announced = new Set<string>();
  #told: Promise<void> = Promise.resolve();
  readonly #leave = () => this.#leaving();

  constructor(token: string, options?: WorkerOptions);
  constructor(
    token: string,
    debug?: boolean | string | null,
    connectActivitySid?: string | null,
    disconnectActivitySid?: string | null,
    closeExistingSessions?: boolean | string | null,
    region?: string | null,
    maxRetries?: number | null,
    apiBaseUrl?: string | null,
    eventBridgeBaseUrl?: string | null,
  );
  constructor(token: string, ...values: unknown[]) {
    const options = optionsOf<WorkerOptions>(ARGUMENTS, values);
    super(token, options, ({ claims }) => claims.worker_sid);
    this.workerSid = this.resource.sid;
    this.connectActivitySid = options.connectActivitySid;
    this.disconnectActivitySid = options.disconnectActivitySid;
    this.closeExistingSessions = isOn(options.closeExistingSessions);
    this.skipFetchReservation = false;
    this.activities = new List(this.session, () => "/Activities");
    if (this.disconnectActivitySid !== undefined) {
      globalThis.addEventListener?.("pagehide", this.#leave);
    }
  }

  get statistics(): Statistics {
    return this.resource.statistics;
  }

  /** The worker's reservations, each with its task; parameters choose among them. */
  fetchReservations(params?: Params): Promise<FetchedList>;
  fetchReservations(callback: Callback<FetchedList>, params?: Params): void;
  fetchReservations(params: Params, callback: Callback<FetchedList>): void;
  fetchReservations(...all: unknown[]): Promise<FetchedList> | void {
    const { values, callback } = given(all);
    return answer(this.#reservations(serialised(values.find(isObject) ?? {})), callback);
  }

  fetchChannels(): Promise<FetchedList>;
  fetchChannels(callback: Callback<FetchedList>): void;
  fetchChannels(callback?: Callback<FetchedList>): Promise<FetchedList> | void {
    const channels = new List(this.session, () => `${this.resource.path}/Channels`);
    return answer(channels.fetch(), callback);
  }

  updateTask(taskSid: string, params: object): Promise<any>;
  updateTask(taskSid: string, params: object, callback: Callback): void;
  updateTask(taskSid: string, params: object, callback?: Callback): Promise<any> | void {
    if (!isObject(params)) {
      throw new TypeError("updateTask: the parameters have to be an object");
    }
    return this.#task(taskSid).update(params, callback as Callback);
  }

  /** Say that a task is done; `(taskSid, callback, reason)`, the last two in either order. */
  completeTask(taskSid: string, reason?: string): Promise<any>;
  completeTask(taskSid: string, callback: Callback, reason?: string): void;
  completeTask(taskSid: string, reason: string, callback: Callback): void;
  completeTask(taskSid: string, ...all: unknown[]): Promise<any> | void {
    return this.#task(taskSid).complete(...(all as [string]));
  }

  /** The same as setting `skipFetchReservation`. */
  setSkipFetchReservation(skip: boolean): void {
    this.skipFetchReservation = isOn(skip);
  }

  /** @deprecated use `activities.fetch` */
  fetchActivityList(callback?: Callback<FetchedList>): Promise<FetchedList> | void {
    this.log.warn("fetchActivityList is deprecated: use activities.fetch");
    return this.activities.fetch(callback as Callback<FetchedList>);
  }

  /** @deprecated use `update("ActivitySid", sid)` */
  updateActivity(activitySid: string, callback?: Callback<WorkerEntity>) {
    this.log.warn('updateActivity is deprecated: use update("ActivitySid", sid)');
    return this.update("ActivitySid", activitySid, callback as Callback<WorkerEntity>);
  }

  override disconnect(): void {
    globalThis.removeEventListener?.("pagehide", this.#leave);
    super.disconnect();
  }

  protected override socketParams(): Record<string, string> {
    const leaving = this.disconnectActivitySid;
    return {
      closeExistingSessions: String(this.closeExistingSessions),
      ...(leaving === undefined ? {} : { disconnectActivitySid: leaving }),
    };
  }

  protected override announced(first: boolean): void {
    this.#arrive(first, 0);
  }

  /**
   * Offers that wait are announced, and a worker without any takes up the activity they came for.
   *
   * Nobody else tells of an offer that was made while there was no connection: where the list cannot
   * be had it is asked for again, as long as the connection lasts.
   */
  #arrive(first: boolean, tried: number): void {
    const { connection } = this;
    this.#inOrder(async () => {
      let waiting: ReservationEntity[];
      try {
        waiting = await this.#waiting();
      } catch (error) {
        if (mayPass(error)) {
          setTimeout(() => connection === this.connection && this.#arrive(first, tried + 1), waitMs(tried));
        }
        throw error;
      }
      for (const reservation of waiting) {
        this.#announce(reservation);
      }
      if (first && waiting.length === 0 && this.connectActivitySid !== undefined) {
        await this.update("ActivitySid", this.connectActivitySid);
      }
    }, "what the worker should find on connecting could not be had");
  }

  /** Taken in at once, and told in the order of the frames however long the fetching for each takes. */
  protected override deliver(frame: string, payload: unknown): void {
    const event = frame.replace(/^worker\./, "");
    const trouble = `${event} could not be told`;
    if (!event.startsWith("reservation.") || !isOffer(payload)) {
      const known = this.taken(payload);
      this.#inOrder(() => void this.emit(event, known), trouble);
      return;
    }
    const offer = offerOf(this.session, payload as object, this.skipFetchReservation);
    this.#inOrder(async () => {
      const reservation = await offer;
      if (event === "reservation.created") {
        this.#announce(reservation);
      } else {
        this.emit(event, reservation);
      }
    }, trouble);
  }

  /** Once for each reservation, whether its frame came first or the list of those that wait. */
  #announce(reservation: ReservationEntity): void {
    if (this.#announced.has(reservation.sid)) {
      return;
    }
    this.#announced.add(reservation.sid);
    if (this.#announced.size > REMEMBERED) {
      this.#announced.delete(this.#announced.values().next().value!);
    }
    this.emit("reservation.created", reservation);
  }

  #inOrder(work: () => Promise<void> | void, trouble: string): void {
    this.#told = this.#told.then(work).catch((error) => this.failed(error, trouble));
  }

  /** All offers that wait for an answer, however many pages they are. */
  async #waiting(): Promise<ReservationEntity[]> {
    const waiting: ReservationEntity[] = [];
    let list: FetchedList | undefined = await this.#reservations({ ReservationStatus: "pending" });
    while (list !== undefined) {
      waiting.push(...list.data);
      list = await list.next?.();
    }
    return waiting;
  }

  #reservations(params: Params): Promise<FetchedList> {
    return withTasks(new List(this.session, () => `${this.resource.path}/Reservations`).fetch(params));
  }

  #task(sid: string): any {
    if (typeof sid !== "string" || sid === "") {
      throw new TypeError("the first argument has to be the SID of a task");
    }
    return this.session.unfetched({ sid });
  }

  /** The page goes: there is no time left for a request whose answer anybody could read. */
  #leaving(): void {
    const envelope = this.transport.envelope({
      method: "POST",
      url: this.session.urlOf(pathOf("Workers", this.workerSid)),
      params: { ActivitySid: this.disconnectActivitySid },
    });
    if (!globalThis.navigator?.sendBeacon?.(this.transport.url, envelope)) {
      void fetch(this.transport.url, { method: "POST", body: envelope, keepalive: true }).catch(
        () => undefined,
      );
    }
  }
}

/** A page of reservations, once each of them has its task; so will those on the pages beside it. */
async function withTasks(fetched: Promise<FetchedList>): Promise<FetchedList> {
  const list = await fetched;
  await Promise.all(list.data.map((reservation: ReservationEntity) => reservation.withTask()));
  for (const name of ["next", "previous"] as const) {
    const turn = list[name];
    if (turn !== undefined) {
      const value = (callback?: Callback<FetchedList>) => answer(withTasks(turn()), callback);
      Object.defineProperty(list, name, { value, configurable: true });
    }
  }
  return list;
}
