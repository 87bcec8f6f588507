/** One task queue: its numbers, who waits in it, what has happened, and whom it is for. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { useDraft } from "../live/draft.ts";
import { Refused } from "../live/refused.ts";
import { useSignal } from "../live/signal.ts";
import type { CumulativeStatistics, TaskQueue } from "../live/wire.ts";
import { CAME, WAIT } from "../parts/curves.ts";
import { Expression } from "../parts/expression.tsx";
import { Field } from "../parts/field.tsx";
import { Figures, type Figure } from "../parts/figures.tsx";
import { FLOOR, Heading } from "../parts/heading.tsx";
import { Hour } from "../parts/hour.tsx";
import { LateAfter } from "../parts/lateAfter.tsx";
import { Saving } from "../parts/saving.tsx";
import { TaskList } from "../parts/taskList.tsx";
import { Since } from "../parts/time.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { Unread } from "../parts/unread.tsx";
import { linkTo } from "../route.ts";

const CURVES = [
  CAME,
  WAIT,
];

interface Props {
  readonly centre: Centre;
  readonly sid: string | undefined;
  readonly mayChange: boolean;
}

export function QueuePage({ centre, sid = "new", mayChange }: Props): JSX.Element {
  useSignal(centre.queues.changed);
  const isNew = sid === "new";
  const row = centre.queues.rows.find((one) => one.queue.sid === sid);
  return (
    <div class="page">
      <div class="page-head">
        <Heading above={FLOOR}>{isNew ? "New task queue" : (row?.queue.friendly_name ?? sid)}</Heading>
        {row !== undefined && (
          <LateAfter
            seconds={centre.queues.lateness.own(sid)}
            other={centre.queues.lateness.allS}
            change={(seconds) => centre.queues.lateness.setOwn(sid, seconds)}
          />
        )}
      </div>
      {row !== undefined && <Numbers centre={centre} sid={sid} />}
      <div class={isNew ? "alone" : "columns"}>
        <Editor centre={centre} sid={sid} mayChange={mayChange} />
        {row !== undefined && (
          <TaskList
            centre={centre}
            title="Waiting"
            by={{ TaskQueueSid: sid, AssignmentStatus: "pending,reserved" }}
            empty="Nobody waits in this queue."
          />
        )}
        {row !== undefined && <Timeline centre={centre} by="TaskQueueSid" key_="task_queue_sid" sid={sid} />}
      </div>
    </div>
  );
}

function Numbers({ centre, sid }: { readonly centre: Centre; readonly sid: string }): JSX.Element {
  const row = centre.queues.rows.find((one) => one.queue.sid === sid)!;
  const { cumulative } = row.statistics;
  const { p50, p90 } = cumulative.taskyard.wait_until_accepted;
  const figures: readonly Figure[] = [
    ["waiting", row.waiting],
    ["longest wait", row.waitingSinceMs === undefined ? "–" : <Since ms={row.waitingSinceMs} />],
    [`within ${centre.queues.lateness.of(sid)} s`, row.level === null ? "–" : `${Math.round(row.level * 100)} %`],
    ["being worked on", row.active],
    ["available / eligible", `${row.available} / ${row.eligible}`],
    ["half waited less", p50 === null ? "–" : `${p50} s`],
    ["90 % waited less", p90 === null ? "–" : `${p90} s`],
  ];
  return (
    <>
      <Figures figures={figures} />
      <Hour<CumulativeStatistics>
        centre={centre}
        path={`/TaskQueues/${sid}/CumulativeStatistics`}
        key_="task_queue_sid"
        sid={sid}
        curves={CURVES}
      />
    </>
  );
}

const BLANK = { friendly_name: "", target_workers: "1==1", task_order: "FIFO", max_reserved_workers: 1 };
const FIELDS = ["friendly_name", "target_workers", "task_order", "max_reserved_workers"] as const;
type Typed = Pick<TaskQueue, "friendly_name" | "target_workers" | "max_reserved_workers"> & {
  readonly task_order: string;
};

function Editor({ centre, sid, mayChange }: Props & { readonly sid: string }): JSX.Element {
  const isNew = sid === "new";
  const draft = useDraft<TaskQueue>(centre.bridge, isNew ? "/TaskQueues" : `/TaskQueues/${sid}`, isNew, FIELDS);
  const [typed, setTyped] = useState<Typed | undefined>(isNew ? BLANK : undefined);
  useEffect(() => setTyped((now) => now ?? draft.saved), [draft.saved]);
  const check = async (expression: string) => {
    const { problem, matching_workers: matching, available_workers: available } =
      await centre.validations.of("TargetWorkers", expression);
    if (problem !== null) {
      throw new Refused(400, problem.message);
    }
    return `Matches ${matching} ${matching === 1 ? "worker" : "workers"}, ${available} of them available.`;
  };
  if (typed === undefined) {
    return <Unread draft={draft} what="task queue" />;
  }
  const change = (part: Partial<Typed>) => setTyped({ ...typed, ...part });
  const save = async (anyway: boolean) => {
    const form = {
      FriendlyName: typed.friendly_name,
      TargetWorkers: typed.target_workers,
      MaxReservedWorkers: typed.max_reserved_workers,
      TaskOrder: typed.task_order,
    };
    const saved = await draft.save(form, anyway);
    if (saved !== undefined) {
      await centre.queues.load().catch(() => undefined); // it is read again soon
    }
    if (saved !== undefined && isNew) {
      location.hash = linkTo("queues", saved.sid);
    }
  };
  return (
    <section class="panel" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save(false);
        }}
      >
        <fieldset disabled={!mayChange}>
          <Field label="Name">
            <input
              required
              maxLength={256}
              value={typed.friendly_name}
              onInput={(event) => change({ friendly_name: event.currentTarget.value })}
            />
          </Field>
          <Expression
            label="For workers who match"
            value={typed.target_workers}
            change={(target_workers) => change({ target_workers })}
            check={check}
            isReadOnly={!mayChange}
          />
          <div class="pair">
            <Field label="Order">
              <select
                value={typed.task_order}
                onChange={(event) => change({ task_order: event.currentTarget.value })}
              >
                <option value="FIFO">longest wait first</option>
                <option value="LIFO">newest first</option>
              </select>
            </Field>
            <Field label="Workers asked at once">
              <input
                type="number"
                min={1}
                max={50}
                required
                value={typed.max_reserved_workers}
                onInput={(event) => change({ max_reserved_workers: event.currentTarget.valueAsNumber })}
              />
            </Field>
          </div>
        </fieldset>
        {mayChange && (
          <Saving
            draft={draft}
            isNew={isNew}
            mayBeSaved
            save={(anyway) => void save(anyway)}
            takeTheirs={() => void draft.reload().then((theirs) => setTyped(theirs))}
            removed={() => (location.hash = linkTo(""))}
          />
        )}
      </form>
    </section>
  );
}
