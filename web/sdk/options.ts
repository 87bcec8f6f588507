/** What a client is made with, whether its arguments came one by one or as one object. */

export interface Options {
  debug?: boolean | string | undefined;
  region?: string | undefined;
  /** How often a request is tried again; 0 by default. */
  maxRetries?: number | undefined;
  apiBaseUrl?: string | undefined;
  eventBridgeBaseUrl?: string | undefined;
  /** How long one try of a request may take, in milliseconds; 15,000 by default. */
  timeoutMs?: number | undefined;
}

export interface WorkerOptions extends Options {
  connectActivitySid?: string | undefined;
  disconnectActivitySid?: string | undefined;
  closeExistingSessions?: boolean | string | undefined;
}

/**
 * The options behind positional arguments; one object in the first place stands for all of them.
 *
 * What is null or an empty text was not given: pages write both to get at a later argument.
 */
export function optionsOf<T extends Options>(names: readonly (keyof T)[], values: unknown[]): T {
  const [first] = values;
  const said =
    first !== null && typeof first === "object"
      ? Object.entries(first)
      : names.map((name, place) => [name, values[place]] as const);
  return Object.fromEntries(said.filter(([, value]) => value != null && value !== "")) as T;
}

/** Whether an option that may be text is on. */
export function isOn(value: boolean | string | undefined): boolean {
  return value === true || value === "true";
}
