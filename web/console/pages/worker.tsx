/** One worker: where they are, what they can, what they do, and what they did. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { useDraft } from "../live/draft.ts";
import { wordsOf } from "../live/refused.ts";
import { useSignal } from "../live/signal.ts";
import type { Worker, WorkerStatistics } from "../live/wire.ts";
import { Capacities } from "../parts/capacities.tsx";
import { Field } from "../parts/field.tsx";
import { FLOOR, Heading } from "../parts/heading.tsx";
import { Hour } from "../parts/hour.tsx";
import { Saving } from "../parts/saving.tsx";
import { Presence, Status } from "../parts/status.tsx";
import { Since } from "../parts/time.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { Unread } from "../parts/unread.tsx";
import { linkTo } from "../route.ts";
import { wrongIn } from "./tryIt.tsx";

const CURVES = [
  {
    title: "Offers that were accepted",
    label: "offers accepted",
    isCount: true,
    of: (step: WorkerStatistics) => step.cumulative.reservations_accepted,
  },
  {
    title: "Share of the time at work",
    label: "per cent of the time at work",
    unit: "%",
    most: 100,
    of: ({ cumulative: { taskyard } }: WorkerStatistics) =>
      taskyard.occupancy === null ? null : Math.round(taskyard.occupancy * 100),
  },
];

interface Props {
  readonly centre: Centre;
  readonly sid: string | undefined;
  readonly mayChange: boolean;
}

export function WorkerPage({ centre, sid = "new", mayChange }: Props): JSX.Element {
  useSignal(centre.workers.changed);
  const isNew = sid === "new";
  const row = centre.workers.of(sid);
  return (
    <div class="page">
      <Heading above={FLOOR}>{isNew ? "New worker" : (row?.name ?? sid)}</Heading>
      <div class={isNew ? "alone" : "columns"}>
        {row !== undefined && <Now centre={centre} sid={sid} mayChange={mayChange} />}
        <Editor centre={centre} sid={sid} mayChange={mayChange} />
        {row !== undefined && <Timeline centre={centre} by="WorkerSid" key_="worker_sid" sid={sid} />}
      </div>
      {row !== undefined && (
        <Hour<WorkerStatistics>
          centre={centre}
          path={`/Workers/${sid}/Statistics`}
          key_="worker_sid"
          sid={sid}
          curves={CURVES}
        />
      )}
    </div>
  );
}

function Now({ centre, sid, mayChange }: Props & { readonly sid: string }): JSX.Element | null {
  const row = centre.workers.of(sid);
  const [trouble, setTrouble] = useState("");
  useEffect(() => centre.workers.look(sid));
  const stamp = [...(row?.held?.entries() ?? [])].map(([one, held]) => one + held.status).join();
  if (row === undefined) {
    return null;
  }
  const move = (ActivitySid: string) =>
    centre.bridge.ask("POST", `/Workers/${sid}`, { ActivitySid }).then(
      () => setTrouble(""),
      (error) => setTrouble(wordsOf(error)),
    );
  return (
    <section class="panel" aria-label="Now">
      <h2>Now</h2>
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
      <p class="card-head">
        <Presence name={row.activity} available={row.available} />
        <span class="faint">for <Since ms={row.sinceMs} /></span>
        {mayChange && (
          <label>
            <span class="unseen">Move to the activity</span>
            <select value={row.activitySid} onChange={(event) => void move(event.currentTarget.value)}>
              {centre.activities.map((one) => (
                <option value={one.sid}>{one.friendly_name}</option>
              ))}
            </select>
          </label>
        )}
      </p>
      <ul class="tasks">
        {[...(row.held?.entries() ?? [])].map(([one, held]) => (
          <li key={one}>
            <a href={linkTo("tasks", held.taskSid)}>
              <Status status={held.status} /> {held.queue ?? <code>{held.taskSid.slice(0, 8)}</code>}
            </a>
            <Since ms={held.sinceMs} />
          </li>
        ))}
      </ul>
      {row.held?.size === 0 && <p class="empty">At work on nothing.</p>}
      <Capacities centre={centre} sid={sid} stamp={stamp} mayChange={mayChange} />
    </section>
  );
}

const FIELDS = ["friendly_name", "attributes"] as const;
type Typed = Pick<Worker, "friendly_name" | "attributes">;

function Editor({ centre, sid, mayChange }: Props & { readonly sid: string }): JSX.Element {
  const isNew = sid === "new";
  const draft = useDraft<Worker>(centre.bridge, isNew ? "/Workers" : `/Workers/${sid}`, isNew, FIELDS);
  const [typed, setTyped] = useState<Typed | undefined>(
    isNew ? { friendly_name: "", attributes: "{}" } : undefined,
  );
  useEffect(() => setTyped((now) => now ?? typedOf(draft.saved)), [draft.saved]);
  if (typed === undefined) {
    return <Unread draft={draft} what="worker" />;
  }
  const wrong = wrongIn(typed.attributes);
  const save = async (anyway: boolean) => {
    const form = { FriendlyName: typed.friendly_name, Attributes: typed.attributes };
    const saved = await draft.save(form, anyway);
    if (saved !== undefined && isNew) {
      location.hash = linkTo("workers", saved.sid);
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
              value={typed.friendly_name}
              onInput={(event) => setTyped({ ...typed, friendly_name: event.currentTarget.value })}
            />
          </Field>
          <Field label="Attributes" trouble={wrong}>
            <textarea
              class="code"
              rows={8}
              spellcheck={false}
              aria-invalid={wrong !== ""}
              value={typed.attributes}
              onInput={(event) => setTyped({ ...typed, attributes: event.currentTarget.value })}
            />
          </Field>
        </fieldset>
        {mayChange && (
          <Saving
            draft={draft}
            isNew={isNew}
            mayBeSaved={wrong === ""}
            save={(anyway) => void save(anyway)}
            takeTheirs={() => void draft.reload().then((theirs) => setTyped(typedOf(theirs)))}
            removed={() => (location.hash = linkTo(""))}
          />
        )}
      </form>
    </section>
  );
}

function typedOf(worker: Worker | undefined): Typed | undefined {
  if (worker === undefined) {
    return undefined;
  }
  const { friendly_name, attributes } = worker;
  return { friendly_name, attributes: JSON.stringify(JSON.parse(attributes), null, 2) };
}
