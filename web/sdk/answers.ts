/** One way to answer: to the callback if there is one, with a promise otherwise. */

import type { TaskRouterError } from "./errors.ts";

export type Callback<T = any> = (error: TaskRouterError | null, result?: T) => void;

/**
 * Hand what comes of `work` to the callback, or the promise itself to the caller.
 *
 * The callback is called exactly once. What it throws reaches the page as an uncaught error, and is
 * never taken for a failure of the request.
 */
export function answer<T>(work: Promise<T>, callback: Callback<T>): void;
export function answer<T>(work: Promise<T>, callback: Callback<T> | undefined): Promise<T> | void;
export function answer<T>(work: Promise<T>, callback: Callback<T> | undefined): Promise<T> | void {
  if (callback === undefined) {
    return work;
  }
  work.then(
    (result) => queueMicrotask(() => callback(null, result)),
    (error) => queueMicrotask(() => callback(error)),
  );
}
