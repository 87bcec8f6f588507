"""What has happened, one frozen struct each.

An event carries every decision that was taken, so that folding it again asks no rule: a later
release folds old events to the same state. Its instant is that of the turn it happened in. The tag
is the public name of the event type; those that begin with `taskyard.` are ours alone and shown to
nobody.

Rows are arrays: once released, fields are only added at the end, with a default.
"""

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
from .model import TaskOrder, TransferMode


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something that has happened in one workspace."""


# --- the workspace and its furniture ---


class WorkspaceCreated(Event, frozen=True, tag="workspace.created"):
    """A workspace exists; its activities and task channels follow at once."""

    workspace_sid: WorkspaceSid
    account_sid: AccountSid
    friendly_name: str
    event_callback_url: str
    events_filter: str | None
    multi_task_enabled: bool
    prioritize_queue_order: TaskOrder
    default_activity_sid: ActivitySid
    timeout_activity_sid: ActivitySid


class WorkspaceUpdated(Event, frozen=True, tag="workspace.updated"):
    """The workspace's settings, all of them, as they are now."""

    friendly_name: str
    event_callback_url: str
    events_filter: str | None
    multi_task_enabled: bool
    prioritize_queue_order: TaskOrder
    default_activity_sid: ActivitySid
    timeout_activity_sid: ActivitySid


class WorkspaceDeleted(Event, frozen=True, tag="workspace.deleted"):
    """The workspace is no more."""


class ActivityCreated(Event, frozen=True, tag="activity.created"):
    """An activity exists."""

    activity_sid: ActivitySid
    friendly_name: str
    available: bool


class ActivityUpdated(Event, frozen=True, tag="activity.updated"):
    """An activity has another name."""

    activity_sid: ActivitySid
    friendly_name: str


class ActivityDeleted(Event, frozen=True, tag="activity.deleted"):
    """An activity is no more."""

    activity_sid: ActivitySid


class TaskChannelCreated(Event, frozen=True, tag="task-channel.created"):
    """A kind of work exists, and every worker has a channel for it."""

    task_channel_sid: TaskChannelSid
    unique_name: str
    friendly_name: str
    channel_optimized_routing: bool


class TaskChannelUpdated(Event, frozen=True, tag="task-channel.updated"):
    """A task channel has another name or spreads work otherwise."""

    task_channel_sid: TaskChannelSid
    friendly_name: str
    channel_optimized_routing: bool


class TaskChannelDeleted(Event, frozen=True, tag="task-channel.deleted"):
    """A task channel and every worker's channel for it are no more."""

    task_channel_sid: TaskChannelSid


class TaskQueueCreated(Event, frozen=True, tag="task-queue.created"):
    """A task queue exists."""

    task_queue_sid: TaskQueueSid
    friendly_name: str
    target_workers: str
    max_reserved_workers: int
    task_order: TaskOrder
    reservation_activity_sid: ActivitySid | None
    assignment_activity_sid: ActivitySid | None


class TaskQueueUpdated(Event, frozen=True, tag="taskyard.task-queue.updated"):
    """A task queue has changed: its settings but for the expression, which has its own event.

    The published API has no event for this.
    """

    task_queue_sid: TaskQueueSid
    friendly_name: str
    max_reserved_workers: int
    task_order: TaskOrder
    reservation_activity_sid: ActivitySid | None
    assignment_activity_sid: ActivitySid | None


class TaskQueueExpressionUpdated(Event, frozen=True, tag="task-queue.expression.updated"):
    """A task queue is for other workers now."""

    task_queue_sid: TaskQueueSid
    target_workers: str


class TaskQueueDeleted(Event, frozen=True, tag="task-queue.deleted"):
    """A task queue is no more."""

    task_queue_sid: TaskQueueSid


class WorkflowCreated(Event, frozen=True, tag="workflow.created"):
    """A workflow exists."""

    workflow_sid: WorkflowSid
    friendly_name: str
    configuration: str
    assignment_callback_url: str
    fallback_assignment_callback_url: str
    task_reservation_timeout_s: int


class WorkflowUpdated(Event, frozen=True, tag="workflow.updated"):
    """A workflow's settings; `configuration` is None when the rules stay as they are."""

    workflow_sid: WorkflowSid
    friendly_name: str
    configuration: str | None
    assignment_callback_url: str
    fallback_assignment_callback_url: str
    task_reservation_timeout_s: int
    re_evaluate_tasks: bool


class WorkflowDeleted(Event, frozen=True, tag="workflow.deleted"):
    """A workflow is no more."""

    workflow_sid: WorkflowSid


