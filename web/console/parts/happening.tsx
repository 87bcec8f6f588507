/** An event as a sentence, in which whom and what it is about can be followed. */

import type { ComponentChildren, JSX } from "preact";

import type { Told } from "../live/stream.ts";
import { linkTo } from "../route.ts";

type Said = Readonly<Record<string, string | undefined>>;
type Sentence = (said: Said) => ComponentChildren;

/** What happened, by the type of the event. A type that is not among them is shown as it is. */
const SENTENCES: Readonly<Record<string, Sentence | undefined>> = {
  "task.created": () => "Created",
  "task.updated": () => "Changed",
  "task.wrapup": () => "Wraps up",
  "task.completed": () => "Completed",
  "task.canceled": ({ task_canceled_reason: reason }) => `Canceled${reason ? `: ${reason}` : ""}`,
  "task.deleted": () => "Deleted",
  "task.system-deleted": () => "Deleted by the server",
  "task.transfer-initiated": () => "A transfer began",
  "task.transfer-attempt-failed": () => "A try to transfer it failed",
  "task.transfer-failed": () => "The transfer failed",
  "task.transfer-canceled": () => "The transfer was canceled",
  "task.transfer-completed": () => "Transferred",
  "workflow.entered": (said) => <>Came to the workflow {workflowIn(said)}</>,
  "workflow.target-matched": (said) => <>A filter matched{filterIn(said)}: on to {queueIn(said)}</>,
  "workflow.skipped": (said) => <>No filter of {workflowIn(said)} matched</>,
  "workflow.timeout": (said) => <>Left {workflowIn(said)}: nobody took it in time</>,
  "workflow.created": () => "Created",
  "workflow.updated": () => "Changed",
  "workflow.deleted": () => "Deleted",
  "task-queue.entered": (said) => <>Waits in {queueIn(said)}</>,
  "task-queue.timeout": (said) => <>Waited too long in {queueIn(said)}</>,
  "task-queue.moved": (said) => <>Moved to {queueIn(said)}</>,
  "task-queue.created": () => "Created",
  "task-queue.deleted": () => "Deleted",
  "task-queue.expression.updated": () => "For other workers than before",
  "reservation.created": (said) => <>Offered to {workerIn(said)}</>,
  "reservation.accepted": (said) => <>{workerIn(said)} accepted</>,
  "reservation.rejected": (said) => <>{workerIn(said)} rejected it</>,
  "reservation.timeout": (said) => <>{workerIn(said)} did not answer in time</>,
  "reservation.canceled": (said) => <>The offer to {workerIn(said)} was withdrawn</>,
  "reservation.rescinded": (said) => <>Somebody was quicker than {workerIn(said)}</>,
  "reservation.wrapup": (said) => <>{workerIn(said)} wraps up</>,
  "reservation.completed": (said) => <>{workerIn(said)} is done</>,
  "reservation.failed": (said) => <>{workerIn(said)} could not be reached</>,
  "worker.created": () => "Created",
  "worker.deleted": () => "Deleted",
  "worker.activity.update": ({ worker_activity_name: activity }) => `Is ${activity ?? "elsewhere"} now`,
  "worker.attributes.update": () => "Has other attributes",
  "worker.capacity.update": ({ task_channel_unique_name: channel }) => `Has other room for ${channel ?? "a channel"}`,
  "worker.channel.availability.update": ({ task_channel_unique_name: channel, worker_channel_available: available }) =>
    `${available === "true" ? "Takes" : "No longer takes"} ${channel ?? "a channel"}`,
};

export function Happening({ event }: { readonly event: Told }): JSX.Element {
  const sentence = SENTENCES[event.event_type];
  return <>{sentence === undefined ? event.event_type : sentence(event.event_data)}</>;
}

function queueIn(said: Said): JSX.Element {
  return <Named page="queues" sid={said["task_queue_sid"]} name={said["task_queue_name"]} other="a queue" />;
}

function workerIn(said: Said): JSX.Element {
  return <Named page="workers" sid={said["worker_sid"]} name={said["worker_name"]} other="a worker" />;
}

function workflowIn(said: Said): JSX.Element {
  return <Named page="workflows" sid={said["workflow_sid"]} name={said["workflow_name"]} other="a workflow" />;
}

function filterIn({ workflow_filter_name: name }: Said): string {
  return name ? ` (${name})` : "";
}

function Named({ page, sid, name, other }: {
  readonly page: string;
  readonly sid: string | undefined;
  readonly name: string | undefined;
  /** What it is called if its name is not told. */
  readonly other: string;
}): JSX.Element {
  return sid === undefined ? <>{name ?? other}</> : <a href={linkTo(page, sid)}>{name ?? other}</a>;
}
