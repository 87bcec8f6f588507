/** The way of a task, step by step from its creation on, in words. */

import type { JSX } from "preact";

import type { Centre } from "../live/centre.ts";
import type { Told } from "../live/stream.ts";
import { clock, span } from "./time.tsx";
import { useEvents } from "./timeline.tsx";

export function Way({ centre, sid }: { readonly centre: Centre; readonly sid: string }): JSX.Element {
  const { events, trouble } = useEvents({ centre, by: "TaskSid", key_: "task_sid", sid });
  const steps = events.toReversed();
  const startMs = steps[0]?.event_date_ms ?? 0;
  return (
    <section class="panel" aria-labelledby="way" aria-live="polite">
      <h2 id="way">Its way</h2>
      {trouble !== "" && <p class="trouble" role="alert">{trouble}</p>}
      {steps.length === 0 && trouble === "" && <p class="empty">Nothing is known of it any more.</p>}
      <ol class="way">
        {steps.map((event) => (
          <li key={event.sid} class={toneOf(event)}>
            <span>{sentenceOf(event)}</span>
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

function sentenceOf({ event_type, event_data: data }: Told): string {
  const queue = data["task_queue_name"] ?? "a queue";
  const worker = data["worker_name"] ?? "a worker";
  const workflow = data["workflow_name"] ?? "a workflow";
  switch (event_type) {
    case "task.created":
      return "Created";
    case "workflow.entered":
      return `Came to the workflow ${workflow}`;
    case "workflow.target-matched":
      return `A filter matched${filterOf(data)}: on to ${queue}`;
    case "workflow.timeout":
      return `Left ${workflow}: nobody took it in time`;
    case "task-queue.entered":
      return `Waits in ${queue}`;
    case "task-queue.timeout":
      return `Waited too long in ${queue}`;
    case "task-queue.moved":
      return `Moved to ${queue}`;
    case "reservation.created":
      return `Offered to ${worker}`;
    case "reservation.accepted":
      return `${worker} accepted`;
    case "reservation.rejected":
      return `${worker} rejected it`;
    case "reservation.timeout":
      return `${worker} did not answer in time`;
    case "reservation.wrapup":
      return `${worker} wraps up`;
    case "reservation.completed":
      return `${worker} is done`;
    case "task.completed":
      return "Completed";
    case "task.canceled":
      return `Canceled${data["task_canceled_reason"] === undefined ? "" : `: ${data["task_canceled_reason"]}`}`;
    default:
      return event_type;
  }
}

function filterOf(data: Told["event_data"]): string {
  const name = data["workflow_filter_name"];
  return name === undefined || name === "" ? "" : ` (${name})`;
}

function toneOf({ event_type }: Told): string {
  if (/accepted|completed/.test(event_type)) {
    return "good";
  }
  return /timeout|rejected|canceled|failed/.test(event_type) ? "bad" : "";
}