# --- workers ---


class WorkerCreated(Event, frozen=True, tag="worker.created"):
    """A worker exists, with a channel for every kind of work."""

    worker_sid: WorkerSid
    friendly_name: str
    activity_sid: ActivitySid
    attributes: str


class WorkerActivityUpdated(Event, frozen=True, tag="worker.activity.update"):
    """A worker does something else now. `joined`: see `TaskCanceled`."""

    worker_sid: WorkerSid
    activity_sid: ActivitySid
    joined: bool = False


class WorkerAttributesUpdated(Event, frozen=True, tag="worker.attributes.update"):
    """A worker's attributes or name have changed."""

    worker_sid: WorkerSid
    friendly_name: str
    attributes: str


class WorkerCapacityUpdated(Event, frozen=True, tag="worker.capacity.update"):
    """A worker takes more or fewer tasks of a kind at once."""

    worker_sid: WorkerSid
    task_channel_sid: TaskChannelSid
    capacity: int


class WorkerChannelAvailabilityUpdated(
    Event, frozen=True, tag="worker.channel.availability.update"
):
    """A worker takes tasks of a kind, or no longer."""

    worker_sid: WorkerSid
    task_channel_sid: TaskChannelSid
    available: bool


class WorkerDeleted(Event, frozen=True, tag="worker.deleted"):
    """A worker and their channels are no more."""

    worker_sid: WorkerSid


# --- tasks ---


class TaskCreated(Event, frozen=True, tag="task.created"):
    """A piece of work has come in."""

    task_sid: TaskSid
    attributes: str
    workflow_sid: WorkflowSid | None
    task_channel_sid: TaskChannelSid
    priority: int
    timeout_s: int
    virtual_start_ms: int
    routing_target: str | None
    ignore_capacity: bool
    task_queue_sid: TaskQueueSid | None
    """Where a task that is routed to one worker counts; nobody else is asked."""


class TaskUpdated(Event, frozen=True, tag="task.updated"):
    """A task's attributes (None: unchanged), rank or kind have changed."""

    task_sid: TaskSid
    attributes: str | None
    priority: int
    task_channel_sid: TaskChannelSid
    virtual_start_ms: int


class TaskCanceled(Event, frozen=True, tag="task.canceled"):
    """A task has ended without being done.

    `joined` says that one update has led to this and to the event of the same noun before it: the
    version has risen with that one.
    """

    task_sid: TaskSid
    reason: str | None
    joined: bool = False


class TaskWrapup(Event, frozen=True, tag="task.wrapup"):
    """A task's after-work has begun. `joined`: see `TaskCanceled`."""

    task_sid: TaskSid
    reason: str | None
    joined: bool = False


class TaskCompleted(Event, frozen=True, tag="task.completed"):
    """A task is done. `joined`: see `TaskCanceled`."""

    task_sid: TaskSid
    reason: str | None
    joined: bool = False


class TaskDeleted(Event, frozen=True, tag="task.deleted"):
    """A task was removed by a caller."""

    task_sid: TaskSid


class TaskSystemDeleted(Event, frozen=True, tag="task.system-deleted"):
    """A task was removed because it stayed assigned too long."""

    task_sid: TaskSid


class TasksForgotten(Event, frozen=True, tag="taskyard.tasks.forgotten"):
    """Tasks that had ended by this instant are no longer kept: the first so many, or all (None)."""

    up_to_ms: int
    most: int | None = None


# --- the way of a task through its workflow ---


class WorkflowEntered(Event, frozen=True, tag="workflow.entered"):
    """A task enters a workflow from the top, and follows this version of its rules from now on."""

    task_sid: TaskSid
    workflow_sid: WorkflowSid
    workflow_version: int
    re_evaluated: bool
    """Whether a change of the rules made it enter again."""


class WorkflowTargetMatched(Event, frozen=True, tag="workflow.target-matched"):
    """A task is at a step of its workflow; `filter_index` may be `DEFAULT_FILTER`."""

    task_sid: TaskSid
    filter_index: int
    target_index: int
    task_queue_sid: TaskQueueSid
    priority: int
    filter_entered_ms: int
    step_deadline_ms: int | None


class WorkflowTimeout(Event, frozen=True, tag="workflow.timeout"):
    """A task has come to the end of its workflow."""

    task_sid: TaskSid
    workflow_sid: WorkflowSid


class WorkflowSkipped(Event, frozen=True, tag="workflow.skipped"):
    """A task has come to the end of its workflow because its last step was skipped."""

    task_sid: TaskSid
    workflow_sid: WorkflowSid


