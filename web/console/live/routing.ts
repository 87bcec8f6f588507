/** A workflow's configuration as steps that can be drawn and changed, whatever else stands in it. */

export interface Target {
  readonly queue?: string;
  readonly expression?: string;
  readonly priority?: number | string;
  readonly timeout?: number | string;
  readonly order_by?: string;
  readonly skip_if?: string;
  readonly known_worker_sid?: string;
  readonly known_worker_friendly_name?: string;
}

export interface Filter {
  readonly filter_friendly_name?: string;
  readonly expression?: string;
  readonly targets?: readonly Target[];
}

export interface Routing {
  readonly filters?: readonly Filter[];
  readonly default_filter?: Target;
}

export interface Document {
  readonly task_routing: Routing;
}

/** Read it. @throws Error that says what it is not */
export function documentOf(text: string): Document {
  const value: unknown = JSON.parse(text);
  if (!isObject(value) || !isObject(value["task_routing"])) {
    throw new Error('A configuration is an object with "task_routing".');
  }
  const { filters } = value["task_routing"];
  if (filters !== undefined && !(Array.isArray(filters) && filters.every(isFilter))) {
    throw new Error('"filters" is a list of objects, and their "targets" are lists of objects.');
  }
  return value as unknown as Document;
}

export function textOf(document: Document): string {
  return JSON.stringify(document, null, 2);
}

/** The same with another filter at a place; or without it, for undefined. */
export function withFilter(document: Document, place: number, filter: Filter | undefined): Document {
  const filters = [...(document.task_routing.filters ?? [])];
  filters.splice(place, 1, ...(filter === undefined ? [] : [filter]));
  return { ...document, task_routing: { ...document.task_routing, filters } };
}

export function withDefault(document: Document, queue: string): Document {
  const { default_filter: _, ...routing } = document.task_routing;
  const target = queue === "" ? {} : { default_filter: { ...document.task_routing.default_filter, queue } };
  return { ...document, task_routing: { ...routing, ...target } };
}

function isFilter(value: unknown): boolean {
  const targets = isObject(value) ? value["targets"] : null;
  return targets === undefined || (Array.isArray(targets) && targets.every(isObject));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
