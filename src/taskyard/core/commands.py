"""What may be asked of one workspace, one frozen struct each.

A field left `UNSET` in an update stays as it is. `expected_version` is the version that the caller
read; `None` does not check. Attributes and configurations are JSON text.
"""

import msgspec
from msgspec import UNSET, UnsetType

from .instructions import Value
from .model import TaskOrder, Template, TransferMode


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody asks for."""


class CreateWorkspace(Command, frozen=True, kw_only=True):
    """The first command of a workspace; it brings activities and task channels with it."""

    account_sid: str
    friendly_name: str
    event_callback_url: str = ""
    events_filter: str | None = None
    multi_task_enabled: bool = True
    prioritize_queue_order: str = TaskOrder.FIFO
    template: str = Template.NONE


class UpdateWorkspace(Command, frozen=True, kw_only=True):
    """Change the workspace's own settings."""

    friendly_name: str | UnsetType = UNSET
    event_callback_url: str | UnsetType = UNSET
    events_filter: str | UnsetType = UNSET
    multi_task_enabled: bool | UnsetType = UNSET
    prioritize_queue_order: str | UnsetType = UNSET
    default_activity_sid: str | UnsetType = UNSET
    timeout_activity_sid: str | UnsetType = UNSET


class DeleteWorkspace(Command, frozen=True, kw_only=True):
    """Remove the workspace and everything in it."""


class CreateActivity(Command, frozen=True, kw_only=True):
    """Add something that workers may be doing."""

    friendly_name: str
    available: bool = False


class UpdateActivity(Command, frozen=True, kw_only=True):
    """Rename an activity. Whether it counts as available never changes."""

    activity_sid: str
    friendly_name: str | UnsetType = UNSET


class DeleteActivity(Command, frozen=True, kw_only=True):
    """Remove an activity that nothing refers to."""

    activity_sid: str


class CreateTaskChannel(Command, frozen=True, kw_only=True):
    """Add a kind of work; every worker gets a capacity of 1 for it."""

    friendly_name: str
    unique_name: str
    channel_optimized_routing: bool = False


class UpdateTaskChannel(Command, frozen=True, kw_only=True):
    """Rename a task channel or change how it spreads work. Named by SID or unique name."""

    task_channel: str
    friendly_name: str | UnsetType = UNSET
    channel_optimized_routing: bool | UnsetType = UNSET


class DeleteTaskChannel(Command, frozen=True, kw_only=True):
    """Remove a task channel without unfinished tasks. Named by SID or unique name."""

    task_channel: str


class CreateTaskQueue(Command, frozen=True, kw_only=True):
    """Add a place where tasks wait. An empty `target_workers` matches nobody."""

    friendly_name: str
    target_workers: str = "1==1"
    max_reserved_workers: int = 1
    task_order: str = TaskOrder.FIFO
    reservation_activity_sid: str | None = None
    assignment_activity_sid: str | None = None


class UpdateTaskQueue(Command, frozen=True, kw_only=True):
    """Change a task queue; the tasks that wait in it are matched anew."""

    task_queue_sid: str
    friendly_name: str | UnsetType = UNSET
    target_workers: str | UnsetType = UNSET
    max_reserved_workers: int | UnsetType = UNSET
    task_order: str | UnsetType = UNSET
    reservation_activity_sid: str | UnsetType | None = UNSET
    assignment_activity_sid: str | UnsetType | None = UNSET
    expected_version: int | None = None


class DeleteTaskQueue(Command, frozen=True, kw_only=True):
    """Remove a task queue that no workflow and no unfinished task uses."""

    task_queue_sid: str
    expected_version: int | None = None


class CreateWorkflow(Command, frozen=True, kw_only=True):
    """Add a set of routing rules."""

    friendly_name: str
    configuration: str
    assignment_callback_url: str = ""
    fallback_assignment_callback_url: str = ""
    task_reservation_timeout_s: int = 120


class UpdateWorkflow(Command, frozen=True, kw_only=True):
    """Change routing rules. Tasks inside keep theirs unless `re_evaluate_tasks` is set."""

    workflow_sid: str
    friendly_name: str | UnsetType = UNSET
    configuration: str | UnsetType = UNSET
    assignment_callback_url: str | UnsetType = UNSET
    fallback_assignment_callback_url: str | UnsetType = UNSET
    task_reservation_timeout_s: int | UnsetType = UNSET
    re_evaluate_tasks: bool = False
    expected_version: int | None = None


