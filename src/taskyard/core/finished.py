"""What is kept of a task that is over, and of its reservations, until they are forgotten.

A busy workspace holds hundreds of thousands of them for minutes, and nobody routes them any more.
So they keep what callers are shown and nothing else. They stand where the nouns stood: whatever may
be read of those may be read of these.
"""

from typing import ClassVar, cast

import msgspec

from .ids import (
    ReservationSid,
    TaskChannelSid,
    TaskQueueSid,
    TaskSid,
    WorkerSid,
    WorkflowSid,
)
from .model import NO_FILTER, Reservation, ReservationStatus, Task, TaskStatus


class FinishedTask(msgspec.Struct, gc=False, tag="finished"):
    """A task that is over, and so are its reservations. What was for routing reads as it began."""

    sid: TaskSid
    attributes: str
    status: TaskStatus
    priority: int
    timeout_s: int
    task_channel_sid: TaskChannelSid
    workflow_sid: WorkflowSid | None
    task_queue_sid: TaskQueueSid | None
    task_queue_entered_ms: int | None
    routing_target: str | None
    ignore_capacity: bool
    virtual_start_ms: int
    reason: str | None
    reservations: tuple[ReservationSid, ...]
    created_ms: int
    updated_ms: int
    version: int = 0

    number: ClassVar[int] = 0
    workflow_version: ClassVar[int] = 0
    filter_index: ClassVar[int] = NO_FILTER
    target_index: ClassVar[int] = -1
    filter_entered_ms: ClassVar[int] = 0
    step_deadline_ms: ClassVar[int | None] = None
    open_reservations: ClassVar[int] = 0
    live_reservations: ClassVar[int] = 0
    assignment_count: ClassVar[int] = 0
    assigned_ms: ClassVar[int | None] = None
    waiting: ClassVar[bool] = False
    ended: ClassVar[bool] = True
    transferring: ClassVar[bool] = False


class FinishedReservation(msgspec.Struct, gc=False, tag="finished"):
    """A reservation of a task that is over."""

    sid: ReservationSid
    task_sid: TaskSid
    worker_sid: WorkerSid
    status: ReservationStatus
    created_ms: int
    updated_ms: int
    version: int = 0
    known_worker: bool = False

    number: ClassVar[int] = 0
    task_channel_sid: ClassVar[TaskChannelSid | None] = None
    task_queue_sid: ClassVar[TaskQueueSid | None] = None
    expires_ms: ClassVar[int] = 0
    previous_activity_sid: ClassVar[None] = None
    post_work_activity_sid: ClassVar[None] = None
    callback_done: ClassVar[bool] = False


def finished_task(task: Task) -> Task:
    """What is kept of a task once nothing more can happen to it.

    Returns:
        A `FinishedTask`, under the type of what it stands for: nobody has to tell them apart.
    """
    kept = FinishedTask(
        task.sid,
        task.attributes,
        task.status,
        task.priority,
        task.timeout_s,
        task.task_channel_sid,
        task.workflow_sid,
        task.task_queue_sid,
        task.task_queue_entered_ms,
        task.routing_target,
        task.ignore_capacity,
        task.virtual_start_ms,
        task.reason,
        task.reservations,
        task.created_ms,
        task.updated_ms,
        task.version,
    )
    return cast(Task, kept)


def finished_reservation(reservation: Reservation) -> Reservation:
    """What is kept of a reservation once its task is over: a `FinishedReservation`."""
    kept = FinishedReservation(
        reservation.sid,
        reservation.task_sid,
        reservation.worker_sid,
        reservation.status,
        reservation.created_ms,
        reservation.updated_ms,
        reservation.version,
        reservation.known_worker,
    )
    return cast(Reservation, kept)
