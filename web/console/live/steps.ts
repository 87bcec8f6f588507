/** The last hour in steps of five minutes, as statistics are asked for it. */

export const STEPS = 12;
export const STEP_MS = 300_000;

/** When the step began in which an instant lies, in milliseconds. */
export function startOf(ms: number): number {
  return Math.floor(ms / STEP_MS) * STEP_MS;
}

/** When each step begins of the hour that ends with this one; rising. */
export function stepsUntil(lastMs: number): number[] {
  return Array.from({ length: STEPS }, (_, place) => lastMs - (STEPS - 1 - place) * STEP_MS);
}

/** The parameters of a window; to whole seconds, as statistics take them. */
export function windowOf(startMs: number, endMs: number): { StartDate: string; EndDate: string } {
  return { StartDate: iso(startMs), EndDate: iso(endMs) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
