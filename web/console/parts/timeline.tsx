/** What has happened to one thing, and what happens now, the newest first. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Centre } from "../live/centre.ts";
import { wordsOf } from "../live/refused.ts";
import type { Told } from "../live/stream.ts";
import { linkTo } from "../route.ts";
import { Happening } from "./happening.tsx";
import { clock } from "./time.tsx";

const SHOWN = 100;
const SID_SHOWN = 8; // enough to tell a few tasks apart

interface Props {
  readonly centre: Centre;
  /** The parameter of the Events list that names the thing, such as `TaskSid`. */
  readonly by: string;
  /** The same in an event's data. */
  readonly key_: string;
  readonly sid: string;
}

/** The events of one thing, kept up to date; the newest first. */
export function useEvents({ centre, by, key_, sid }: Props): { events: readonly Told[]; trouble: string } {
  const [events, setEvents] = useState<readonly Told[]>([]);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    const end = centre.listen((event) => {
      if (event.event_data[key_] === sid) {
        setEvents((known) => merged([event], known));
      }
    });
    centre.bridge.get<{ events: Told[] }>("/Events", { [by]: sid, Minutes: 1_440, PageSize: SHOWN }).then(
      (found) => setEvents((known) => merged(known, found.events)),
      (error) => setTrouble(wordsOf(error)),
    );
    return end;
  }, [centre, sid]);
  return { events, trouble };
}

function merged(newer: readonly Told[], older: readonly Told[]): readonly Told[] {
  const known = new Set(newer.map((event) => event.sid));
  return [...newer, ...older.filter((event) => !known.has(event.sid))].slice(0, SHOWN);
}

export function Timeline(props: Props): JSX.Element {
  const { events, trouble } = useEvents(props);
  return (
    <section class="panel" aria-labelledby="timeline">
      <h2 id="timeline">What happened</h2>
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
      {events.length === 0 && trouble === "" && <p class="empty">Nothing yet.</p>}
      <ol class="timeline" tabIndex={0} aria-labelledby="timeline">
        {events.map((event) => (
          <li key={event.sid}>
            <time class="number faint" dateTime={new Date(event.event_date_ms).toISOString()}>
              {clock(event.event_date_ms)}
            </time>
            <span class="happening">
              <Happening event={event} /> <OfTask event={event} not={props.sid} />
            </span>
            <code class="faint">{event.event_type}</code>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The task that it happened to, unless it stands on that page. */
function OfTask({ event, not }: { readonly event: Told; readonly not: string }): JSX.Element | null {
  const sid = event.event_data["task_sid"];
  return sid === undefined || sid === not ? null : (
    <a class="of-task" href={linkTo("tasks", sid)} title={sid}><code>{sid.slice(0, SID_SHOWN)}</code></a>
  );
}
