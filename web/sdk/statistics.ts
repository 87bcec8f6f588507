/** Statistics of a resource, or of all resources of a kind. */

import { answer, type Callback } from "./answers.ts";
import { callbackAt, serialised, isObject } from "./overloads.ts";
import { camelCased, type Payload } from "./properties.ts";
import type { Session } from "./session.ts";
import type { Params } from "./transport.ts";

/** Asks for statistics at one address; `Minutes`, `StartDate` and the like are its parameters. */
export class Statistics {
  readonly #session: Session;
  readonly #path: () => string;
  readonly #part: "realtime" | "cumulative" | undefined;

  /** @param part what to give of each entry of a list, if not all of it */
  constructor(session: Session, path: () => string, part?: "realtime" | "cumulative") {
    this.#session = session;
    this.#path = path;
    this.#part = part;
  }

  fetch(): Promise<any>;
  fetch(params: Params): Promise<any>;
  fetch(callback: Callback): void;
  fetch(params: Params, callback: Callback): void;
  fetch(...values: unknown[]): Promise<any> | void {
    const [first] = values;
    const hasParams = isObject(first);
    if (first != null && !hasParams && typeof first !== "function") {
      throw new TypeError("fetch: the parameters of statistics have to be an object");
    }
    const { callback } = callbackAt(values, hasParams || first == null ? 1 : 0, "fetch");
    const params = hasParams ? textsOf(first) : undefined;
    return answer(this.#ask(this.#path(), params), callback);
  }

  updateToken(token: string): void {
    this.#session.renew(token);
  }

  async #ask(path: string, params?: Params): Promise<any> {
    const payload: Payload = (await this.#session.ask("GET", path, params)) ?? {};
    const key: unknown = payload.meta?.key;
    return typeof key === "string" && Array.isArray(payload[key])
      ? this.#listed(payload[key], payload.meta)
      : camelCased(withoutAddresses(payload));
  }

  /** One entry for each index, as it always was; and beside them the same as an array, with its pages. */
  #listed(entries: Payload[], meta: Payload): object {
    const data = entries.map((entry) => this.#entryOf(entry));
    const result = { ...data };
    const hidden: Record<string, unknown> = {
      data,
      page: meta.page,
      pageSize: meta.page_size,
      hasNext: Boolean(meta.next_page_url),
      hasPrevious: Boolean(meta.previous_page_url),
    };
    for (const [name, url] of [
      ["next", meta.next_page_url],
      ["previous", meta.previous_page_url],
    ]) {
      if (url) {
        hidden[name] = (callback?: Callback) => answer(this.#ask(url), callback);
      }
    }
    for (const [name, value] of Object.entries(hidden)) {
      Object.defineProperty(result, name, { value, enumerable: false });
    }
    return result;
  }

  #entryOf(entry: Payload): any {
    if (this.#part === undefined) {
      return camelCased(withoutAddresses(entry));
    }
    const { realtime: _, cumulative: __, ...whose } = withoutAddresses(entry);
    return camelCased({ ...whose, ...entry[this.#part] });
  }
}

/** The three kinds that workspaces, workflows and task queues have. */
export class StatisticsOf {
  readonly statistics: Statistics;
  readonly realtimeStats: Statistics;
  readonly cumulativeStats: Statistics;

  constructor(session: Session, path: () => string) {
    this.statistics = new Statistics(session, () => `${path()}/Statistics`);
    this.realtimeStats = new Statistics(session, () => `${path()}/RealTimeStatistics`);
    this.cumulativeStats = new Statistics(session, () => `${path()}/CumulativeStatistics`);
  }
}

/** What shows its path to its statistics. */
function withoutAddresses(payload: Payload): Payload {
  const { url: _, links: __, meta: ___, ...rest } = payload;
  return rest;
}

function textsOf(params: Params): Params {
  return Object.fromEntries(
    Object.entries(serialised(params)).map(([name, value]) => [name, String(value)]),
  );
}
