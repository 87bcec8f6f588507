"""Which resource an event is about, and how it is told in a sentence.

Source: TaskRouter, events, sections 2 and 3.6. Only some of the sentences were ever recorded; the
others follow their pattern.
"""

from typing import Literal

import msgspec

from taskyard.core.event_details import EventRecord
from taskyard.core.events import (
    ActivityCreated,
    ActivityDeleted,
    ActivityUpdated,
    Event,
    ReservationAccepted,
    ReservationCanceled,
    ReservationCompleted,
    ReservationCreated,
    ReservationFailed,
    ReservationRejected,
    ReservationRescinded,
    ReservationTimeout,
    ReservationWrapup,
    TaskCanceled,
    TaskChannelCreated,
    TaskChannelDeleted,
    TaskChannelUpdated,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskQueueCreated,
    TaskQueueDeleted,
    TaskQueueEntered,
    TaskQueueExpressionUpdated,
    TaskQueueMoved,
    TaskQueueTimeout,
    TaskSystemDeleted,
    TaskUpdated,
    TaskWrapup,
    TransferAttemptFailed,
    TransferCanceled,
    TransferCompleted,
    TransferFailed,
    TransferInitiated,
    WorkerActivityUpdated,
    WorkerAttributesUpdated,
    WorkerCapacityUpdated,
    WorkerChannelAvailabilityUpdated,
    WorkerCreated,
    WorkerDeleted,
    WorkflowCreated,
    WorkflowDeleted,
    WorkflowEntered,
    WorkflowSkipped,
    WorkflowTargetMatched,
    WorkflowTimeout,
    WorkflowUpdated,
    WorkspaceCreated,
    WorkspaceDeleted,
    WorkspaceUpdated,
)

ResourceType = Literal[
    "activity",
    "reservation",
    "task",
    "taskchannel",
    "taskqueue",
    "transfer",
    "worker",
    "workflow",
    "workspace",
]


class Told(msgspec.Struct, frozen=True):
    """How events of one type are told.

    `says` is a template; `sid` in it is the resource's, the other words are names of what the event
    was about.
    """

    resource_type: ResourceType
    says: str


