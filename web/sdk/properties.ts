/** From the server's payloads to what a page reads: names in camel case, dates as dates. */

export type Payload = Readonly<Record<string, any>>;

const DATES = new Set([
  "date_created",
  "date_updated",
  "date_status_changed",
  "virtual_start_time",
  "task_queue_entered_date",
  "start_time",
  "end_time",
  "event_date",
]);
const JSON_TEXTS = new Set(["attributes", "configuration", "addons"]);
const SKIPPED = new Set(["reservation_sid", "url", "links"]);

/** `date_status_changed` is `dateStatusChanged`. */
export function camelCase(name: string): string {
  return name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}

/** The properties of a payload, in the payload's order; the payload stays as it is. */
export function propertiesOf(payload: Payload): [name: string, value: unknown][] {
  return Object.entries(payload)
    .filter(([key]) => !SKIPPED.has(key))
    .map(([key, value]) => [camelCase(key), valueOf(key, value)]);
}

/** Any value in camel case, however deep: objects are copied, scalars are what they are. */
export function camelCased(value: unknown): any {
  if (Array.isArray(value)) {
    return value.map(camelCased);
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [camelCase(key), valueOf(key, inner)]),
  );
}

/** Read-only, and yet to be replaced by the next payload. */
export function show(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true });
}

function valueOf(key: string, value: unknown): unknown {
  if (JSON_TEXTS.has(key)) {
    return parsed(value); // its names are the application's own, and stay
  }
  return DATES.has(key) ? dateOf(value) : camelCased(value);
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string") {
    return structuredClone(value);
  }
  try {
    return JSON.parse(value);
  } catch {
    return value; // an event is worth more than its attributes
  }
}

function dateOf(value: unknown): unknown {
  if (typeof value !== "string" && typeof value !== "number") {
    return value;
  }
  const date = new Date(typeof value === "number" ? value * 1_000 : value);
  return Number.isNaN(date.getTime()) ? value : date;
}
