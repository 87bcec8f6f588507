from taskyard.core import commands as ask

from .bounds import unknown
from .endings import complete_reservation, end_offer, turn_back, turn_to
from .refused import Doubts, find
from .returning import back_if_last
from .tasks import complete, wrap_if_nobody_works
from .things import Reservation
from .transfers import accepted, offer_ended
from .world import World

Answer = (
    ask.AcceptReservation | ask.RejectReservation | ask.WrapReservation | ask.CompleteReservation
)


def doubts_of(reservation: Reservation, command: Answer, *allowed_from: str) -> Doubts:
    doubts = Doubts()
    doubts.version(reservation.version, command.expected_version)
    if reservation.status in ("timeout", "canceled", "rescinded"):
        doubts.gone(True)
    else:
        doubts.conflict(reservation.status not in allowed_from)
    return doubts


def accept(world: World, command: ask.AcceptReservation) -> None:
    reservation = find(world.reservations, command.reservation_sid)
    doubts = doubts_of(reservation, command, "pending")
    doubts.invalid(unknown(command.post_work_activity_sid, world.activities))
    doubts.settle()
    reservation.status = "accepted"
    reservation.version += 1
    reservation.post_work_activity_sid = command.post_work_activity_sid
    task = world.tasks[reservation.task_sid]
    task.status = "assigned"
    if task.assigned_ms is None:
        task.assigned_ms = world.now_ms
    task.version += 1
    for other in world.open_reservations(task):
        end_offer(other, "rescinded")
        turn_back(world, other)
    queue = world.task_queues.get(reservation.task_queue_sid or "")
    if queue is not None and not world.multi_tasking:
        turn_to(world, world.workers[reservation.worker_sid], queue.assignment_activity_sid)
    if task.transfer is not None:
        accepted(world, task)


def reject(world: World, command: ask.RejectReservation) -> None:
    reservation = find(world.reservations, command.reservation_sid)
    doubts = doubts_of(reservation, command, "pending")
    doubts.invalid(unknown(command.worker_activity_sid, world.activities))
    doubts.settle()
    end_offer(reservation, "rejected")
    if command.worker_activity_sid is not None:
        turn_to(world, world.workers[reservation.worker_sid], command.worker_activity_sid)
    else:
        turn_back(world, reservation)
    after_the_offer(world, reservation)


def withdraw(world: World, command: ask.CancelReservation) -> None:
    reservation = find(world.reservations, command.reservation_sid)
    doubts = Doubts()
    if reservation.status in ("timeout", "canceled", "rescinded"):
        doubts.gone(True)
    else:
        doubts.conflict(reservation.status != "pending")
    doubts.settle()
    end_offer(reservation, "canceled")
    turn_back(world, reservation)
    after_the_offer(world, reservation)


def note(world: World, command: ask.NoteCallbackDone) -> None:
    """Nobody who answers, waits or routes can tell the difference."""
    find(world.reservations, command.reservation_sid)


def after_the_offer(world: World, reservation: Reservation) -> None:
    """An offer ended, and its worker has turned to what they do now."""
    task = world.tasks[reservation.task_sid]
    if task.transfer is not None:
        offer_ended(world, reservation)
    else:
        back_if_last(world, task)


def instruct(world: World, command: ask.InstructReservation) -> None:
    """Redirects alone are told: what others need besides is no matter of time or matching."""
    assert command.instruction == "redirect"
    reservation = find(world.reservations, command.reservation_sid)
    doubts = Doubts()
    doubts.version(reservation.version, command.expected_version)
    doubts.instruction(reservation.status != "pending")
    doubts.instruction(reservation.transfer_sid is not None)
    doubts.instruction(not {"call_sid", "url"} <= command.fields.keys())
    doubts.settle()
    if command.fields["accept"]:
        accept(world, ask.AcceptReservation(reservation_sid=command.reservation_sid))
    else:
        reservation.version += 1


def begin_wrapping(world: World, command: ask.WrapReservation) -> None:
    reservation = find(world.reservations, command.reservation_sid)
    doubts = doubts_of(reservation, command, "accepted")
    doubts.not_allowed(not world.multi_tasking)
    doubts.conflict(is_handing_on(world, reservation))
    doubts.settle()
    end_offer(reservation, "wrapping")
    wrap_if_nobody_works(world, world.tasks[reservation.task_sid])


def is_handing_on(world: World, reservation: Reservation) -> bool:
    transfer = world.tasks[reservation.task_sid].transfer
    return transfer is not None and transfer.reservation_sid == reservation.sid


def finish(world: World, command: ask.CompleteReservation) -> None:
    reservation = find(world.reservations, command.reservation_sid)
    doubts = doubts_of(reservation, command, "accepted", "wrapping")
    doubts.conflict(is_handing_on(world, reservation))
    doubts.settle()
    task = world.tasks[reservation.task_sid]
    if len(world.holders(task)) == 1:
        complete(world, task, task.reason)
    else:
        complete_reservation(world, reservation)
        wrap_if_nobody_works(world, task)
