"""What an event was about, as it was when it happened.

An event itself is lean: it names nouns by their SIDs and carries what was decided. Whoever is told
of it later, or reads of it weeks later, wants names and attributes as they were at that moment, of
nouns that have changed or gone since.

Rows are arrays: once released, fields are only added at the end, with a default.
"""

import msgspec

from .causes import Cause
from .events import Event
from .ids import (
    ActivitySid,
    ReservationSid,
    TaskChannelSid,
    TaskQueueSid,
    TaskSid,
    TransferSid,
    WorkerSid,
    WorkflowSid,
)
from .model import ReservationStatus, TaskStatus, TransferMode, TransferStatus, TransferType


class WorkflowDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A workflow; one that a task has outlived has no name any more."""

    sid: WorkflowSid
    friendly_name: str | None


class TaskQueueDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A task queue; of one that a finished task has outlived nothing but its SID is known."""

    sid: TaskQueueSid
    friendly_name: str | None
    target_workers: str | None


class TaskChannelDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A kind of work; of one that a finished task has outlived nothing but its SID is known."""

    sid: TaskChannelSid
    unique_name: str | None
    friendly_name: str | None
    channel_optimized_routing: bool | None


class ActivityDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An activity."""

    sid: ActivitySid
    friendly_name: str
    available: bool


class FilterDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The filter of a workflow that a task has matched."""

    name: str | None
    expression: str


class TaskDetails(msgspec.Struct, array_like=True, gc=False):
    """A task right after the event; of one that is no more, right before it.

    Attributes:
        created_ms: Its creation, from which its age is counted.
        task_queue: Its queue. The events of its creation and of a move tell of the queue that the
            task enters right after them: who hears of a new task wants to know where it is.
        task_queue_entered_ms: When it entered that queue.
    """

    sid: TaskSid
    attributes: str
    status: TaskStatus
    priority: int
    version: int
    created_ms: int
    virtual_start_ms: int
    reason: str | None
    task_channel: TaskChannelDetails
    workflow: WorkflowDetails | None
    task_queue: TaskQueueDetails | None
    task_queue_entered_ms: int | None
    timeout_s: int = 0
    routing_target: str | None = None
    ignore_capacity: bool = False


class WorkerDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A worker right after the event; of one who is no more, right before it.

    `handled` is how many reservations they have accepted and not completed yet.
    """

    sid: WorkerSid
    friendly_name: str
    attributes: str
    version: int
    activity: ActivityDetails
    handled: int = 0


class PreviousActivity(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a worker did until the event, and since when."""

    activity: ActivityDetails
    since_ms: int


class WorkerChannelDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A worker's capacity for a kind of work; `previous_capacity` is that before the event."""

    task_channel: TaskChannelDetails
    available: bool
    capacity: int
    previous_capacity: int
    available_capacity_percentage: int
    assigned: int


class ReservationDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The offer of a task to a worker.

    Attributes:
        sequel_to: Of one that is made: what became of the task's offer before it, if nobody took
            the task by that.
        known_worker: Whether the step of the workflow wanted this one worker.
    """

    sid: ReservationSid
    status: ReservationStatus | None
    """None for one that could not be made."""
    version: int
    created_ms: int = 0
    accepted_before: bool = False
    """Of one that is accepted: whether its task had been accepted once already."""
    sequel_to: ReservationStatus | None = None
    known_worker: bool = False


class TransferDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The handing on of a task right after the event.

    Attributes:
        to: The SID of a worker or a task queue, as `type` says.
        initiating_task_queue_sid: Where the task was when it began.
    """

    sid: TransferSid
    task_sid: TaskSid
    mode: TransferMode
    type: TransferType
    to: str
    status: TransferStatus
    initiating_reservation_sid: ReservationSid
    initiating_worker_sid: WorkerSid
    initiating_task_queue_sid: TaskQueueSid | None
    initiating_workflow_sid: WorkflowSid | None
    failed_reason: str | None
    created_ms: int
    updated_ms: int


class EventDetails(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The nouns that one event is about, each None where it is not about one.

    Attributes:
        workspace_name: What the workspace was called.
        task_queue: The queue that the event itself is about; for a task that moves, the one left.
        transfer: Of an event of a reservation, the transfer that it is an offer of.
        outgoing_transfer: The transfer by which the worker of the reservation hands the task on, as
            long as it is under way.
    """

    workspace_name: str
    task: TaskDetails | None = None
    worker: WorkerDetails | None = None
    reservation: ReservationDetails | None = None
    task_queue: TaskQueueDetails | None = None
    workflow: WorkflowDetails | None = None
    filter: FilterDetails | None = None
    activity: ActivityDetails | None = None
    previous_activity: PreviousActivity | None = None
    task_channel: TaskChannelDetails | None = None
    worker_channel: WorkerChannelDetails | None = None
    transfer: TransferDetails | None = None
    outgoing_transfer: TransferDetails | None = None


class EventRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event with everything that is told of it.

    Attributes:
        position: The how-manieth event of its workspace it is, counted from 1.
        at_ms: When it happened.
        event: What happened.
        details: What it was about.
        cause: Whose command led to it; None for the clock's doing, and that of the rules.
    """

    position: int
    at_ms: int
    event: Event
    details: EventDetails
    cause: Cause | None
