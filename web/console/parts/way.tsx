/** The way of a task, step by step from its creation on. */

import type { ComponentChildren, JSX } from "preact";

import type { Centre } from "../live/centre.ts";
import type { Told } from "../live/stream.ts";
import { Happening } from "./happening.tsx";
import { clock, span } from "./time.tsx";
import { useEvents } from "./timeline.tsx";

export function Way({ centre, sid, head }: {
  readonly centre: Centre;
  readonly sid: string;
  /** What stands beside the heading. */
  readonly head?: ComponentChildren;
}): JSX.Element {
  const { events, trouble } = useEvents({ centre, by: "TaskSid", key_: "task_sid", sid });
  const steps = events.toReversed();
  const startMs = steps[0]?.event_date_ms ?? 0;
  return (
    <section class="panel" aria-label="Its way" aria-live="polite">
      <div class="panel-head">
        <h2>Its way</h2>
        {head}
      </div>
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
      {steps.length === 0 && trouble === "" && <p class="empty">Nothing is known of it any more.</p>}
      <ol class="way">
        {steps.map((event) => (
          <li key={event.sid} class={toneOf(event)}>
            <span><Happening event={event} /></span>
            <time class="number faint" title={clock(event.event_date_ms)}>
              {event.event_date_ms - startMs < 1_000
                ? `${event.event_date_ms - startMs} ms`
                : span(event.event_date_ms - startMs)}
            </time>
          </li>
        ))}
      </ol>
    </section>
  );
}

function toneOf({ event_type }: Told): string {
  if (/accepted|completed/.test(event_type)) {
    return "good";
  }
  return /timeout|rejected|canceled|failed/.test(event_type) ? "bad" : "";
}
