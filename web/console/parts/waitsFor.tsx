/** What a task waits for: whose answer, or which workers, and what each of them is doing. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import type { QueueRow } from "../live/queues.ts";
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
  /** Some of the workers whom the task queue is for, those who are available first. */
  readonly some: readonly string[];
}

export function WaitsFor({ centre, task }: { readonly centre: Centre; readonly task: Task }): JSX.Element {
  useSignal(centre.workers.changed);
  useSignal(centre.queues.changed);
  const [known, setKnown] = useState<Known>();
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    let isShown = true;
    knownOf(centre, task).then(
      (found) => isShown && setKnown(found),
      (error) => isShown && setTrouble(wordsOf(error)),
    );
    return () => {
      isShown = false;
    };
    // The task is another object after each of its events: others may have been asked.
  }, [centre, task]);
  const shown = (known?.some ?? []).flatMap((one) => centre.workers.of(one) ?? []);
  const eligible = queueOf(centre, task)?.eligible ?? shown.length;
  useEffect(() => shown.forEach((row) => centre.workers.look(row.sid)));
  return (
    <section class="panel" aria-labelledby="waits-for">
      <h2 id="waits-for">What it waits for</h2>
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
      {known !== undefined && <p>{sentenceOf(centre, task, known)}</p>}
      <ul class="tasks">
        {shown.map((row) => <Candidate key={row.sid} row={row} isAsked={isAsked(known, row)} />)}
      </ul>
      {eligible > NAMED && <p class="faint">and {eligible - NAMED} more</p>}
    </section>
  );
}

async function knownOf({ bridge }: Centre, task: Task): Promise<Known> {
  const few = async (Available: boolean) => {
    const asked = { TaskQueueSid: task.task_queue_sid ?? "", Available, PageSize: NAMED };
    const { workers } = await bridge.get<{ workers: { sid: string }[] }>("/Workers", asked);
    return workers.map((one) => one.sid);
  };
  const open = { ReservationStatus: "pending" };
  const [asked, available, away] = await Promise.all([
    bridge.all<Reservation>(`/Tasks/${task.sid}/Reservations`, "reservations", open),
    task.task_queue_sid === null ? [] : few(true),
    task.task_queue_sid === null ? [] : few(false),
  ]);
  return { asked, some: [...available, ...away].slice(0, NAMED) };
}

function queueOf(centre: Centre, task: Task): QueueRow | undefined {
  return centre.queues.rows.find((row) => row.queue.sid === task.task_queue_sid);
}

function isAsked(known: Known | undefined, row: WorkerRow): boolean {
  return known?.asked.some((one) => one.worker_sid === row.sid) ?? false;
}

function sentenceOf(centre: Centre, task: Task, known: Known): string {
  if (known.asked.length > 0) {
    return `The answer of ${known.asked.map((one) => one.worker_name).join(", ")}.`;
  }
  const row = queueOf(centre, task);
  if (row === undefined) {
    return "A worker: it is in no task queue.";
  }
  const { available, eligible, waiting, queue: { friendly_name: queue } } = row;
  if (eligible === 0) {
    return `A worker whom ${queue} is for: there is none.`;
  }
  if (available === 0) {
    return `A worker of ${queue} to become available: of ${eligible} none is.`;
  }
  const beside = waiting < 2 ? "" : ` ${waiting} tasks wait in this queue.`;
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
