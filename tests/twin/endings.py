"""How offers and tasks end, and what a worker does then."""

from .things import Reservation, Task, Worker
from .world import World


def turn_to(world: World, worker: Worker, activity_sid: str | None) -> None:
    """The worker does something else from now on, if it is something else and still exists."""
    if activity_sid in world.activities and worker.activity_sid != activity_sid:
        assert activity_sid is not None
        worker.activity_sid = activity_sid
        worker.status_changed_ms = world.now_ms
        worker.version += 1


def turn_back(world: World, reservation: Reservation) -> None:
    """In single-tasking the end of an offer takes the worker back to what they did before."""
    if not world.multi_tasking:
        worker = world.workers[reservation.worker_sid]
        turn_to(world, worker, reservation.previous_activity_sid)


def end_offer(reservation: Reservation, status: str) -> None:
    reservation.status = status
    reservation.version += 1


def complete_reservation(world: World, reservation: Reservation) -> None:
    reservation.status = "completed"
    reservation.version += 1
    if reservation.post_work_activity_sid is not None:
        worker = world.workers[reservation.worker_sid]
        turn_to(world, worker, reservation.post_work_activity_sid)


def cancel_task(world: World, task: Task, reason: str | None) -> None:
    if task.worker_routed and task.assignment_count == 0:
        world.mint("WR")  # the reservation.failed event bears a SID of its own
    if task.transfer is not None:
        task.transfer.status = "failed"
        task.transfer.failed_reason = "Transfer failed because the task was canceled"
        task.transfer = None
    task.status = "canceled"
    task.reason = reason
    task.ended_ms = world.now_ms
    task.version += 1
    world.fresh.discard(task.sid)
    for reservation in world.open_reservations(task):
        end_offer(reservation, "canceled")
        turn_back(world, reservation)
    for reservation in world.reservations_of_task(task):
        if reservation.taken:
            complete_reservation(world, reservation)


def forget_task(world: World, task: Task) -> None:
    for reservation in world.reservations_of_task(task):
        del world.reservations[reservation.sid]
    for sid in [sid for sid, one in world.transfers.items() if one.task_sid == task.sid]:
        del world.transfers[sid]
    del world.tasks[task.sid]
    world.fresh.discard(task.sid)
