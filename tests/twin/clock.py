"""What is due, in order, and when the next thing is."""

from .endings import cancel_task, end_offer, forget_task, turn_to
from .matching import settle
from .reservations import after_the_offer
from .routing import leave_if_over, step_of_task
from .tasks import remove
from .things import Reservation, Task
from .world import World

SECOND_MS = 1000
MINUTE_MS = 60_000
FORGETTING = 4
TTL = "Task TTL Exceeded"


def timers(world: World) -> list[tuple[int, int, int, Task | Reservation]]:
    """(instant, kind, number, what): all that will ever ring as things stand, in order."""
    limits = world.limits
    found: list[tuple[int, int, int, Task | Reservation]] = []
    for number, reservation in enumerate(world.reservations.values()):
        if reservation.status == "pending":
            found.append((reservation.expires_ms, 0, number, reservation))
    for task in world.tasks.values():
        if task.status in ("pending", "reserved") and task.transfer is None:
            found.append((task.created_ms + task.timeout_s * 1000, 1, task.number, task))
        if task.assigned_ms is not None and task.ended_ms is None:
            found.append((task.assigned_ms + limits.task_assigned_s * 1000, 2, task.number, task))
        waits = task.status == "pending" and task.transfer is None
        if waits and task.step_deadline_ms is not None:
            found.append((task.step_deadline_ms, 3, task.number, task))
        if task.ended_ms is not None:
            ends_ms = task.ended_ms + limits.task_finished_s * SECOND_MS
            full_second_ms = -(-ends_ms // SECOND_MS) * SECOND_MS
            found.append((full_second_ms, FORGETTING, task.number, task))
    return sorted(found, key=lambda one: one[:3])


def ring(world: World) -> None:
    """All that is due, one after the other; an earlier one may silence a later one."""
    while True:
        due = [one for one in timers(world) if one[0] <= world.now_ms]
        if not due:
            break
        _, kind, _, what = due[0]
        if isinstance(what, Reservation):
            expire(world, what)
        elif kind == 1:
            cancel_task(world, what, TTL)
        elif kind == 2:
            remove(world, what)
        elif kind == 3:
            leave_if_over(world, what)
        else:
            forget_task(world, what)
    settle(world)


def expire(world: World, reservation: Reservation) -> None:
    assert world.workspace
    end_offer(reservation, "timeout")
    worker = world.workers[reservation.worker_sid]
    turn_to(world, worker, world.workspace.timeout_activity_sid)
    after_the_offer(world, reservation)


def next_alarm_ms(world: World) -> int | None:
    """When something is due."""
    return min((at_ms for at_ms, _, _, _ in timers(world)), default=None)


def next_minute_ms(world: World) -> int | None:
    """When to match again because the time of day has changed, if that may matter to a task."""
    if any(watches_the_clock(task) for task in world.tasks.values()):
        return (world.now_ms // MINUTE_MS + 1) * MINUTE_MS
    return None


def watches_the_clock(task: Task) -> bool:
    if task.status != "pending" or task.transfer is not None:
        return False
    step = step_of_task(task)
    return step is not None and step.expression is not None and "taskrouter" in step.expression
