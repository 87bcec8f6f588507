/** Resources of one kind, and pages of them. */

import { answer, type Callback } from "./answers.ts";
import { callbackAt, changesOf, isObject, serialised } from "./overloads.ts";
import type { Payload } from "./properties.ts";
import { pathOf, type Session } from "./session.ts";
import { Statistics, StatisticsOf } from "./statistics.ts";
import type { Params } from "./transport.ts";

export class List {
  readonly #session: Session;
  readonly #path: () => string;

  constructor(session: Session, path: () => string) {
    this.#session = session;
    this.#path = path;
  }

  protected get session(): Session {
    return this.#session;
  }

  /** A page of them, those that the parameters choose, or the one of a SID. */
  fetch(): Promise<FetchedList>;
  fetch(params: Params): Promise<FetchedList>;
  fetch(sid: string): Promise<any>;
  fetch(callback: Callback<FetchedList>): void;
  fetch(params: Params, callback: Callback<FetchedList>): void;
  fetch(sid: string, callback: Callback): void;
  fetch(...values: unknown[]): Promise<any> | void {
    const [first] = values;
    if (typeof first === "string") {
      const { callback } = callbackAt(values, 1, "fetch");
      return answer(this.#read("GET", this.#path() + pathOf(first)), callback);
    }
    const hasParams = isObject(first);
    if (first != null && !hasParams && typeof first !== "function") {
      throw new TypeError("fetch: give parameters as an object, or a SID as text");
    }
    const { callback } = callbackAt(values, hasParams || first == null ? 1 : 0, "fetch");
    return answer(this.#read("GET", this.#path(), hasParams ? serialised(first) : {}), callback);
  }

  create(params: object): Promise<any>;
  create(params: object, callback: Callback): void;
  create(...values: unknown[]): Promise<any> | void {
    const [params] = values;
    if (!isObject(params)) {
      throw new TypeError("create: the parameters have to be an object");
    }
    const { callback } = callbackAt(values, 1, "create");
    const path = this.#path();
    const work = this.session.ask("POST", path, serialised(params), { creates: true });
    return answer(work.then((payload) => this.session.read(payload)), callback);
  }

  update(sid: string, changes: object, callback?: Callback): Promise<any> | void;
  update(sid: string, name: string, value: string, callback?: Callback): Promise<any> | void;
  update(...values: unknown[]): Promise<any> | void {
    const path = this.#path() + pathOf(sidOf(values, "update"));
    const { params, callback } = changesOf(values.slice(1));
    return answer(this.#read("POST", path, params), callback);
  }

  delete(sid: string): Promise<void>;
  delete(sid: string, callback: Callback<void>): void;
  delete(...values: unknown[]): Promise<void> | void {
    const path = this.#path() + pathOf(sidOf(values, "delete"));
    const { callback } = callbackAt(values, 1, "delete");
    return answer(this.session.ask("DELETE", path).then(() => undefined), callback);
  }

  updateToken(token: string): void {
    this.session.renew(token);
  }

  async #read(method: "GET" | "POST", path: string, params?: Params): Promise<any> {
    return this.session.read(await this.session.ask(method, path, params), path);
  }
}

/** One page of a list. */
export class FetchedList extends List {
  readonly data: any[];
  readonly page: number;
  readonly pageSize: number;
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
  /** The next page; only there if there is one. */
  declare readonly next?: PageTurn;
  /** The page before; only there if there is one. */
  declare readonly previous?: PageTurn;

  constructor(session: Session, path: string, data: any[], meta: Payload) {
    const whole = path.split("?")[0]!;
    super(session, () => whole);
    this.data = data;
    this.page = meta.page;
    this.pageSize = meta.page_size;
    this.hasNext = Boolean(meta.next_page_url);
    this.hasPrevious = Boolean(meta.previous_page_url);
    for (const [name, url] of [
      ["next", meta.next_page_url],
      ["previous", meta.previous_page_url],
    ]) {
      if (url) {
        const turn = (callback?: Callback<FetchedList>) =>
          answer(session.ask("GET", url).then((payload) => session.read(payload, url)), callback);
        Object.defineProperty(this, name, { value: turn, configurable: true });
      }
    }
  }
}

export interface PageTurn {
  (): Promise<FetchedList>;
  (callback: Callback<FetchedList>): void;
}

/** All workers, with the statistics of them together. */
export class WorkerList extends List {
  readonly #stats: StatisticsOf;

  constructor(session: Session, path: () => string) {
    super(session, path);
    this.#stats = new StatisticsOf(session, path);
  }

  get statistics(): Statistics {
    return this.#stats.statistics;
  }

  get realtimeStats(): Statistics {
    return this.#stats.realtimeStats;
  }

  get cumulativeStats(): Statistics {
    return this.#stats.cumulativeStats;
  }
}

/** All task queues, with the statistics of each. */
export class TaskQueueList extends List {
  readonly #path: () => string;

  constructor(session: Session, path: () => string) {
    super(session, path);
    this.#path = path;
  }

  get statistics(): Statistics {
    return new Statistics(this.session, () => `${this.#path()}/Statistics`);
  }

  // There is no address for these two: they are halves of what the first one answers.

  get realtimeStats(): Statistics {
    return new Statistics(this.session, () => `${this.#path()}/Statistics`, "realtime");
  }

  get cumulativeStats(): Statistics {
    return new Statistics(this.session, () => `${this.#path()}/Statistics`, "cumulative");
  }
}

function sidOf(values: readonly unknown[], method: string): string {
  const [sid] = values;
  if (typeof sid !== "string" || sid === "") {
    throw new TypeError(`${method}: the first argument has to be a SID`);
  }
  return sid;
}
