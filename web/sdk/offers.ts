/** From a frame about a reservation to the reservation with its task. */

import type { ReservationEntity } from "./entities/reservation.ts";
import type { TaskEntity } from "./entities/task.ts";
import type { Payload } from "./properties.ts";
import { pathOf, type Session } from "./session.ts";

// A frame that has these says all that there is to know of a task.
const WHOLE_TASK = ["attributes", "assignment_status", "date_created"];
const WHOLE_RESERVATION = ["reservation_status", "date_created"];

/** Whether a frame is one of those that are about a reservation. */
export function isOffer(payload: any): boolean {
  return typeof payload?.reservation_sid === "string" || startsWith(payload?.sid, "WR");
}

/**
 * The reservation of a frame, which is a task with a `reservation_sid`, or a reservation with its task.
 *
 * What the frame leaves open is fetched: the task, the reservation, or neither. What cannot be fetched
 * stays as the frame has it.
 *
 * @param skip whether to fetch nothing at all: the reservation then has its SID and its task
 */
export async function offerOf(
  session: Session,
  frame: Payload,
  skip: boolean,
): Promise<ReservationEntity> {
  const { reservation: told, task: work } = partsOf(frame);
  const task: TaskEntity = session.unfetched(work);
  if (skip) {
    return session.unfetched({ sid: told.sid }).of(task);
  }
  const hasTask = WHOLE_TASK.every((key) => key in work);
  const [asked] = await Promise.all([
    WHOLE_RESERVATION.every((key) => key in told) ? undefined : fetched(session, work.sid, told.sid),
    hasTask ? undefined : task.fetch().catch(() => undefined),
  ]);
  return session.unfetched(asked ?? { ...told, task_sid: work.sid }).of(task);
}

function partsOf(frame: Payload): { reservation: Payload; task: Payload } {
  if (startsWith(frame.sid, "WR")) {
    const { task, ...reservation } = frame;
    return { reservation, task: task ?? { sid: frame.task_sid } };
  }
  const reservation: Record<string, unknown> = {};
  const task: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(frame)) {
    if (OF_BOTH.has(key)) {
      reservation[key] = task[key] = value;
    } else if (key === "reservation_sid") {
      reservation.sid = value;
    } else if (key.startsWith("reservation_date_")) {
      // A task has dates of its own beside those of its reservation.
      reservation[key.slice("reservation_".length)] = value;
    } else if (OF_RESERVATION.test(key)) {
      reservation[key] = value;
    } else {
      task[key] = value;
    }
  }
  return { reservation, task };
}

const OF_BOTH = new Set(["account_sid", "workspace_sid"]);
const OF_RESERVATION = /^(reservation|worker)_|^canceled_reason_code$/;

function fetched(session: Session, task: string, sid: string): Promise<Payload | undefined> {
  return session
    .ask("GET", pathOf("Tasks", task, "Reservations", sid))
    .then((payload) => (startsWith(payload?.sid, "WR") ? payload : undefined))
    .catch(() => undefined);
}

function startsWith(value: unknown, prefix: string): boolean {
  return typeof value === "string" && value.startsWith(prefix);
}
