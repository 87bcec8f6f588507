"""What the second published browser client is shown, over both of its ways: the keys and types.

It reads instants as seconds since the epoch, and stumbles over a key that is missing even where
its value would be null. So every key is always there; but for those of a transfer, whose null it
takes for an object.

Source: TaskRouter event bridge, payloads of the `taskrouter.js` package 2.x and 3.x.
"""

import msgspec
from msgspec import UNSET, UnsetType


class WorkerPayload(msgspec.Struct, gc=False):
    """A worker."""

    account_sid: str
    activity_name: str
    activity_sid: str
    attributes: str
    available: bool
    date_created: int
    date_status_changed: int
    date_updated: int
    friendly_name: str
    sid: str
    workspace_sid: str
    version: int


class ActivityPayload(msgspec.Struct, gc=False):
    """An activity."""

    account_sid: str
    available: bool
    date_created: int
    date_updated: int
    friendly_name: str
    sid: str
    workspace_sid: str


class WorkerChannelPayload(msgspec.Struct, gc=False):
    """A worker channel. `last_reserved_time` alone is in milliseconds."""

    account_sid: str
    assigned_tasks: int
    available: bool
    available_capacity_percentage: int
    configured_capacity: int
    date_created: int
    date_updated: int
    last_reserved_time: int
    sid: str
    task_channel_sid: str
    task_channel_unique_name: str
    worker_sid: str
    workspace_sid: str


class TaskPayload(msgspec.Struct, gc=False):
    """A task."""

    account_sid: str
    addons: str
    age: int
    assignment_status: str
    attributes: str
    date_created: int
    date_updated: int
    priority: int
    queue_name: str | None
    queue_sid: str | None
    reason: str | None
    routing_target: str | None
    sid: str
    task_channel_sid: str
    task_channel_unique_name: str | None
    timeout: int
    version: int
    virtual_start_time: int
    workflow_name: str | None
    workflow_sid: str | None
    workspace_sid: str


class TransferPayload(msgspec.Struct, gc=False):
    """The handing on of a task."""

    account_sid: str
    date_created: int
    date_updated: int
    initiating_queue_sid: str | None
    initiating_reservation_sid: str
    initiating_worker_sid: str
    initiating_workflow_sid: str | None
    sid: str
    task_sid: str
    transfer_mode: str
    transfer_status: str
    transfer_to: str
    transfer_type: str
    workspace_sid: str
    transfer_failed_reason: str | UnsetType = UNSET


class ReservationPayload(msgspec.Struct, gc=False):
    """A reservation, with its task, and with the transfers that led to it and away from it.

    To a client null is a transfer too: where there is none the keys are left out.
    """

    account_sid: str
    date_created: int
    date_updated: int
    reservation_status: str
    reservation_timeout: int
    sid: str
    task: TaskPayload
    task_sid: str
    version: int
    worker_sid: str
    workspace_sid: str
    task_transfer: TransferPayload | UnsetType = UNSET
    active_outgoing_task_transfer: TransferPayload | UnsetType = UNSET


class TaskQueuePayload(msgspec.Struct, gc=False):
    """A task queue."""

    account_sid: str
    assignment_activity_name: str | None
    assignment_activity_sid: str | None
    date_created: int
    date_updated: int
    friendly_name: str
    lifo_queue: bool
    max_reserved_workers: int
    reservation_activity_name: str | None
    reservation_activity_sid: str | None
    sid: str
    target_workers: str
    task_order: str
    workspace_sid: str