class TaskQueueEntered(Event, frozen=True, tag="task-queue.entered"):
    """A task waits in this task queue from now on."""

    task_sid: TaskSid
    task_queue_sid: TaskQueueSid


class TaskQueueTimeout(Event, frozen=True, tag="task-queue.timeout"):
    """The time of a task's step is over."""

    task_sid: TaskSid
    task_queue_sid: TaskQueueSid


class TaskQueueMoved(Event, frozen=True, tag="task-queue.moved"):
    """A task leaves a task queue for another."""

    task_sid: TaskSid
    task_queue_sid: TaskQueueSid
    previous_task_queue_sid: TaskQueueSid


# --- reservations ---


class ReservationCreated(Event, frozen=True, tag="reservation.created"):
    """A task is offered to a worker."""

    reservation_sid: ReservationSid
    task_sid: TaskSid
    worker_sid: WorkerSid
    task_queue_sid: TaskQueueSid | None
    expires_ms: int
    known_worker: bool


class ReservationAccepted(Event, frozen=True, tag="reservation.accepted"):
    """A worker has taken the task."""

    reservation_sid: ReservationSid
    post_work_activity_sid: ActivitySid | None


class ReservationRejected(Event, frozen=True, tag="reservation.rejected"):
    """A worker has declined the task."""

    reservation_sid: ReservationSid


class ReservationTimeout(Event, frozen=True, tag="reservation.timeout"):
    """Nobody answered the offer in time."""

    reservation_sid: ReservationSid


class ReservationCanceled(Event, frozen=True, tag="reservation.canceled"):
    """The offer ended with its task, or the application that was to answer could not be asked."""

    reservation_sid: ReservationSid


class ReservationRescinded(Event, frozen=True, tag="reservation.rescinded"):
    """The offer was withdrawn: another worker took the task, or its worker was deleted."""

    reservation_sid: ReservationSid


class ReservationWrapup(Event, frozen=True, tag="reservation.wrapup"):
    """The after-work of a reservation has begun."""

    reservation_sid: ReservationSid


class ReservationCompleted(Event, frozen=True, tag="reservation.completed"):
    """A reservation is over."""

    reservation_sid: ReservationSid


class ReservationFailed(Event, frozen=True, tag="reservation.failed"):
    """No reservation could be made for a task that is routed to one worker."""

    reservation_sid: ReservationSid
    task_sid: TaskSid
    reason: str


class ReservationInstructed(Event, frozen=True, tag="taskyard.reservation.instructed"):
    """Something is to be done with calls; `fields` is a JSON object of what was said with it."""

    reservation_sid: ReservationSid
    instruction: str
    fields: str
    accepts: bool
    """Whether the task was taken with it: then `reservation.accepted` came just before."""


class ReservationCallbackDone(Event, frozen=True, tag="taskyard.reservation.callback-done"):
    """The application was asked about the offer by callback, and has left it open."""

    reservation_sid: ReservationSid


# --- transfers ---


class TransferInitiated(Event, frozen=True, tag="task.transfer-initiated"):
    """Whoever has taken a task hands it on: from now on it waits for another worker as well."""

    transfer_sid: TransferSid
    task_sid: TaskSid
    reservation_sid: ReservationSid
    """By which it is held; it stays accepted until somebody else has the task."""
    mode: TransferMode
    to: str
    """The SID of a worker or a task queue."""


class TransferAttemptFailed(Event, frozen=True, tag="task.transfer-attempt-failed"):
    """An offer of a transfer has ended without acceptance; others are asked."""

    transfer_sid: TransferSid
    task_sid: TaskSid
    reservation_sid: ReservationSid


class TransferFailed(Event, frozen=True, tag="task.transfer-failed"):
    """A transfer has come to nothing: whoever began it keeps the task, unless that is over too."""

    transfer_sid: TransferSid
    task_sid: TaskSid
    reason: str


class TransferCanceled(Event, frozen=True, tag="task.transfer-canceled"):
    """Whoever began a transfer keeps the task after all."""

    transfer_sid: TransferSid
    task_sid: TaskSid


class TransferCompleted(Event, frozen=True, tag="task.transfer-completed"):
    """Another worker has taken the task over: `reservation.accepted` came before."""

    transfer_sid: TransferSid
    task_sid: TaskSid


ALL_EVENTS: tuple[type[Event], ...] = tuple(Event.__subclasses__())


def event_type(event: Event) -> str:
    """The public name of the event's type."""
    return str(type(event).__struct_config__.tag)
