/** Reads the argument lists that the published methods take. */

import type { Callback } from "./answers.ts";
import type { Params } from "./transport.ts";

/** The values before the callback, and the callback. */
export interface Given {
  readonly values: readonly unknown[];
  readonly callback: Callback | undefined;
}

/** Arguments of which the last function, wherever it stands, is the callback. */
export function given(values: readonly unknown[]): Given {
  const place = values.findLastIndex((value) => typeof value === "function");
  return {
    values: values.filter((_, at) => at !== place),
    callback: place < 0 ? undefined : (values[place] as Callback),
  };
}

/**
 * What an `update` is asked to change: `(name, value[, callback])` or `(object[, callback])`.
 *
 * @throws TypeError for anything else
 */
export function changesOf(values: readonly unknown[]): { params: Params; callback?: Callback } {
  const [first, second] = values;
  if (typeof first === "string") {
    if (typeof second !== "string") {
      throw new TypeError(`update: the value of ${first} has to be text`);
    }
    return { params: { [first]: second }, ...callbackAt(values, 2, "update") };
  }
  if (isObject(first)) {
    return { params: serialised(first), ...callbackAt(values, 1, "update") };
  }
  throw new TypeError("update: give a name and a value, or an object of them");
}

/** The callback at a place, if there is one. */
export function callbackAt(
  values: readonly unknown[],
  place: number,
  method: string,
): { callback?: Callback } {
  const value = values[place];
  if (value === undefined || value === null) {
    return {};
  }
  if (typeof value !== "function") {
    throw new TypeError(`${method}: argument ${place + 1} has to be a function`);
  }
  return { callback: value as Callback };
}

/** Parameters for the wire, in an object of their own: objects as JSON text, flags as text. */
export function serialised(params: Params): Params {
  return Object.fromEntries(
    Object.entries(params)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, wireOf(value)]),
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function wireOf(value: unknown): unknown {
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (typeof value === "object") {
    return JSON.stringify(value);
  }
  return typeof value === "boolean" ? String(value) : value;
}
