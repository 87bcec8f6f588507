"""Reservations, and what they do to their task and worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskyard.core.events import (
    ReservationAccepted,
    ReservationCallbackDone,
    ReservationCanceled,
    ReservationCompleted,
    ReservationCreated,
    ReservationInstructed,
    ReservationRejected,
    ReservationRescinded,
    ReservationTimeout,
    ReservationWrapup,
)
from taskyard.core.ids import ReservationSid
from taskyard.core.model import Reservation, ReservationStatus, TaskStatus

from .table import applies
from .tasks import changed
from .transfers import hand_over

if TYPE_CHECKING:
    from taskyard.core.state import State


@applies(ReservationCreated)
def _(state: State, e: ReservationCreated, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    worker = state.workers[e.worker_sid]
    channel = worker.channels[task.task_channel_sid]
    state.reservations_made += 1
    state.reservations[e.reservation_sid] = Reservation(
        sid=e.reservation_sid,
        number=state.reservations_made,
        task_sid=task.sid,
        worker_sid=worker.sid,
        task_channel_sid=task.task_channel_sid,
        task_queue_sid=task.task_queue_sid,
        status=ReservationStatus.PENDING,
        expires_ms=e.expires_ms,
        previous_activity_sid=worker.activity_sid,
        known_worker=e.known_worker,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    task.reservations = (*task.reservations, e.reservation_sid)
    task.open_reservations += 1
    if task.status is TaskStatus.PENDING:
        task.status = TaskStatus.RESERVED
        task.assignment_count += 1
        changed(task, now_ms)
    worker.reservations[e.reservation_sid] = None
    worker.version += 1
    worker.last_offer_ms = channel.last_offer_ms = now_ms
    channel.used += 1
    if task.live_reservations:
        transfer = state.transfers_of[task.sid][-1]
        transfer.reservations = (*transfer.reservations, e.reservation_sid)


@applies(ReservationAccepted)
def _(state: State, e: ReservationAccepted, now_ms: int) -> None:
    reservation = state.reservations[e.reservation_sid]
    if e.post_work_activity_sid is not None:
        reservation.post_work_activity_sid = state.activities[e.post_work_activity_sid].sid
    _stand(reservation, ReservationStatus.ACCEPTED, now_ms)
    task = state.tasks[reservation.task_sid]
    if task.live_reservations:
        hand_over(state, task, now_ms)
    else:
        state.unfollow(task)
        task.assigned_ms = now_ms
        task.step_deadline_ms = None
    task.status = TaskStatus.ASSIGNED
    task.open_reservations -= 1
    task.live_reservations += 1
    changed(task, now_ms)
    state.workers[reservation.worker_sid].channels[reservation.task_channel_sid].assigned += 1


@applies(ReservationRejected)
def _(state: State, e: ReservationRejected, now_ms: int) -> None:
    _close_unaccepted(state, e.reservation_sid, ReservationStatus.REJECTED, now_ms)


@applies(ReservationTimeout)
def _(state: State, e: ReservationTimeout, now_ms: int) -> None:
    _close_unaccepted(state, e.reservation_sid, ReservationStatus.TIMEOUT, now_ms)


@applies(ReservationCanceled)
def _(state: State, e: ReservationCanceled, now_ms: int) -> None:
    _close_unaccepted(state, e.reservation_sid, ReservationStatus.CANCELED, now_ms)


@applies(ReservationRescinded)
def _(state: State, e: ReservationRescinded, now_ms: int) -> None:
    _close_unaccepted(state, e.reservation_sid, ReservationStatus.RESCINDED, now_ms)


@applies(ReservationWrapup)
def _(state: State, e: ReservationWrapup, now_ms: int) -> None:
    reservation = state.reservations[e.reservation_sid]
    _stand(reservation, ReservationStatus.WRAPPING, now_ms)
    state.workers[reservation.worker_sid].channels[reservation.task_channel_sid].assigned -= 1


@applies(ReservationCompleted)
def _(state: State, e: ReservationCompleted, now_ms: int) -> None:
    reservation = state.reservations[e.reservation_sid]
    worker = state.workers[reservation.worker_sid]
    channel = worker.channels[reservation.task_channel_sid]
    if reservation.status is ReservationStatus.ACCEPTED:
        channel.assigned -= 1
    channel.used -= 1
    del worker.reservations[e.reservation_sid]
    _stand(reservation, ReservationStatus.COMPLETED, now_ms)
    task = state.tasks[reservation.task_sid]
    task.live_reservations -= 1
    if task.status is TaskStatus.COMPLETED or task.status is TaskStatus.CANCELED:
        state.shrink_if_over(task)


@applies(ReservationInstructed)
def _(state: State, e: ReservationInstructed, now_ms: int) -> None:
    # What took the task has raised the version already: an update raises it once.
    if not e.accepts:
        reservation = state.reservations[e.reservation_sid]
        _stand(reservation, reservation.status, now_ms)


@applies(ReservationCallbackDone)
def _(state: State, e: ReservationCallbackDone, now_ms: int) -> None:
    # Callers are not shown it: the version that they have read stays good.
    state.reservations[e.reservation_sid].callback_done = True


def _stand(reservation: Reservation, status: ReservationStatus, now_ms: int) -> None:
    reservation.status = status
    reservation.version += 1
    reservation.updated_ms = now_ms


def _close_unaccepted(
    state: State, sid: ReservationSid, status: ReservationStatus, now_ms: int
) -> None:
    """End a pending reservation; the task waits again when it was the last one open."""
    reservation = state.reservations[sid]
    _stand(reservation, status, now_ms)
    worker = state.workers[reservation.worker_sid]
    worker.channels[reservation.task_channel_sid].used -= 1
    del worker.reservations[sid]
    task = state.tasks[reservation.task_sid]
    task.open_reservations -= 1
    if task.status is TaskStatus.RESERVED and task.open_reservations == 0:
        task.status = TaskStatus.PENDING
        changed(task, now_ms)
    elif task.status is TaskStatus.CANCELED:
        state.shrink_if_over(task)
