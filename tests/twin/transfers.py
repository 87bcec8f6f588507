"""A task on its way from one who has it to another."""

import json

from msgspec import UNSET

from taskyard.core import commands as ask

from .bounds import bad_attributes, bad_whole
from .endings import complete_reservation, end_offer, turn_back
from .refused import Doubts, find
from .things import Reservation, Task, Transfer
from .world import World

REASONS = {
    "rejected": "Transfer attempt failed on reservation reject because there are no more pending"
    " reservations",
    "timeout": "Transfer failed because the reservation timed out",
    "canceled": "Transfer failed because the reservation was canceled",
    "rescinded": "Transfer failed because the worker was deleted",
    "too often": "Transfer failed because the max assignment count was exceeded",
}


def initiate(world: World, command: ask.InitiateTransfer) -> None:
    reservation = find(world.reservations, command.reservation_sid)
    if command.worker_sid not in (None, reservation.worker_sid):
        find({}, reservation.sid)
    task = world.tasks[reservation.task_sid]
    doubts = Doubts()
    doubts.invalid(command.task_sid not in (None, task.sid))
    doubts.invalid(command.to not in {**world.workers, **world.task_queues})
    doubts.invalid(command.to in world.holders(task))
    doubts.invalid(command.mode not in ("WARM", "COLD"))
    doubts.invalid(bad_attributes(world, command.attributes))
    doubts.invalid(bad_whole(command.priority, 0, world.limits.priority))
    doubts.conflict(reservation.status != "accepted")
    doubts.conflict(task.transfer is not None)
    doubts.settle()
    changed = False
    if command.attributes is not UNSET:
        attributes = json.loads(command.attributes)
        changed = json.dumps(attributes) != json.dumps(task.attributes)
        task.attributes = attributes
    if command.priority not in (UNSET, task.priority):
        task.priority = command.priority
        changed = True
    task.version += changed
    transfer = Transfer(
        sid=world.mint("TT"),
        task_sid=task.sid,
        mode=command.mode,
        to=command.to,
        reservation_sid=reservation.sid,
        worker_sid=reservation.worker_sid,
        queue_before=task.task_queue_sid,
    )
    world.transfers[transfer.sid] = task.transfer = transfer
    if not transfer.for_one:
        task.task_queue_sid = transfer.to
    task.status = "pending"
    task.version += 1


def cancel(world: World, command: ask.CancelTransfer) -> None:
    transfer = find(world.transfers, command.transfer_sid)
    if command.worker_sid not in (None, transfer.worker_sid):
        find({}, transfer.sid)
    doubts = Doubts()
    doubts.invalid(command.task_sid not in (None, transfer.task_sid))
    doubts.conflict(transfer.status != "initiated")
    doubts.settle()
    task = world.tasks[transfer.task_sid]
    for offer in world.open_reservations(task):
        end_offer(offer, "canceled")
        turn_back(world, offer)
    end(world, task, "canceled")


def accepted(world: World, task: Task) -> None:
    """Somebody else has the task now."""
    transfer = task.transfer
    assert transfer
    transfer.status = "complete"
    task.transfer = None
    if transfer.mode == "COLD":
        complete_reservation(world, world.reservations[transfer.reservation_sid])


def offer_ended(world: World, reservation: Reservation) -> None:
    """An offer of a transfer came to nothing."""
    task = world.tasks[reservation.task_sid]
    assert task.transfer
    left = bool(world.open_reservations(task))
    if task.transfer.for_one:
        fail(world, task, REASONS[reservation.status])
    elif not left and task.assignment_count >= world.limits.assignment_count:
        fail(world, task, REASONS["too often"])
    elif not left:
        task.status = "pending"
        task.version += 1


def fail(world: World, task: Task, reason: str) -> None:
    assert task.transfer
    task.transfer.failed_reason = reason
    end(world, task, "failed")
    task.version += 1  # and everybody is told once more


def end(world: World, task: Task, status: str) -> None:
    """Whoever had it has it still."""
    assert task.transfer
    task.task_queue_sid = task.transfer.queue_before
    task.transfer.status = status
    task.transfer = None
    task.status = "assigned"
    task.version += 1
