"""The offer of a task to a worker, and every way it can end.

Source: TaskRouter, effect of each transition on task, other reservations, activity and capacity.
"""

from collections.abc import Iterable

from taskyard.core import routing, transferring
from taskyard.core.commands import (
    AcceptReservation,
    CancelReservation,
    CompleteReservation,
    NoteCallbackDone,
    RejectReservation,
    WrapReservation,
)
from taskyard.core.errors import Conflict, Gone, Invalid, NotFound
from taskyard.core.events import (
    ReservationAccepted,
    ReservationCallbackDone,
    ReservationCanceled,
    ReservationCompleted,
    ReservationCreated,
    ReservationRejected,
    ReservationRescinded,
    ReservationTimeout,
    ReservationWrapup,
    TaskCompleted,
    TaskWrapup,
    TransferCompleted,
)
from taskyard.core.ids import ReservationSid, WorkerSid
from taskyard.core.lifecycles import RESERVATION, WITHDRAWN_RESERVATION
from taskyard.core.model import (
    Reservation,
    ReservationStatus,
    Task,
    TaskStatus,
    Transfer,
    TransferMode,
)
from taskyard.core.state import State

from . import activities, checks
from .turn import Turn

DEFAULT_TIMEOUT_S = 120
"""How long an offer stands for a task that no workflow routes."""


def offer(
    turn: Turn, task: Task, worker_sids: Iterable[WorkerSid], *, known_worker: bool = False
) -> None:
    """Offer a waiting task to these workers at once; the offers expire together."""
    state = turn.state
    queue = None if task.task_queue_sid is None else state.task_queues[task.task_queue_sid]
    workflow = None if task.workflow_sid is None else state.workflows.get(task.workflow_sid)
    timeout_s = DEFAULT_TIMEOUT_S if workflow is None else workflow.task_reservation_timeout_s
    expires_ms = turn.now_ms + timeout_s * 1000
    for worker_sid in worker_sids:
        sid = ReservationSid(turn.mint("WR"))
        queue_sid = task.task_queue_sid
        turn.emit(
            ReservationCreated(sid, task.sid, worker_sid, queue_sid, expires_ms, known_worker)
        )
        if queue is not None and not state.workspace.multi_task_enabled:
            activities.change(turn, worker_sid, queue.reservation_activity_sid)


def accept(turn: Turn, command: AcceptReservation) -> str:
    """Take the task; what else was offered of it is withdrawn."""
    state = turn.state
    reservation = _answer(turn, command, ReservationStatus.ACCEPTED)
    post_work = checks.optional_activity(
        state, "PostWorkActivitySid", command.post_work_activity_sid
    )
    task = state.tasks[reservation.task_sid]
    others = [one for one in routing.open_reservations(turn, task) if one is not reservation]
    transfer = state.running_transfer(task) if task.live_reservations else None
    turn.emit(ReservationAccepted(reservation.sid, post_work))
    for other in others:
        turn.emit(ReservationRescinded(other.sid))
    if transfer is not None:
        _hand_over(turn, transfer)
    if not state.workspace.multi_task_enabled:
        if task.task_queue_sid is not None:
            queue = state.task_queues[task.task_queue_sid]
            activities.change(turn, reservation.worker_sid, queue.assignment_activity_sid)
        for other in others:
            routing.give_activity_back(turn, other)
    return reservation.sid


def reject(turn: Turn, command: RejectReservation) -> str:
    """Decline the task; it is offered to whoever is next, this worker not excluded."""
    state = turn.state
    reservation = _answer(turn, command, ReservationStatus.REJECTED)
    activity_sid = checks.optional_activity(state, "WorkerActivitySid", command.worker_activity_sid)
    if activity_sid is not None:
        worker = state.workers[reservation.worker_sid]
        was_available = state.activities[worker.activity_sid].available
        activity = state.activities[activity_sid]
        activities.check_room_online(turn, activity, was_available=was_available)
    transferring.close_offer(turn, ReservationRejected(reservation.sid))
    if activity_sid is not None:
        activities.change(turn, reservation.worker_sid, activity_sid)
    else:
        routing.give_activity_back(turn, reservation)
    routing.came_back(turn, state.tasks[reservation.task_sid])
    return reservation.sid


def cancel(turn: Turn, command: CancelReservation) -> str:
    """End an offer about which nobody could be asked; its worker stays as they are."""
    reservation = _pending(
        turn, find(turn.state, command.reservation_sid), ReservationStatus.CANCELED
    )
    transferring.close_offer(turn, ReservationCanceled(reservation.sid))
    routing.give_activity_back(turn, reservation)
    routing.came_back(turn, turn.state.tasks[reservation.task_sid])
    return reservation.sid


def note_callback_done(turn: Turn, command: NoteCallbackDone) -> str:
    """Note that an offer needs no callback any more; one that is over needs none anyway."""
    reservation = find(turn.state, command.reservation_sid)
    if reservation.status is ReservationStatus.PENDING and not reservation.callback_done:
        turn.emit(ReservationCallbackDone(reservation.sid))
    return reservation.sid


def time_out(turn: Turn, reservation: Reservation) -> None:
    """End an offer that nobody answered; its worker takes no work until somebody sees to it."""
    state = turn.state
    transferring.close_offer(turn, ReservationTimeout(reservation.sid))
    activities.change(turn, reservation.worker_sid, state.workspace.timeout_activity_sid)
    routing.came_back(turn, state.tasks[reservation.task_sid])


