/** One activity: its name, and whether workers in it are offered tasks. */

import type { JSX } from "preact";

import type { Centre } from "../live/centre.ts";
import { useSignal } from "../live/signal.ts";
import type { Activity } from "../live/wire.ts";
import { Editor } from "../parts/editor.tsx";
import { Field } from "../parts/field.tsx";
import { Heading, SETTINGS } from "../parts/heading.tsx";
import { Tick } from "../parts/tick.tsx";
import { linkTo } from "../route.ts";

const BLANK: Activity = { sid: "", friendly_name: "", available: false };

export function ActivityPage({ centre, sid, mayChange }: {
  readonly centre: Centre;
  readonly sid: string;
  readonly mayChange: boolean;
}): JSX.Element {
  useSignal(centre.workers.changed);
  const isNew = sid === "new";
  const known = centre.activities.find((one) => one.sid === sid);
  const workers = centre.workers.rows.filter((row) => row.activitySid === sid);
  const toSettings = () => (location.hash = linkTo("settings"));
  return (
    <div class="page">
      <Heading above={SETTINGS}>{isNew ? "New activity" : (known?.friendly_name ?? sid)}</Heading>
      <div class={isNew ? "alone" : "columns"}>
        <Editor<Activity>
          bridge={centre.bridge}
          path={isNew ? "/Activities" : `/Activities/${sid}`}
          title="Activity"
          blank={isNew ? BLANK : undefined}
          fields={["friendly_name"]}
          mayChange={mayChange}
          formOf={(typed) => ({
            FriendlyName: typed.friendly_name,
            ...(isNew ? { Available: typed.available } : {}),
          })}
          saved={isNew ? toSettings : undefined}
          removed={toSettings}
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
              <Tick
                label={isNew ? "Workers in it are offered tasks" : "Workers in it are offered tasks: this cannot be changed"}
                value={typed.available}
                change={(available) => change({ available })}
                isFixed={!isNew}
              />
            </>
          )}
        </Editor>
        {known !== undefined && (
          <section class="panel" aria-labelledby="in-it">
            <h2 id="in-it">Workers in it</h2>
            {workers.length === 0 && <p class="empty">Nobody is in it.</p>}
            <ul class="tasks long" tabIndex={0} aria-labelledby="in-it">
              {workers.map((row) => (
                <li key={row.sid}><a href={linkTo("workers", row.sid)}>{row.name}</a></li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </div>
  );
}
