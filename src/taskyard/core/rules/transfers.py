"""The handing on of an accepted task to another worker.

Source: TaskRouter, transfers of a task as its JavaScript SDK knows them. Choice: attributes and
priority that come with a transfer are the task's from then on, however the transfer ends.
"""

from msgspec import UNSET

from taskyard.core import routing
from taskyard.core.commands import CancelTransfer, InitiateTransfer
from taskyard.core.errors import Conflict, Invalid, NotFound
from taskyard.core.events import (
    TaskUpdated,
    TransferCanceled,
    TransferInitiated,
)
from taskyard.core.ids import TaskQueueSid, TransferSid, WorkerSid
from taskyard.core.model import Reservation, ReservationStatus, Task, TransferMode
from taskyard.core.state import State

from . import checks, reservations
from .turn import Turn


def initiate(turn: Turn, command: InitiateTransfer) -> str:
    """Hand a task on; whoever has it keeps it until somebody else has accepted."""
    state, limits = turn.state, turn.limits
    reservation = _find_reservation(state, command)
    task = state.tasks[reservation.task_sid]
    mode = checks.choice("Mode", command.mode, TransferMode)
    attributes = None
    if command.attributes is not UNSET:
        attributes = checks.attributes(command.attributes, limits)
    priority = checks.kept(command.priority, task.priority)
    checks.whole_number("Priority", priority, 0, limits.priority)
    _check_target(state, task, command.to)
    if reservation.status is not ReservationStatus.ACCEPTED:
        raise Conflict(
            f"reservation {reservation.sid} is {reservation.status}:"
            " a task can be transferred while its reservation is accepted only"
        )
    running = state.running_transfer(task)
    if running is not None:
        raise Conflict(f"task {task.sid} is being transferred already, by transfer {running.sid}")
    if (attributes or task.attributes, priority) != (task.attributes, task.priority):
        kind_sid, started_ms = task.task_channel_sid, task.virtual_start_ms
        turn.emit(TaskUpdated(task.sid, attributes, priority, kind_sid, started_ms))
    sid = TransferSid(turn.mint("TT"))
    turn.emit(TransferInitiated(sid, task.sid, reservation.sid, mode, command.to))
    return sid


def cancel(turn: Turn, command: CancelTransfer) -> str:
    """Keep the task; what was offered of it is taken back."""
    state = turn.state
    transfer = state.transfers.get(TransferSid(command.transfer_sid))
    if transfer is None or (
        command.worker_sid is not None and command.worker_sid != transfer.initiating_worker_sid
    ):
        raise NotFound("transfer", command.transfer_sid)
    if command.task_sid is not None and command.task_sid != transfer.task_sid:
        raise Invalid(_not_its_task(command.task_sid, f"transfer {transfer.sid}"))
    if not transfer.running:
        # Clients compare this sentence, blanks included.
        raise Conflict(
            f"Transfer {transfer.sid} is already {transfer.status} . Cannot cancel transfer."
        )
    task = state.tasks[transfer.task_sid]
    turn.emit(TransferCanceled(transfer.sid, task.sid))
    routing.cancel_open(turn, task)
    return transfer.sid


def _find_reservation(state: State, command: InitiateTransfer) -> Reservation:
    reservation = reservations.find(state, command.reservation_sid)
    if command.worker_sid is not None and command.worker_sid != reservation.worker_sid:
        raise NotFound("reservation", command.reservation_sid)
    if command.task_sid is not None and command.task_sid != reservation.task_sid:
        raise Invalid(_not_its_task(command.task_sid, f"reservation {reservation.sid}"))
    return reservation


def _not_its_task(task_sid: str, whose: str) -> str:
    return f"TaskSid {task_sid[:60]!r} is not the task of {whose}"


def _check_target(state: State, task: Task, to: str) -> None:
    """See that a task can be handed on to that worker or task queue.

    Raises:
        Invalid: There is none of that SID, or the worker has the task already.
    """
    if TaskQueueSid(to) in state.task_queues:
        return
    if WorkerSid(to) not in state.workers:
        raise Invalid(
            f"To must be the SID of a worker or task queue of this workspace, not {to[:60]!r}"
        )
    for held in reservations.live_reservations(state, task):
        if held.worker_sid == to:
            raise Invalid(f"To must be somebody else: worker {to} has task {task.sid} already")
