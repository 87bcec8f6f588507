/** One task: what it is, where it is, and the way that it has come. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { Refused, wordsOf } from "../live/refused.ts";
import { reread } from "../live/reread.ts";
import type { Task } from "../live/wire.ts";
import { Attributes } from "../parts/attributes.tsx";
import { Heading, TASKS } from "../parts/heading.tsx";
import { Status } from "../parts/status.tsx";
import { Since } from "../parts/time.tsx";
import { WaitsFor } from "../parts/waitsFor.tsx";
import { Way } from "../parts/way.tsx";
import { linkTo } from "../route.ts";

export function TaskPage({ centre, sid, mayChange }: {
  readonly centre: Centre;
  readonly sid: string;
  readonly mayChange: boolean;
}): JSX.Element {
  const [task, setTask] = useState<Task>();
  const [trouble, setTrouble] = useState("");
  const [isMissing, setIsMissing] = useState(false);
  useEffect(() => {
    const rereading = reread(
      () => centre.bridge.get<Task>(`/Tasks/${sid}`),
      setTask,
      (error) => {
        if (error instanceof Refused && error.status === 404) {
          setIsMissing(true); // ended tasks are forgotten after a while; what happened to them is not
        } else {
          setTrouble(wordsOf(error));
        }
      },
    );
    const end = centre.listen((event) => {
      if (event.event_data["task_sid"] === sid) {
        rereading.again();
      }
    });
    return () => {
      end();
      rereading.end();
    };
  }, [centre, sid]);
  const cancel = async () => {
    try {
      await centre.bridge.ask("POST", `/Tasks/${sid}`, { AssignmentStatus: "canceled", Reason: "by a supervisor" });
      setTrouble("");
    } catch (error) {
      setTrouble(wordsOf(error));
    }
  };
  const isWaiting = task !== undefined && ["pending", "reserved"].includes(task.assignment_status);
  return (
    <div class="page">
      <Heading above={TASKS}>
        Task <code>{sid}</code>
      </Heading>
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
      {isMissing && <p class="panel">There is no such task any more.</p>}
      <div class="columns">
        {task !== undefined && (
          <section class="panel" aria-label="What it is">
            <p class="card-head">
              <Status status={task.assignment_status} />
              <span class="tag">{task.task_channel_unique_name}</span>
              <span class="tag">priority {task.priority}</span>
              <span class="faint">created <Since ms={Date.parse(task.date_created)} /> ago</span>
            </p>
            <Attributes text={task.attributes} />
            <dl class="attributes apart">
              <Linked name="task queue" page="queues" sid={task.task_queue_sid} text={task.task_queue_friendly_name} />
              <Linked name="workflow" page="workflows" sid={task.workflow_sid} text={task.workflow_friendly_name} />
              {task.reason !== null && <div><dt>reason</dt><dd>{task.reason}</dd></div>}
            </dl>
            {mayChange && isWaiting && (
              <button type="button" class="danger" onClick={() => void cancel()}>Cancel the task</button>
            )}
          </section>
        )}
        {isWaiting && <WaitsFor centre={centre} task={task} />}
        <Way centre={centre} sid={sid} />
      </div>
    </div>
  );
}

function Linked({ name, page, sid, text }: {
  readonly name: string;
  readonly page: string;
  readonly sid: string | null;
  readonly text: string | null;
}): JSX.Element | null {
  return sid === null ? null : (
    <div>
      <dt>{name}</dt>
      <dd><a href={linkTo(page, sid)}>{text ?? sid}</a></dd>
    </div>
  );
}