def wrap(turn: Turn, command: WrapReservation) -> str:
    """Begin the after-work of accepted work, and with the last that is accepted of the task."""
    reservation = find(turn.state, command.reservation_sid)
    checks.version("reservation", reservation.sid, reservation.version, command.expected_version)
    _check_may_become(reservation, ReservationStatus.WRAPPING)
    _check_is_not_handed_on(turn.state, reservation, ReservationStatus.WRAPPING)
    check_wrapping_is_possible(turn.state)
    turn.emit(ReservationWrapup(reservation.sid))
    _wrap_with_the_last(turn, turn.state.tasks[reservation.task_sid])
    return reservation.sid


def complete(turn: Turn, command: CompleteReservation) -> str:
    """End accepted work, and with the last of its reservations the task."""
    state = turn.state
    reservation = find(state, command.reservation_sid)
    checks.version("reservation", reservation.sid, reservation.version, command.expected_version)
    _check_may_become(reservation, ReservationStatus.COMPLETED)
    if reservation.task_sid in state.transfers_of:
        _check_is_not_handed_on(state, reservation, ReservationStatus.COMPLETED)
    turn.emit(ReservationCompleted(reservation.sid))
    task = state.tasks[reservation.task_sid]
    if not task.live_reservations:
        turn.emit(TaskCompleted(task.sid, None))
    else:
        _wrap_with_the_last(turn, task)
    activities.change(turn, reservation.worker_sid, reservation.post_work_activity_sid)
    return reservation.sid


def end_live(turn: Turn, task: Task) -> None:
    """Complete what is accepted or wrapping of a task that ends."""
    ended = live_reservations(turn.state, task)
    for reservation in ended:
        turn.emit(ReservationCompleted(reservation.sid))
    for reservation in ended:
        activities.change(turn, reservation.worker_sid, reservation.post_work_activity_sid)


def _hand_over(turn: Turn, transfer: Transfer) -> None:
    """Say that a transfer has succeeded; with a cold one the part of who began it is over."""
    turn.emit(TransferCompleted(transfer.sid, transfer.task_sid))
    if transfer.mode is TransferMode.COLD:
        first = turn.state.reservations[transfer.initiating_reservation_sid]
        turn.emit(ReservationCompleted(first.sid))
        activities.change(turn, first.worker_sid, first.post_work_activity_sid)


def _wrap_with_the_last(turn: Turn, task: Task) -> None:
    """Let an assigned task be wrapping once nobody who has taken it is at work on it any more."""
    if task.status is TaskStatus.ASSIGNED and not any(
        one.status is ReservationStatus.ACCEPTED for one in live_reservations(turn.state, task)
    ):
        turn.emit(TaskWrapup(task.sid, None))


def live_reservations(state: State, task: Task) -> list[Reservation]:
    """The accepted and wrapping reservations of a task, oldest first."""
    live = (ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING)
    made = [state.reservations[sid] for sid in task.reservations]
    return [one for one in made if one.status in live]


def check_wrapping_is_possible(state: State) -> None:
    """See that workers do several tasks at a time.

    Raises:
        Invalid: They do one at a time; its tasks go straight to completed.
    """
    if not state.workspace.multi_task_enabled:
        raise Invalid(
            f"workspace {state.workspace.sid} has multi-tasking switched off:"
            " its tasks cannot be wrapping"
        )


def find(state: State, sid: str) -> Reservation:
    """The reservation of that SID.

    Raises:
        NotFound: There is none in this workspace.
    """
    reservation = state.reservations.get(ReservationSid(sid))
    if reservation is None:
        raise NotFound("reservation", sid)
    return reservation


def _answer(
    turn: Turn, command: AcceptReservation | RejectReservation, asked: ReservationStatus
) -> Reservation:
    """The pending reservation that a worker answers."""
    reservation = find(turn.state, command.reservation_sid)
    checks.version("reservation", reservation.sid, reservation.version, command.expected_version)
    return _pending(turn, reservation, asked)


def _pending(turn: Turn, reservation: Reservation, asked: ReservationStatus) -> Reservation:
    """The reservation, seen to be one that may still be taken to this status."""
    _check_may_become(reservation, asked)
    if reservation.expires_ms <= turn.now_ms:  # its timer is due, but not yet worked off
        raise Gone(f"reservation {reservation.sid} has timed out: it can no longer be {asked}")
    return reservation


def _check_is_not_handed_on(
    state: State, reservation: Reservation, asked: ReservationStatus
) -> None:
    """See that no transfer would be left without whoever began it."""
    transfer = state.outgoing_transfer(reservation)
    if transfer is not None:
        raise Conflict(
            f"reservation {reservation.sid} cannot be {asked}"
            f" while transfer {transfer.sid} is under way: cancel the transfer first"
        )


def _check_may_become(reservation: Reservation, asked: ReservationStatus) -> None:
    status = reservation.status
    if asked in RESERVATION[status]:
        return
    never = "cannot be" if RESERVATION[status] else "can no longer be"
    message = f"reservation {reservation.sid} is {status}: it {never} {asked}"
    raise Gone(message) if status in WITHDRAWN_RESERVATION else Conflict(message)
