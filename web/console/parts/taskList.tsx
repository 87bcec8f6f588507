/** Some tasks, chosen by parameters of the Tasks list, and read again when one of them has moved. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Params } from "../live/bridge.ts";
import type { Centre } from "../live/centre.ts";
import { wordsOf } from "../live/refused.ts";
import { reread } from "../live/reread.ts";
import type { Task } from "../live/wire.ts";
import { linkTo } from "../route.ts";
import { AttributesLine } from "./attributes.tsx";
import { Status } from "./status.tsx";
import { Since } from "./time.tsx";

const SHOWN = 100;
const APART_MS = 1_000;

export function TaskList({ centre, title, by, empty }: {
  readonly centre: Centre;
  readonly title: string;
  readonly by: Params;
  readonly empty: string;
}): JSX.Element {
  const [tasks, setTasks] = useState<readonly Task[]>();
  const [trouble, setTrouble] = useState("");
  const key = JSON.stringify(by);
  useEffect(() => {
    const rereading = reread(
      () => centre.bridge.get<{ tasks: Task[] }>("/Tasks", { PageSize: SHOWN, ...by }),
      (found) => {
        setTasks(found.tasks);
        setTrouble("");
      },
      (error) => setTrouble(wordsOf(error)),
      APART_MS,
    );
    const end = centre.listen((event) => {
      if (/^(task|reservation)/.test(event.event_type)) {
        rereading.again();
      }
    });
    return () => {
      end();
      rereading.end();
    };
  }, [centre, key]);
  return (
    <section class="panel" aria-label={title}>
      <h2>{title}</h2>
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
      {tasks?.length === 0 && <p class="empty">{empty}</p>}
      <ul class="tasks of-tasks long" tabIndex={0} aria-label={title}>
        {tasks?.map((task) => (
          <li key={task.sid}>
            <a href={linkTo("tasks", task.sid)}>
              <Status status={task.assignment_status} />
              <span class="attributes-line"><AttributesLine text={task.attributes} /></span>
            </a>
            {by["TaskQueueSid"] === undefined && (
              <span class="faint wide">{task.task_queue_friendly_name}</span>
            )}
            <Since ms={Date.parse(task.date_created)} />
          </li>
        ))}
      </ul>
      {tasks?.length === SHOWN && <p class="faint">The first {SHOWN} are shown.</p>}
    </section>
  );
}
