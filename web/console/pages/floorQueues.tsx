/** The task queues of the floor, those that need somebody first. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import type { QueueRow } from "../live/queues.ts";
import { useSeconds } from "../live/signal.ts";
import { LateAfter } from "../parts/lateAfter.tsx";
import { Sparkline } from "../parts/sparkline.tsx";
import { Since } from "../parts/time.tsx";
import { Windowed } from "../parts/windowed.tsx";
import { linkTo } from "../route.ts";

const ROW_PX = 34;
const NAMES = new Intl.Collator(undefined, { numeric: true });
type Order = "wait" | "waiting" | "name" | "level";

const ORDERS: Readonly<Record<Order, (a: QueueRow, b: QueueRow) => number>> = {
  wait: (a, b) => (a.waitingSinceMs ?? Infinity) - (b.waitingSinceMs ?? Infinity) || byName(a, b),
  waiting: (a, b) => b.waiting - a.waiting || byName(a, b),
  level: (a, b) => (a.level ?? 2) - (b.level ?? 2) || byName(a, b),
  name: byName,
};

const SORTED = { wait: "descending", waiting: "descending", level: "ascending", name: "ascending" } as const;

function byName(a: QueueRow, b: QueueRow): number {
  return NAMES.compare(a.queue.friendly_name, b.queue.friendly_name);
}

export function FloorQueues({ centre, mayChange }: {
  readonly centre: Centre;
  readonly mayChange: boolean;
}): JSX.Element {
  const [order, setOrder] = useState<Order>("wait");
  const [wanted, setWanted] = useState("");
  const { queues } = centre;
  const rows = queues.rows
    .filter((row) => row.queue.friendly_name.toLowerCase().includes(wanted.toLowerCase()))
    .sort(ORDERS[order]);
  const head = (by: Order, name: string) => (
    <span role="columnheader" class={by === "name" ? "" : "right"} aria-sort={order === by ? SORTED[by] : "none"}>
      <button type="button" class="sort" onClick={() => setOrder(by)}>{name}</button>
    </span>
  );
  return (
    <section class="panel queues" aria-labelledby="queues">
      <div class="panel-head">
        <h2 id="queues">Task queues</h2>
        <input
          type="search"
          placeholder="Find a queue"
          aria-label="Find a queue"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
        <LateAfter
          seconds={queues.lateness.allS}
          change={(seconds) => (queues.lateness.allS = seconds ?? queues.lateness.allS)}
        />
        {mayChange && <a class="button" aria-label="New queue" href={linkTo("queues", "new")}>New<span class="wide">&nbsp;queue</span></a>}
      </div>
      <Windowed
        label="Task queues"
        items={rows}
        keyOf={(row) => row.queue.sid}
        rowPx={ROW_PX}
        head={
          <div role="row" class="row head">
            {head("name", "queue")}
            {head("waiting", "waiting")}
            {head("wait", "longest")}
            {head("level", "in time")}
            <span role="columnheader" class="right wide" title="available of those whom it is for">workers</span>
            <span role="columnheader" class="right wide" title="tasks that came">last hour</span>
          </div>
        }
        row={(row) => <Cells row={row} centre={centre} />}
        empty={wanted === "" ? "There is no task queue yet." : "No task queue is called that."}
      />
    </section>
  );
}

function Cells({ row, centre }: { readonly row: QueueRow; readonly centre: Centre }): JSX.Element {
  const isLate = centre.queues.isOver(row, useSeconds());
  const { sid, friendly_name: name } = row.queue;
  return (
    <>
      <span role="cell" class="name">
        <a href={linkTo("queues", sid)} title={name}>{name}</a>
      </span>
      <span role="cell" class={`right number ${row.waiting > 0 ? "strong" : "faint"}`}>{row.waiting}</span>
      <span role="cell" class={`right ${isLate ? "late-cell" : ""}`}>
        {row.waitingSinceMs === undefined ? <span class="faint">–</span> : <Since ms={row.waitingSinceMs} />}
      </span>
      <span role="cell" class="right number">
        {row.level === null ? <span class="faint">–</span> : `${Math.round(row.level * 100)} %`}
      </span>
      <span
        role="cell"
        class={`right number wide ${row.eligible === 0 ? "late-cell" : ""}`}
        title={`${row.available} available of ${row.eligible}`}
      >
        {row.available} / {row.eligible}
      </span>
      <span role="cell" class="right wide">
        <Sparkline values={centre.queues.arrivals.of(sid)} label="tasks in the last hour" />
      </span>
    </>
  );
}