TOLD: dict[type[Event], Told] = {
    WorkspaceCreated: Told("workspace", "Workspace {sid} created"),
    WorkspaceUpdated: Told("workspace", "Workspace {sid} updated"),
    WorkspaceDeleted: Told("workspace", "Workspace {sid} deleted"),
    ActivityCreated: Told("activity", "Activity {sid} created"),
    ActivityUpdated: Told("activity", "Activity {sid} updated"),
    ActivityDeleted: Told("activity", "Activity {sid} deleted"),
    TaskChannelCreated: Told("taskchannel", "TaskChannel {sid} created"),
    TaskChannelUpdated: Told("taskchannel", "TaskChannel {sid} updated"),
    TaskChannelDeleted: Told("taskchannel", "TaskChannel {sid} deleted"),
    TaskQueueCreated: Told("taskqueue", "TaskQueue {sid} created"),
    TaskQueueExpressionUpdated: Told(
        "taskqueue", "TaskQueue {sid} expression updated to '{expression}'"
    ),
    TaskQueueDeleted: Told("taskqueue", "TaskQueue {sid} deleted"),
    WorkflowCreated: Told("workflow", "Workflow {sid} created"),
    WorkflowUpdated: Told("workflow", "Workflow {sid} updated"),
    WorkflowDeleted: Told("workflow", "Workflow {sid} deleted"),
    WorkerCreated: Told("worker", "Worker {worker} created"),
    WorkerActivityUpdated: Told("worker", "Worker {worker} updated to {activity} Activity"),
    WorkerAttributesUpdated: Told("worker", "Worker {worker} attributes updated"),
    WorkerCapacityUpdated: Told("worker", "Worker {worker} channel {channel} capacity updated"),
    WorkerChannelAvailabilityUpdated: Told(
        "worker", "Worker {worker} channel {channel} availability updated"
    ),
    WorkerDeleted: Told("worker", "Worker {worker} deleted"),
    TaskCreated: Told("task", "Task {sid} created"),
    TaskUpdated: Told("task", "Task {sid} updated"),
    TaskCanceled: Told("task", "Task {sid} canceled"),
    TaskWrapup: Told("task", "Task {sid} wrapup"),
    TaskCompleted: Told("task", "Task {sid} completed"),
    TaskDeleted: Told("task", "Task {sid} deleted"),
    TaskSystemDeleted: Told("task", "Task {sid} system-deleted"),
    TransferInitiated: Told("transfer", "Task {task} transfer initiated"),
    TransferAttemptFailed: Told("transfer", "Task {task} transfer attempt-failed"),
    TransferFailed: Told("transfer", "Task {task} transfer failed"),
    TransferCanceled: Told("transfer", "Task {task} transfer canceled"),
    TransferCompleted: Told("transfer", "Task {task} transfer completed"),
    WorkflowEntered: Told("task", "Task {sid} entered Workflow {workflow}"),
    WorkflowTargetMatched: Told("task", "Task {sid} matched a workflow target"),
    WorkflowTimeout: Told("task", "Task {sid} timed out of Workflow {workflow}"),
    WorkflowSkipped: Told("task", "Task {sid} skipped out of Workflow {workflow}"),
    TaskQueueEntered: Told("task", "Task {sid} entered TaskQueue {queue}"),
    TaskQueueTimeout: Told("task", "Task {sid} timed out of TaskQueue {queue}"),
    TaskQueueMoved: Told("task", "Task {sid} moved to TaskQueue {queue}"),
    ReservationCreated: Told("reservation", "Reservation {sid} created"),
    ReservationAccepted: Told("reservation", "Reservation {sid} accepted"),
    ReservationRejected: Told("reservation", "Reservation {sid} rejected"),
    ReservationTimeout: Told("reservation", "Reservation {sid} timeout"),
    ReservationCanceled: Told("reservation", "Reservation {sid} canceled"),
    ReservationRescinded: Told("reservation", "Reservation {sid} rescinded"),
    ReservationWrapup: Told("reservation", "Reservation {sid} wrapup"),
    ReservationCompleted: Told("reservation", "Reservation {sid} completed"),
    ReservationFailed: Told("reservation", "Reservation {sid} failed"),
}


class Subject(msgspec.Struct, frozen=True):
    """The resource that an event is about, and the event in a sentence."""

    resource_type: ResourceType
    resource_sid: str
    description: str


def subject_of(workspace_sid: str, record: EventRecord) -> Subject:
    """What an event of a workspace is about."""
    told = TOLD[type(record.event)]
    sid = _resource_sid(told.resource_type, workspace_sid, record)
    description = told.says.format_map(_Words(sid, record))
    return Subject(told.resource_type, sid, description)


def _resource_sid(kind: ResourceType, workspace_sid: str, record: EventRecord) -> str:
    if kind == "workspace":
        return workspace_sid
    details = record.details
    noun = {
        "activity": details.activity,
        "reservation": details.reservation,
        "task": details.task,
        "taskchannel": details.task_channel,
        "taskqueue": details.task_queue,
        "transfer": details.transfer,
        "worker": details.worker,
        "workflow": details.workflow,
    }[kind]
    assert noun is not None, type(record.event)
    return noun.sid


class _Words(dict[str, str]):
    """What a template may name, looked up when it does."""

    def __init__(self, sid: str, record: EventRecord) -> None:
        super().__init__(sid=sid)
        self._details = record.details

    def __missing__(self, word: str) -> str:
        found = self._name(word)
        return "that is no more" if found is None else found

    def _name(self, word: str) -> str | None:
        details = self._details
        task, worker, channel = details.task, details.worker, details.worker_channel
        match word:
            case "task" if task is not None:
                return task.sid
            case "worker" if worker is not None:
                return worker.friendly_name
            case "activity" if worker is not None:
                return worker.activity.friendly_name
            case "channel" if channel is not None:
                return channel.task_channel.unique_name
            case "expression" if details.task_queue is not None:
                return details.task_queue.target_workers
            case "queue" if task is not None and task.task_queue is not None:
                return task.task_queue.friendly_name
            case "workflow" if task is not None and task.workflow is not None:
                return task.workflow.friendly_name
        return None
