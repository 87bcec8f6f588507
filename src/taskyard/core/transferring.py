"""What becomes of a transfer whose offers, or whose task, come to an end.

Source: TaskRouter, transfers of a task as its JavaScript SDK knows them.
"""

from .events import (
    ReservationCanceled,
    ReservationRejected,
    ReservationRescinded,
    ReservationTimeout,
    TaskUpdated,
    TransferAttemptFailed,
    TransferFailed,
)
from .ids import WorkerSid
from .model import Task, Transfer, TransferType
from .rules.turn import Turn

REJECTED = (
    "Transfer attempt failed on reservation reject because there are no more pending reservations"
)
TIMED_OUT = "Transfer failed because the reservation timed out"
NOBODY_ASKED = "Transfer failed because the reservation was canceled"
WORKER_DELETED = "Transfer failed because the worker was deleted"
TASK_CANCELED = "Transfer failed because the task was canceled"
TASK_DELETED = "Transfer failed because the task was deleted"
RESERVED_TOO_OFTEN = "Transfer failed because the max assignment count was exceeded"

_Closing = ReservationRejected | ReservationTimeout | ReservationCanceled | ReservationRescinded
_REASONS: dict[type[_Closing], str] = {
    ReservationRejected: REJECTED,
    ReservationTimeout: TIMED_OUT,
    ReservationCanceled: NOBODY_ASKED,
    ReservationRescinded: WORKER_DELETED,
}


def close_offer(turn: Turn, closing: _Closing) -> None:
    """Let an offer end without acceptance, whatever it was for.

    A transfer to one worker fails with it; to a task queue when the task was reserved too often by
    then; any other goes on. Who hears of the end of the offer is to see that the transfer has
    failed: so this comes first.
    """
    reservation = turn.state.reservations[closing.reservation_sid]
    task = turn.state.tasks[reservation.task_sid]
    transfer = turn.state.running_transfer(task)
    if transfer is None:
        turn.emit(closing)
        return
    if transfer.type is TransferType.WORKER:
        fail(turn, transfer, _REASONS[type(closing)])
    elif task.open_reservations == 1 and task.assignment_count >= turn.limits.assignment_count:
        fail(turn, transfer, RESERVED_TOO_OFTEN)
    turn.emit(closing)
    if transfer.running:
        turn.emit(TransferAttemptFailed(transfer.sid, task.sid, reservation.sid))
    else:
        _tell_of_return(turn, task)


def end_with_task(turn: Turn, task: Task) -> None:
    """Let the transfer fail that is under way, if one is, of a task that is about to be removed."""
    transfer = turn.state.running_transfer(task)
    if transfer is not None:
        fail(turn, transfer, TASK_DELETED)


def end_with_worker(turn: Turn, worker_sid: WorkerSid) -> None:
    """Let the transfers fail that wait for a worker who is no more."""
    state = turn.state
    waiting = [one for one in state.transfers.values() if one.running and one.to == worker_sid]
    for transfer in waiting:
        fail(turn, transfer, WORKER_DELETED)
        _tell_of_return(turn, state.tasks[transfer.task_sid])


def fail(turn: Turn, transfer: Transfer, reason: str) -> None:
    """Let a transfer come to nothing."""
    turn.emit(TransferFailed(transfer.sid, transfer.task_sid, reason))


def _tell_of_return(turn: Turn, task: Task) -> None:
    """Say that a task is assigned again: clients look at it anew when it was updated."""
    turn.emit(
        TaskUpdated(task.sid, None, task.priority, task.task_channel_sid, task.virtual_start_ms)
    )
