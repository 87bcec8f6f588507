"""The nouns: what one workspace is made of, and the statuses they pass through.

An instant is an integer of milliseconds since the Unix epoch, UTC. Attributes are compact JSON
text: they are parsed where a decision needs them, and kept small where none does. The structs take
no part in garbage collection (`gc=False`): they name each other by SID, so there are no cycles to
find.
"""

from enum import StrEnum

import msgspec

from .ids import (
    AccountSid,
    ActivitySid,
    ReservationSid,
    TaskChannelSid,
    TaskQueueSid,
    TaskSid,
    TransferSid,
    WorkerSid,
    WorkflowSid,
    WorkspaceSid,
)


class TaskStatus(StrEnum):
    """Where a task stands. `lifecycles.py` says which may follow which."""

    PENDING = "pending"
    RESERVED = "reserved"
    ASSIGNED = "assigned"
    WRAPPING = "wrapping"
    COMPLETED = "completed"
    CANCELED = "canceled"


class ReservationStatus(StrEnum):
    """Where an offer stands. `lifecycles.py` says which may follow which."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    WRAPPING = "wrapping"
    COMPLETED = "completed"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    CANCELED = "canceled"
    RESCINDED = "rescinded"


class TransferStatus(StrEnum):
    """Where a transfer stands. `lifecycles.py` says which may follow which."""

    INITIATED = "initiated"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELED = "canceled"


class TransferMode(StrEnum):
    """What becomes of whoever hands a task on: with `COLD` their part is over at once."""

    WARM = "WARM"
    COLD = "COLD"


class TransferType(StrEnum):
    """To whom a task is handed on: to one worker, or to whoever is found in a task queue."""

    WORKER = "WORKER"
    QUEUE = "QUEUE"


class TaskOrder(StrEnum):
    """Which end of a task queue is served first."""

    FIFO = "FIFO"
    LIFO = "LIFO"


class Template(StrEnum):
    """What a new workspace is furnished with."""

    NONE = "NONE"
    FIFO = "FIFO"


class Workspace(msgspec.Struct, kw_only=True, gc=False):
    """One closed world of routing."""

    sid: WorkspaceSid
    account_sid: AccountSid
    friendly_name: str
    event_callback_url: str
    events_filter: str | None
    multi_task_enabled: bool
    prioritize_queue_order: TaskOrder
    default_activity_sid: ActivitySid
    timeout_activity_sid: ActivitySid
    created_ms: int
    updated_ms: int


class Activity(msgspec.Struct, kw_only=True, gc=False):
    """What a worker may be doing, and whether those who do it are available."""

    sid: ActivitySid
    friendly_name: str
    available: bool
    created_ms: int
    updated_ms: int


class TaskChannel(msgspec.Struct, kw_only=True, gc=False):
    """A kind of work."""

    sid: TaskChannelSid
    unique_name: str
    friendly_name: str
    channel_optimized_routing: bool
    created_ms: int
    updated_ms: int


class TaskQueue(msgspec.Struct, kw_only=True, gc=False):
    """Where tasks wait, and for which workers."""

    sid: TaskQueueSid
    friendly_name: str
    target_workers: str
    max_reserved_workers: int
    task_order: TaskOrder
    reservation_activity_sid: ActivitySid | None
    assignment_activity_sid: ActivitySid | None
    created_ms: int
    updated_ms: int
    version: int = 0


class Workflow(msgspec.Struct, kw_only=True, gc=False):
    """The filters that choose a task queue.

    `configurations` holds the text of the current configuration and of every older one that a task
    still follows, by version.
    """

    sid: WorkflowSid
    friendly_name: str
    configurations: dict[int, str]
    configuration_version: int
    re_evaluated_version: int
    """Pending tasks that follow an older configuration than this one enter the workflow again."""
    assignment_callback_url: str
    fallback_assignment_callback_url: str
    task_reservation_timeout_s: int
    created_ms: int
    updated_ms: int
    version: int = 0


class WorkerChannel(msgspec.Struct, kw_only=True, gc=False):
    """One worker's capacity for one task channel.

    `used` counts pending, accepted and wrapping reservations, `assigned` accepted ones. A task that
    ignores capacity may take `used` above `capacity`.
    """

    capacity: int = 1
    available: bool = True
    used: int = 0
    assigned: int = 0
    last_offer_ms: int = 0
    created_ms: int
    updated_ms: int

    @property
    def free(self) -> bool:
        """Whether one more offer fits."""
        return self.available and self.used < self.capacity

    @property
    def available_capacity_percentage(self) -> int:
        """How much of the capacity is left, rounded down to a whole per cent."""
        if self.capacity == 0:
            return 0
        return max(0, 100 * (self.capacity - self.used) // self.capacity)


class Worker(msgspec.Struct, kw_only=True, gc=False):
    """Who or what takes tasks.

    `number` counts workers in the order of their creation. `last_offer_ms` is the creation of the
    last reservation on any channel, 0 for none yet. `reservations` are the live ones: pending,
    accepted or wrapping.
    """

    sid: WorkerSid
    number: int
    friendly_name: str
    activity_sid: ActivitySid
    attributes: str
    channels: dict[TaskChannelSid, WorkerChannel]
    reservations: dict[ReservationSid, None]
    created_ms: int
    updated_ms: int
    status_changed_ms: int
    last_offer_ms: int = 0
    version: int = 0


NO_FILTER = -1
DEFAULT_FILTER = -2


class Task(msgspec.Struct, kw_only=True, gc=False, tag="open"):
    """One piece of work.

    `number` counts tasks in the order of their creation. `filter_index` and `target_index` say at
    which step of its workflow the task is: the index of a filter, `DEFAULT_FILTER`, or `NO_FILTER`
    when no workflow holds it. `reservations` are all that were ever made for it, in their order;
    `open_reservations` counts the pending ones, `live_reservations` the accepted and wrapping ones.
    """

    sid: TaskSid
    number: int
    attributes: str
    status: TaskStatus
    priority: int
    timeout_s: int
    task_channel_sid: TaskChannelSid
    workflow_sid: WorkflowSid | None
    workflow_version: int = 0
    task_queue_sid: TaskQueueSid | None = None
    task_queue_entered_ms: int | None = None
    filter_index: int = NO_FILTER
    target_index: int = -1
    filter_entered_ms: int = 0
    step_deadline_ms: int | None = None
    routing_target: str | None = None
    ignore_capacity: bool = False
    virtual_start_ms: int
    reason: str | None = None
    reservations: tuple[ReservationSid, ...] = ()
    open_reservations: int = 0
    live_reservations: int = 0
    assignment_count: int = 0
    assigned_ms: int | None = None
    created_ms: int
    updated_ms: int
    version: int = 0

    @property
    def waiting(self) -> bool:
        """Whether the task is to be matched with a worker."""
        return self.status is TaskStatus.PENDING

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to the task."""
        return self.status is TaskStatus.COMPLETED or self.status is TaskStatus.CANCELED

    @property
    def transferring(self) -> bool:
        """Whether whoever has taken the task is handing it on: it waits, but for a transfer."""
        return self.live_reservations > 0 and (
            self.status is TaskStatus.PENDING or self.status is TaskStatus.RESERVED
        )


