/** What a task waits for: whose answer, or which workers, and what each of them is doing. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { wordsOf } from "../live/refused.ts";
import { useSignal } from "../live/signal.ts";
import type { Reservation, Task } from "../live/wire.ts";
import type { WorkerRow } from "../live/workers.ts";
import { linkTo } from "../route.ts";
import { Presence, Status } from "./status.tsx";
import { Since } from "./time.tsx";

const NAMED = 8;

interface Known {
  readonly asked: readonly Reservation[];
  /** The workers whom the task queue is for. */
  readonly eligible: readonly string[];
}

export function WaitsFor({ centre, task }: { readonly centre: Centre; readonly task: Task }): JSX.Element {
  useSignal(centre.workers.changed);
  useSignal(centre.queues.changed);
  const [known, setKnown] = useState<Known>();
  const [trouble, setTrouble] = useState("");
  const { sid, assignment_status: status, task_queue_sid: queue } = task;
  useEffect(() => {
    let isShown = true;
    knownOf(centre, sid, queue).then(
      (found) => isShown && setKnown(found),
      (error) => isShown && setTrouble(wordsOf(error)),
    );
    return () => {
      isShown = false;
    };
  }, [centre, sid, status, queue]);
  const rows = (known?.eligible ?? []).flatMap((one) => centre.workers.of(one) ?? []);
  const shown = rows.toSorted((a, b) => Number(b.available) - Number(a.available)).slice(0, NAMED);
  useEffect(() => shown.forEach((row) => centre.workers.look(row.sid)));
  return (
    <section class="panel" aria-labelledby="waits-for">
      <h2 id="waits-for">What it waits for</h2>
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
      {known !== undefined && <p>{sentenceOf(centre, task, known, rows)}</p>}
      <ul class="tasks">
        {shown.map((row) => <Candidate row={row} isAsked={isAsked(known, row)} />)}
      </ul>
      {rows.length > NAMED && <p class="faint">and {rows.length - NAMED} more</p>}
    </section>
  );
}

async function knownOf(centre: Centre, sid: string, queue: string | null): Promise<Known> {
  const { bridge } = centre;
  const [asked, eligible] = await Promise.all([
    bridge.all<Reservation>(`/Tasks/${sid}/Reservations`, "reservations", { ReservationStatus: "pending" }),
    queue === null ? [] : bridge.all<{ sid: string }>("/Workers", "workers", { TaskQueueSid: queue }),
  ]);
  return { asked, eligible: eligible.map((one) => one.sid) };
}

function isAsked(known: Known | undefined, row: WorkerRow): boolean {
  return known?.asked.some((one) => one.worker_sid === row.sid) ?? false;
}

function sentenceOf(centre: Centre, task: Task, known: Known, rows: readonly WorkerRow[]): string {
  if (known.asked.length > 0) {
    return `The answer of ${known.asked.map((one) => one.worker_name).join(", ")}.`;
  }
  const queue = task.task_queue_friendly_name ?? "no task queue";
  if (rows.length === 0) {
    return `A worker whom ${queue} is for: there is none.`;
  }
  const available = rows.filter((row) => row.available).length;
  if (available === 0) {
    return `A worker of ${queue} to become available: of ${rows.length} none is.`;
  }
  const waiting = centre.queues.rows.find((row) => row.queue.sid === task.task_queue_sid)?.waiting;
  const beside = waiting === undefined || waiting < 2 ? "" : ` ${waiting} tasks wait in this queue.`;
  return `Room with a worker of ${queue}: ${available} ${available === 1 ? "is" : "are"} available.${beside}`;
}

function Candidate({ row, isAsked }: { readonly row: WorkerRow; readonly isAsked: boolean }): JSX.Element {
  const [first] = row.held?.values() ?? [];
  return (
    <li>
      <a href={linkTo("workers", row.sid)}>
        <Presence name={row.name} available={row.available} />
      </a>
      {isAsked ? (
        <span class="faint">is asked</span>
      ) : first === undefined || !row.available ? (
        <span class="faint">{row.activity}</span>
      ) : (
        <span class="faint"><Status status={first.status} /> <Since ms={first.sinceMs} /></span>
      )}
    </li>
  );
}