class DeleteWorkflow(Command, frozen=True, kw_only=True):
    """Remove a workflow that holds no pending or reserved task."""

    workflow_sid: str
    expected_version: int | None = None


class CreateWorker(Command, frozen=True, kw_only=True):
    """Add somebody who takes tasks. Without an activity they begin in the workspace's default."""

    friendly_name: str
    activity_sid: str | None = None
    attributes: str = "{}"


class UpdateWorker(Command, frozen=True, kw_only=True):
    """Change who a worker is or what they are doing."""

    worker_sid: str
    friendly_name: str | UnsetType = UNSET
    activity_sid: str | UnsetType = UNSET
    attributes: str | UnsetType = UNSET
    reject_pending_reservations: bool = False
    expected_version: int | None = None


class DeleteWorker(Command, frozen=True, kw_only=True):
    """Remove a worker who has no accepted work; their pending offers are withdrawn."""

    worker_sid: str
    expected_version: int | None = None


class UpdateWorkerChannel(Command, frozen=True, kw_only=True):
    """Change a worker's capacity for a kind of work.

    `worker_channel` is its SID, the task channel's SID, or the task channel's unique name.
    """

    worker_sid: str
    worker_channel: str
    capacity: int | UnsetType = UNSET
    available: bool | UnsetType = UNSET


class CreateTask(Command, frozen=True, kw_only=True):
    """Add a piece of work, to be routed by a workflow or straight to a target."""

    attributes: str = "{}"
    workflow_sid: str | None = None
    priority: int | None = None
    timeout_s: int = 86_400
    task_channel: str = "default"
    virtual_start_ms: int | None = None
    routing_target: str | None = None
    ignore_capacity: bool | None = None
    task_queue_sid: str | None = None


class UpdateTask(Command, frozen=True, kw_only=True):
    """Change a task, or take it to `canceled`, `wrapping` or `completed`."""

    task_sid: str
    attributes: str | UnsetType = UNSET
    assignment_status: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    task_channel: str | UnsetType = UNSET
    virtual_start_ms: int | UnsetType = UNSET
    expected_version: int | None = None


class DeleteTask(Command, frozen=True, kw_only=True):
    """Remove a task in whatever state it is."""

    task_sid: str
    expected_version: int | None = None


class AcceptReservation(Command, frozen=True, kw_only=True):
    """Take the offered task."""

    reservation_sid: str
    post_work_activity_sid: str | None = None
    expected_version: int | None = None


class RejectReservation(Command, frozen=True, kw_only=True):
    """Decline the offered task, and perhaps change activity with it."""

    reservation_sid: str
    worker_activity_sid: str | None = None
    expected_version: int | None = None


class WrapReservation(Command, frozen=True, kw_only=True):
    """Begin the after-work of an accepted reservation."""

    reservation_sid: str
    expected_version: int | None = None


class CompleteReservation(Command, frozen=True, kw_only=True):
    """End an accepted or wrapping reservation."""

    reservation_sid: str
    expected_version: int | None = None


class CancelReservation(Command, frozen=True, kw_only=True):
    """Withdraw an offer, because the application that is to answer it cannot be asked."""

    reservation_sid: str


class NoteCallbackDone(Command, frozen=True, kw_only=True):
    """Know that the application was asked about an offer, and answers later by other means."""

    reservation_sid: str


class InstructReservation(Command, frozen=True, kw_only=True):
    """Have something done with calls for a reservation; `fields` are named as in a callback."""

    reservation_sid: str
    instruction: str
    fields: dict[str, Value]
    expected_version: int | None = None


class InitiateTransfer(Command, frozen=True, kw_only=True):
    """Hand an accepted task on: to a worker, or to whoever is found in a task queue.

    `to` is the SID of a worker or task queue. Attributes and priority are those that the task has
    from then on. `task_sid` and `worker_sid` say whose reservation the caller takes it for; `None`
    does not check.
    """

    reservation_sid: str
    to: str
    mode: str = TransferMode.WARM
    attributes: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    task_sid: str | None = None
    worker_sid: str | None = None


class CancelTransfer(Command, frozen=True, kw_only=True):
    """Keep a task after all, while nobody has taken it over yet.

    `task_sid` and `worker_sid` say whose transfer the caller takes it for; `None` does not check.
    """

    transfer_sid: str
    task_sid: str | None = None
    worker_sid: str | None = None
