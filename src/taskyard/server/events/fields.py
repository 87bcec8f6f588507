"""The facts of an event under their public names: callbacks and `event_data` spell them alike.

Every value is text, and what has no value is left out.

Source: TaskRouter, events, sections 3 and 7.2: which group of facts comes with which event.
"""

import re
from functools import lru_cache

import msgspec

from taskyard.core.event_details import (
    ActivityDetails,
    EventRecord,
    FilterDetails,
    TaskChannelDetails,
    TaskDetails,
    TaskQueueDetails,
    TransferDetails,
    WorkerChannelDetails,
    WorkerDetails,
    WorkflowDetails,
)
from taskyard.core.events import (
    Event,
    ReservationFailed,
    TaskQueueMoved,
    TransferAttemptFailed,
    TransferCanceled,
    TransferCompleted,
    TransferFailed,
    TransferInitiated,
    WorkerCreated,
)
from taskyard.core.model import TaskStatus

Fields = dict[str, str]

_BEFORE_A_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OF_TRANSFERS: tuple[type[Event], ...] = (
    TransferInitiated,
    TransferAttemptFailed,
    TransferFailed,
    TransferCanceled,
    TransferCompleted,
)
"""The details of other events may name a transfer too, but it is not told with them."""
_REDACTED = ("TaskAttributes", "WorkerAttributes")
REDACTED_AFTER_MS = 30 * 86_400_000
"""Of older events attributes are not told, however long the operator keeps them."""


