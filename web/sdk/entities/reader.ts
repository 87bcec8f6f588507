/** Tells by a SID's prefix which entity a payload is, and makes it. */

import type { Entity } from "../entity.ts";
import { FetchedList } from "../list.ts";
import { camelCased, type Payload } from "../properties.ts";
import type { Reader, Session } from "../session.ts";
import { ActivityEntity } from "./activity.ts";
import { ReservationEntity } from "./reservation.ts";
import { TaskEntity } from "./task.ts";
import { TaskQueueEntity } from "./taskQueue.ts";
import { WorkerEntity } from "./worker.ts";
import { WorkerChannelEntity } from "./workerChannel.ts";
import { WorkflowEntity } from "./workflow.ts";
import { WorkspaceEntity } from "./workspace.ts";

type Kind = new (session: Session, payload: Payload) => Entity;

const KINDS: Readonly<Record<string, Kind>> = {
  WS: WorkspaceEntity,
  WW: WorkflowEntity,
  WQ: TaskQueueEntity,
  WK: WorkerEntity,
  WA: ActivityEntity,
  WT: TaskEntity,
  WR: ReservationEntity,
  WC: WorkerChannelEntity,
};

export const reader: Reader = {
  read(session, payload, path = "") {
    const key = payload?.meta?.key;
    if (typeof key === "string" && Array.isArray(payload[key])) {
      const data = payload[key].map((item: unknown) => entityOf(session, item));
      return new FetchedList(session, path, data, payload.meta);
    }
    return entityOf(session, payload);
  },

  unfetched(session, known) {
    return kindOf(known) && entityOf(session, known);
  },
};

/** An entity, or a plain object where there is no kind for it. */
function entityOf(session: Session, payload: any): any {
  const kind = kindOf(payload);
  return kind === undefined ? camelCased(payload) : new kind(session, payload);
}

function kindOf(payload: any): Kind | undefined {
  const sid: unknown = payload?.sid;
  return typeof sid === "string" ? KINDS[sid.slice(0, 2)] : undefined;
}
