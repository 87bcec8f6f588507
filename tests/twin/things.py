"""What one workspace is made of, as plain as can be. Counters are never kept: they are counted."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Workspace:
    sid: str
    friendly_name: str
    event_callback_url: str
    events_filter: str | None
    multi_task_enabled: bool
    prioritize_queue_order: str
    default_activity_sid: str = ""
    timeout_activity_sid: str = ""


@dataclass
class Activity:
    sid: str
    friendly_name: str
    available: bool


@dataclass
class TaskChannel:
    sid: str
    unique_name: str
    friendly_name: str
    channel_optimized_routing: bool


@dataclass
class TaskQueue:
    sid: str
    friendly_name: str
    target_workers: str
    max_reserved_workers: int
    task_order: str
    reservation_activity_sid: str | None
    assignment_activity_sid: str | None
    version: int = 0


@dataclass
class Workflow:
    sid: str
    friendly_name: str
    rules: dict[str, Any]
    assignment_callback_url: str
    fallback_assignment_callback_url: str
    task_reservation_timeout_s: int
    rules_number: int = 1
    """Counts the rules that this workflow has had."""
    re_evaluated_number: int = 0
    version: int = 0


@dataclass
class WorkerChannel:
    capacity: int = 1
    available: bool = True
    last_offer_ms: int = 0


@dataclass
class Worker:
    sid: str
    number: int
    friendly_name: str
    activity_sid: str
    attributes: dict[str, Any]
    channels: dict[str, WorkerChannel]
    status_changed_ms: int
    last_offer_ms: int = 0
    version: int = 0


@dataclass
class Task:
    sid: str
    number: int
    attributes: dict[str, Any]
    priority: int
    timeout_s: int
    task_channel_sid: str
    virtual_start_ms: int
    created_ms: int
    workflow_sid: str | None = None
    routing_target: str | None = None
    ignore_capacity: bool = False
    status: str = "pending"
    rules: dict[str, Any] | None = None
    """The rules that it follows; None for a task that no workflow holds."""
    rules_number: int = 0
    task_queue_sid: str | None = None
    filter_index: int = -1
    target_index: int = -1
    filter_entered_ms: int = 0
    step_deadline_ms: int | None = None
    reason: str | None = None
    assignment_count: int = 0
    assigned_ms: int | None = None
    ended_ms: int | None = None
    version: int = 0

    transfer: "Transfer | None" = None
    """By which it is handed on just now."""

    @property
    def worker_routed(self) -> bool:
        return self.routing_target is not None and self.routing_target.startswith("WK")

    @property
    def ended(self) -> bool:
        return self.status in ("completed", "canceled")


@dataclass
class Reservation:
    sid: str
    task_sid: str
    worker_sid: str
    task_channel_sid: str
    task_queue_sid: str | None
    expires_ms: int
    previous_activity_sid: str
    status: str = "pending"
    post_work_activity_sid: str | None = None
    transfer_sid: str | None = None
    version: int = 0

    @property
    def taken(self) -> bool:
        return self.status in ("accepted", "wrapping")

    @property
    def live(self) -> bool:
        return self.status in ("pending", "accepted", "wrapping")


@dataclass
class Transfer:
    sid: str
    task_sid: str
    mode: str
    to: str
    reservation_sid: str
    worker_sid: str
    queue_before: str | None
    status: str = "initiated"
    failed_reason: str | None = None

    @property
    def for_one(self) -> bool:
        return self.to.startswith("WK")


@dataclass
class Known:
    """Everything that there is, by SID, in the order of creation."""

    activities: dict[str, Activity] = field(default_factory=dict)
    task_channels: dict[str, TaskChannel] = field(default_factory=dict)
    task_queues: dict[str, TaskQueue] = field(default_factory=dict)
    workflows: dict[str, Workflow] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    reservations: dict[str, Reservation] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