def fields_of(record: EventRecord) -> Fields:
    """The facts of an event beside its type, workspace, instant and resource.

    Args:
        record: The event, and what it was about.

    Returns:
        Values by their names `LikeThis`, as a callback has them.
    """
    fields: Fields = {}
    details = record.details
    if details.task is not None:
        _task(fields, details.task, record.at_ms)
    if details.filter is not None:
        _filter(fields, details.filter)
    if isinstance(record.event, TaskQueueMoved):
        if details.task_queue is not None:
            fields["PreviousTaskQueueSid"] = details.task_queue.sid
            if details.task_queue.friendly_name is not None:
                fields["PreviousTaskQueueName"] = details.task_queue.friendly_name
    elif details.task_queue is not None:
        _task_queue(fields, details.task_queue)
    if details.workflow is not None:
        _workflow(fields, details.workflow)
    if details.activity is not None:
        _activity(fields, details.activity)
    if details.task_channel is not None:
        _task_channel_in_full(fields, details.task_channel)
    if details.worker is not None:
        _worker(fields, details.worker)
        if isinstance(record.event, WorkerCreated):
            del fields["WorkerActivityName"]  # as recorded of the published API
    if details.previous_activity is not None:
        lasted_ms = record.at_ms - details.previous_activity.since_ms
        fields["WorkerTimeInPreviousActivity"] = str(lasted_ms // 1000)
        fields["WorkerTimeInPreviousActivityMs"] = str(lasted_ms)
        fields["WorkerPreviousActivitySid"] = details.previous_activity.activity.sid
        fields["WorkerPreviousActivityName"] = details.previous_activity.activity.friendly_name
    if details.worker_channel is not None:
        _worker_channel(fields, details.worker_channel)
    if details.reservation is not None:
        fields["ReservationSid"] = details.reservation.sid
        fields["ReservationVersion"] = str(details.reservation.version)
        if details.reservation.sequel_to is not None:
            fields["TaskReEvaluatedReason"] = f"reservation_{details.reservation.sequel_to}"
        if details.reservation.known_worker and details.worker is not None:
            fields["KnownWorkerSid"] = details.worker.sid
    if isinstance(record.event, ReservationFailed):
        fields["Reason"] = record.event.reason
    if details.transfer is not None and isinstance(record.event, _OF_TRANSFERS):
        _transfer(fields, details.transfer)
    return fields


def redacted(fields: Fields) -> Fields:
    """The same without what may no longer be told of an old event."""
    return fields | {name: "{}" for name in _REDACTED if name in fields}


def snake_case(fields: Fields) -> Fields:
    """The same under names `like_this`."""
    return {_snake(name): value for name, value in fields.items()}


@lru_cache(maxsize=256)
def _snake(name: str) -> str:
    return _BEFORE_A_CAPITAL.sub("_", name).lower()


def _task(fields: Fields, task: TaskDetails, at_ms: int) -> None:
    fields["TaskSid"] = task.sid
    fields["TaskAttributes"] = task.attributes
    fields["TaskAge"] = str((at_ms - task.created_ms) // 1000)
    fields["TaskPriority"] = str(task.priority)
    fields["TaskAssignmentStatus"] = str(task.status)
    fields["TaskVersion"] = str(task.version)
    fields["TaskDateCreated"] = str(task.created_ms // 1000)
    fields["TaskVirtualStartTime"] = str(task.virtual_start_ms // 1000)
    if task.task_queue_entered_ms is not None:
        fields["TaskQueueEnteredDate"] = str(task.task_queue_entered_ms // 1000)
    _task_channel(fields, task.task_channel)
    if task.task_queue is not None:
        _task_queue(fields, task.task_queue)
    if task.workflow is not None:
        _workflow(fields, task.workflow)
    if task.reason and task.status in _REASONS:
        fields[_REASONS[task.status]] = task.reason


_REASONS = {
    TaskStatus.CANCELED: "TaskCanceledReason",
    TaskStatus.WRAPPING: "TaskCompletedReason",
    TaskStatus.COMPLETED: "TaskCompletedReason",
}


def _task_queue(fields: Fields, queue: TaskQueueDetails) -> None:
    fields["TaskQueueSid"] = queue.sid
    if queue.friendly_name is not None:
        fields["TaskQueueName"] = queue.friendly_name
    if queue.target_workers is not None:
        fields["TaskQueueTargetExpression"] = queue.target_workers


def _workflow(fields: Fields, workflow: WorkflowDetails) -> None:
    fields["WorkflowSid"] = workflow.sid
    if workflow.friendly_name is not None:
        fields["WorkflowName"] = workflow.friendly_name


def _filter(fields: Fields, matched: FilterDetails) -> None:
    if matched.name is not None:
        fields["WorkflowFilterName"] = matched.name
    # An array in a text, as recorded of the published API.
    fields["WorkflowFilterExpression"] = msgspec.json.encode([matched.expression]).decode()


def _activity(fields: Fields, activity: ActivityDetails) -> None:
    fields["ActivitySid"] = activity.sid
    fields["ActivityName"] = activity.friendly_name
    fields["ActivityAvailable"] = _truth(activity.available)


def _task_channel(fields: Fields, channel: TaskChannelDetails) -> None:
    fields["TaskChannelSid"] = channel.sid
    if channel.unique_name is not None:
        fields["TaskChannelUniqueName"] = channel.unique_name


def _task_channel_in_full(fields: Fields, channel: TaskChannelDetails) -> None:
    _task_channel(fields, channel)
    if channel.friendly_name is not None:
        fields["TaskChannelName"] = channel.friendly_name
    if channel.channel_optimized_routing is not None:
        fields["TaskChannelOptimizedRouting"] = _truth(channel.channel_optimized_routing)


def _worker(fields: Fields, worker: WorkerDetails) -> None:
    fields["WorkerSid"] = worker.sid
    fields["WorkerName"] = worker.friendly_name
    fields["WorkerAttributes"] = worker.attributes
    fields["WorkerActivitySid"] = worker.activity.sid
    fields["WorkerActivityName"] = worker.activity.friendly_name
    fields["WorkerVersion"] = str(worker.version)


def _worker_channel(fields: Fields, channel: WorkerChannelDetails) -> None:
    fields["WorkerChannelAvailable"] = _truth(channel.available)
    fields["WorkerChannelAvailableCapacity"] = str(channel.available_capacity_percentage)
    fields["WorkerChannelPreviousCapacity"] = str(channel.previous_capacity)
    fields["WorkerChannelCapacity"] = str(channel.capacity)
    fields["WorkerChannelTaskCount"] = str(channel.assigned)
    _task_channel(fields, channel.task_channel)


def _transfer(fields: Fields, transfer: TransferDetails) -> None:
    fields["TaskTransferSid"] = transfer.sid
    fields["TransferMode"] = str(transfer.mode)
    fields["TransferType"] = str(transfer.type)
    fields["TransferTo"] = transfer.to
    fields["TransferStatus"] = str(transfer.status)
    fields["TransferInitiatingWorkerSid"] = transfer.initiating_worker_sid
    fields["TransferInitiatingReservationSid"] = transfer.initiating_reservation_sid
    fields["TransferStarted"] = str(transfer.created_ms // 1000)
    if transfer.failed_reason is not None:
        fields["TransferFailedReason"] = transfer.failed_reason


def _truth(value: bool) -> str:
    return "true" if value else "false"
