/** The curves that task queues and workflows have in common. */

import type { CumulativeStatistics } from "../live/wire.ts";
import type { Curve } from "./hour.tsx";

export const CAME: Curve<CumulativeStatistics> = {
  title: "Tasks that came",
  label: "tasks that came",
  of: (step) => step.tasks_entered,
  isCount: true,
};

export const WAIT: Curve<CumulativeStatistics> = {
  title: "Wait that nine in ten stayed below",
  label: "seconds until acceptance, 90 %",
  of: (step) => step.taskyard.wait_until_accepted.p90,
  unit: "s",
};
