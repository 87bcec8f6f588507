"""Transfers, and where they leave their task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskyard.core.events import (
    TransferAttemptFailed,
    TransferCanceled,
    TransferCompleted,
    TransferFailed,
    TransferInitiated,
)
from taskyard.core.ids import TaskQueueSid
from taskyard.core.model import Task, TaskStatus, Transfer, TransferStatus, TransferType

from .table import applies
from .tasks import changed

if TYPE_CHECKING:
    from taskyard.core.state import State


@applies(TransferInitiated)
def _(state: State, e: TransferInitiated, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    reservation = state.reservations[e.reservation_sid]
    transfer = Transfer(
        sid=e.transfer_sid,
        task_sid=task.sid,
        mode=e.mode,
        to=e.to,
        initiating_reservation_sid=reservation.sid,
        initiating_worker_sid=reservation.worker_sid,
        initiating_task_queue_sid=task.task_queue_sid,
        initiating_task_queue_entered_ms=task.task_queue_entered_ms,
        initiating_workflow_sid=task.workflow_sid,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    state.transfers[transfer.sid] = transfer
    state.transfers_of.setdefault(task.sid, []).append(transfer)
    if transfer.type is TransferType.QUEUE:
        # It counts in both task queues, so that it can go back to where it came from.
        to = state.task_queues[TaskQueueSid(e.to)].sid
        if task.task_queue_sid != to:
            state.unfinished_in_queue[to] += 1
            task.task_queue_sid = to
        task.task_queue_entered_ms = now_ms
    task.status = TaskStatus.PENDING
    changed(task, now_ms)


@applies(TransferFailed)
def _(state: State, e: TransferFailed, now_ms: int) -> None:
    state.transfers[e.transfer_sid].failed_reason = e.reason
    _take_back(state, state.transfers[e.transfer_sid], TransferStatus.FAILED, now_ms)


@applies(TransferCanceled)
def _(state: State, e: TransferCanceled, now_ms: int) -> None:
    _take_back(state, state.transfers[e.transfer_sid], TransferStatus.CANCELED, now_ms)


@applies(TransferAttemptFailed)
@applies(TransferCompleted)
def _(state: State, e: TransferAttemptFailed | TransferCompleted, now_ms: int) -> None:
    """These tell of what the event of the reservation before them changes."""


def hand_over(state: State, task: Task, now_ms: int) -> None:
    """End the running transfer of a task: somebody else has accepted it."""
    transfer = state.transfers_of[task.sid][-1]
    _end(transfer, TransferStatus.COMPLETE, now_ms)
    _let_go_of_first_queue(state, task, transfer)


def _take_back(state: State, transfer: Transfer, status: TransferStatus, now_ms: int) -> None:
    """End a transfer that came to nothing: the task, unless it is over, is where it was before."""
    _end(transfer, status, now_ms)
    task = state.tasks[transfer.task_sid]
    if task.ended:
        _let_go_of_first_queue(state, task, transfer)
        return
    before = transfer.initiating_task_queue_sid
    if task.task_queue_sid is not None and task.task_queue_sid != before:
        state.unfinished_in_queue[task.task_queue_sid] -= 1
    task.task_queue_sid = state.own_task_queue_sid(before)
    task.task_queue_entered_ms = transfer.initiating_task_queue_entered_ms
    task.status = TaskStatus.ASSIGNED
    changed(task, now_ms)


def _let_go_of_first_queue(state: State, task: Task, transfer: Transfer) -> None:
    before = transfer.initiating_task_queue_sid
    if before is not None and before != task.task_queue_sid:
        state.unfinished_in_queue[before] -= 1


def _end(transfer: Transfer, status: TransferStatus, now_ms: int) -> None:
    transfer.status = status
    transfer.updated_ms = now_ms
