/** What the whole workspace goes by: its own settings, its activities and its task channels. */

import type { JSX } from "preact";

import type { Centre } from "../live/centre.ts";
import { useSignal } from "../live/signal.ts";
import type { Workspace } from "../live/wire.ts";
import { Editor } from "../parts/editor.tsx";
import { Field } from "../parts/field.tsx";
import { Presence } from "../parts/status.tsx";
import { Tick } from "../parts/tick.tsx";
import { linkTo } from "../route.ts";

interface Props {
  readonly centre: Centre;
  readonly mayChange: boolean;
}

const FIELDS = [
  "friendly_name",
  "default_activity_sid",
  "timeout_activity_sid",
  "prioritize_queue_order",
  "multi_task_enabled",
] as const;

export function Settings({ centre, mayChange }: Props): JSX.Element {
  useSignal(centre.changed);
  return (
    <div class="page">
      <h1>Settings</h1>
      <div class="columns">
        <Editor<Workspace>
          bridge={centre.bridge}
          path=""
          title="Workspace"
          fields={FIELDS}
          mayChange={mayChange}
          formOf={(typed) => ({
            FriendlyName: typed.friendly_name,
            DefaultActivitySid: typed.default_activity_sid,
            TimeoutActivitySid: typed.timeout_activity_sid,
            PrioritizeQueueOrder: typed.prioritize_queue_order,
            MultiTaskEnabled: typed.multi_task_enabled,
          })}
          saved={() => void centre.load()}
        >
          {(typed, change) => (
            <>
              <Field label="Name">
                <input
                  required
                  maxLength={64}
                  value={typed.friendly_name}
                  onInput={(event) => change({ friendly_name: event.currentTarget.value })}
                />
              </Field>
              <ActivityChoice
                centre={centre}
                label="New workers begin in"
                value={typed.default_activity_sid}
                change={(default_activity_sid) => change({ default_activity_sid })}
              />
              <ActivityChoice
                centre={centre}
                label="Who lets an offer lapse is put in"
                value={typed.timeout_activity_sid}
                change={(timeout_activity_sid) => change({ timeout_activity_sid })}
              />
              <Field label="Who serves queues of both orders begins with">
                <select
                  value={typed.prioritize_queue_order}
                  onChange={(event) => change({ prioritize_queue_order: event.currentTarget.value })}
                >
                  <option value="FIFO">those where the longest wait comes first</option>
                  <option value="LIFO">those where the newest comes first</option>
                </select>
              </Field>
              <Tick
                label="Workers hold as many tasks as their channels have room for"
                value={typed.multi_task_enabled}
                change={(multi_task_enabled) => change({ multi_task_enabled })}
              />
            </>
          )}
        </Editor>
        <section class="panel" aria-labelledby="activities">
          <Head id="activities" title="Activities" page="activities" one="New activity" mayChange={mayChange} />
          <ul class="tasks">
            {centre.activities.map((one) => (
              <li key={one.sid}>
                <a href={linkTo("activities", one.sid)}>
                  <Presence name={one.friendly_name} available={one.available} />
                </a>
                <span class="faint">{one.available ? "is offered tasks" : "is offered nothing"}</span>
              </li>
            ))}
          </ul>
        </section>
        <section class="panel" aria-labelledby="channels">
          <Head id="channels" title="Task channels" page="channels" one="New channel" mayChange={mayChange} />
          <ul class="tasks">
            {centre.taskChannels.map((one) => (
              <li key={one.sid}>
                <a href={linkTo("channels", one.sid)}>{one.friendly_name}</a>
                <code class="faint">{one.unique_name}</code>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </div>
  );
}

function Head({ id, title, page, one, mayChange }: {
  readonly id: string;
  readonly title: string;
  readonly page: string;
  readonly one: string;
  readonly mayChange: boolean;
}): JSX.Element {
  return (
    <div class="panel-head">
      <h2 id={id}>{title}</h2>
      {mayChange && <a class="button" href={linkTo(page, "new")}>{one}</a>}
    </div>
  );
}

function ActivityChoice({ centre, label, value, change }: {
  readonly centre: Centre;
  readonly label: string;
  readonly value: string;
  readonly change: (sid: string) => void;
}): JSX.Element {
  return (
    <Field label={label}>
      <select value={value} onChange={(event) => change(event.currentTarget.value)}>
        {centre.activities.map((one) => (
          <option value={one.sid}>{one.friendly_name}</option>
        ))}
      </select>
    </Field>
  );
}
