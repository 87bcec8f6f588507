/** The whole floor at one look: every task queue, every worker, and what is late. */

import type { JSX } from "preact";

import type { Centre } from "../live/centre.ts";
import { useSeconds, useSignal } from "../live/signal.ts";
import { Figures, type Figure } from "../parts/figures.tsx";
import { Since } from "../parts/time.tsx";
import { linkTo } from "../route.ts";
import { FloorQueues } from "./floorQueues.tsx";
import { FloorWorkers } from "./floorWorkers.tsx";

const NAMED = 4;

export function Floor({ centre, mayChange }: {
  readonly centre: Centre;
  readonly mayChange: boolean;
}): JSX.Element {
  useSignal(centre.queues.changed);
  return (
    <div class="floor">
      <h1 class="unseen">Floor</h1>
      <Totals centre={centre} />
      <Late centre={centre} />
      <FloorQueues centre={centre} mayChange={mayChange} />
      <FloorWorkers centre={centre} mayChange={mayChange} />
    </div>
  );
}

function Totals({ centre }: { readonly centre: Centre }): JSX.Element {
  useSignal(centre.workers.changed);
  const { rows } = centre.queues;
  const sum = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((total, row) => total + of(row), 0).toLocaleString();
  const sinceMs = Math.min(...rows.map((row) => row.waitingSinceMs ?? Infinity));
  const available = centre.workers.rows.filter((row) => row.available).length;
  const figures: readonly Figure[] = [
    ["waiting", sum((row) => row.waiting)],
    ["longest wait", sinceMs === Infinity ? "–" : <Since ms={sinceMs} />],
    ["being worked on", sum((row) => row.active)],
    ["available workers", `${available.toLocaleString()} / ${centre.workers.rows.length.toLocaleString()}`],
    ["completed this hour", sum((row) => row.statistics.cumulative.tasks_completed)],
  ];
  return <Figures figures={figures} />;
}

/** The queues in which a task waits for too long, worst first. */
function Late({ centre }: { readonly centre: Centre }): JSX.Element {
  const late = centre.queues.late(useSeconds());
  return (
    <div class="late" role="status">
      {late.length > 0 && (
        <p class="alarm">
          <b>{late.length === 1 ? "1 queue is late" : `${late.length} queues are late`}:</b>{" "}
          {late.slice(0, NAMED).map((row) => (
            <a href={linkTo("queues", row.queue.sid)}>{row.queue.friendly_name}</a>
          ))}
          {late.length > NAMED && ` and ${late.length - NAMED} more`}
        </p>
      )}
    </div>
  );
}
