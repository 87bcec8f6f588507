/** The curve of how long tasks waited, of a task queue or a workflow. */

import type { CumulativeStatistics } from "../live/wire.ts";

export const WAIT = {
  title: "Nine in ten waited at most, in seconds",
  label: "seconds until acceptance, 90 %",
  of: (step: CumulativeStatistics): number | null => step.taskyard.wait_until_accepted.p90,
};