class Reservation(msgspec.Struct, kw_only=True, gc=False, tag="open"):
    """The offer of a task to a worker. `number` counts offers in the order of their creation."""

    sid: ReservationSid
    number: int
    task_sid: TaskSid
    worker_sid: WorkerSid
    task_channel_sid: TaskChannelSid
    task_queue_sid: TaskQueueSid | None
    status: ReservationStatus
    expires_ms: int
    previous_activity_sid: ActivitySid
    """What the worker was doing when the offer was made."""
    post_work_activity_sid: ActivitySid | None = None
    callback_done: bool = False
    """Whether the application was asked about it, and has left it open for a later answer."""
    known_worker: bool = False
    """Whether the step of the workflow wanted this one worker."""
    created_ms: int
    updated_ms: int
    version: int = 0


class Transfer(msgspec.Struct, kw_only=True, gc=False):
    """A worker's wish to hand a task on that they have accepted, and what became of it.

    `to` is the SID of a worker or a task queue. The `initiating_…` fields say who had the task and
    where it was; a transfer that fails takes it back there. `reservations` are the offers that were
    made for it, in their order.
    """

    sid: TransferSid
    task_sid: TaskSid
    mode: TransferMode
    to: str
    status: TransferStatus = TransferStatus.INITIATED
    initiating_reservation_sid: ReservationSid
    initiating_worker_sid: WorkerSid
    initiating_task_queue_sid: TaskQueueSid | None
    initiating_task_queue_entered_ms: int | None
    initiating_workflow_sid: WorkflowSid | None
    reservations: tuple[ReservationSid, ...] = ()
    failed_reason: str | None = None
    created_ms: int
    updated_ms: int

    @property
    def type(self) -> TransferType:
        """Whether one worker is asked, or those of a task queue."""
        return TransferType.WORKER if self.to.startswith("WK") else TransferType.QUEUE

    @property
    def running(self) -> bool:
        """Whether nobody has taken the task over yet, and somebody still may."""
        return self.status is TransferStatus.INITIATED
