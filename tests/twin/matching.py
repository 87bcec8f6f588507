"""Every waiting task in task order against every worker, until nothing moves."""

from typing import Any

from .document import Step
from .endings import turn_to
from .expressions import Path, dig, evaluate, is_number, order_clauses, reference
from .names import in_target_expression, members, worker_value
from .routing import is_to_be_skipped, leave, step_of_task
from .things import Reservation, Task, Transfer, Worker
from .world import World

DEFAULT_RESERVATION_TIMEOUT_S = 120


def settle(world: World) -> None:
    while True:
        match(world)
        to_look_at = [task for task in waiting(world) if task.sid in world.fresh]
        world.fresh.clear()
        skipped = [task for task in to_look_at if is_to_be_skipped(world, task)]
        if not skipped:
            return
        for task in skipped:
            leave(world, task, by_skip=True)


def match(world: World) -> None:
    while True:
        pair = first_match(world)
        if pair is None:
            return
        task, people = pair
        reserve(world, task, people)


def first_match(world: World) -> tuple[Task, list[Worker]] | None:
    for task in waiting(world):
        people = candidates(world, task)
        if people:
            return task, people
    return None


# --- tasks ---


def waiting(world: World) -> list[Task]:
    """All that wait, first come first."""
    pending = [task for task in world.tasks.values() if task.status == "pending"]
    return sorted(pending, key=lambda task: task_key(world, task))


def task_key(world: World, task: Task) -> tuple[int, ...]:
    assert world.workspace
    queue = world.queue_of(task)
    for_one = task.transfer.for_one if task.transfer else task.worker_routed
    order = "FIFO" if queue is None or for_one else queue.task_order
    later = 0 if order == world.workspace.prioritize_queue_order else 1
    if order == "FIFO":
        return (later, -task.priority, task.virtual_start_ms, task.number)
    return (later, -task.virtual_start_ms, -task.number)


# --- workers ---


def candidates(world: World, task: Task) -> list[Worker]:
    """All that could be offered the task now, best first."""
    if task.transfer is not None:
        return candidates_of_transfer(world, task, task.transfer)
    if task.worker_routed:
        worker = world.workers[task.routing_target or ""]
        return [worker] if task.ignore_capacity or is_free(world, worker, task) else []
    queue = world.queue_of(task)
    assert queue
    step = step_of_task(task)
    people = [
        worker
        for worker in members(world, queue)
        if is_free(world, worker, task) and (step is None or suits(world, task, worker, step))
    ]
    return in_order(world, task, people, step.order_by if step else None)


def candidates_of_transfer(world: World, task: Task, transfer: Transfer) -> list[Worker]:
    if transfer.for_one:
        asked = [world.workers[transfer.to]]
    else:
        holders = world.holders(task)
        asked = members(world, world.task_queues[transfer.to])
        asked = [worker for worker in asked if worker.sid not in holders]
    return in_order(world, task, [one for one in asked if is_free(world, one, task)], None)


def is_free(world: World, worker: Worker, task: Task) -> bool:
    if not world.activity_of(worker).available:
        return False
    if not world.multi_tasking:
        return not world.live_reservations(worker)
    channel = worker.channels[task.task_channel_sid]
    return channel.available and world.used(worker, task.task_channel_sid) < channel.capacity


def suits(world: World, task: Task, worker: Worker, step: Step) -> bool:
    if step.known_worker_sid is not None:
        if worker.sid != known_text(task, step.known_worker_sid):
            return False
    elif step.known_worker_friendly_name is not None:
        name = known_text(task, step.known_worker_friendly_name)
        if not isinstance(name, str) or worker.friendly_name.lower() != name.lower():
            return False
    return step.expression is None or evaluate(
        step.expression, lambda path: in_target_expression(world, task, worker, path)
    )


def known_text(task: Task, text: str) -> Any:
    """What a known-worker key names: a literal SID, or what the task's attributes say."""
    if len(text) == 34 and text.startswith("WK"):
        return text
    path = reference(text)
    if path[0] == "task" and len(path) > 1:
        path = path[1:]
    return dig(task.attributes, path)


def in_order(world: World, task: Task, people: list[Worker], order_by: str | None) -> list[Worker]:
    by_channel = world.task_channels[task.task_channel_sid].channel_optimized_routing

    def idle_key(worker: Worker) -> tuple[int, int, int]:
        channel = worker.channels[task.task_channel_sid]
        last_offer_ms = channel.last_offer_ms if by_channel else worker.last_offer_ms
        return last_offer_ms, worker.status_changed_ms, worker.number

    # sorting is stable: the least important key first
    people = sorted(people, key=idle_key)
    for path, descending in reversed(order_clauses(order_by) if order_by else []):
        people = by_clause(world, people, path, descending=descending)
    return people


def by_clause(world: World, people: list[Worker], path: Path, *, descending: bool) -> list[Worker]:
    if path[0] == "worker" and len(path) > 1:
        path = path[1:]
    values = {worker.sid: worker_value(world, worker, path) for worker in people}
    if any(value is not None and not is_number(value) for value in values.values()):
        return people
    have = [worker for worker in people if values[worker.sid] is not None]
    lack = [worker for worker in people if values[worker.sid] is None]
    have = sorted(
        have, key=lambda worker: -values[worker.sid] if descending else values[worker.sid]
    )
    return have + lack


# --- offers ---


def reserve(world: World, task: Task, people: list[Worker]) -> None:
    queue = world.queue_of(task)
    for_one = task.transfer.for_one if task.transfer else task.worker_routed
    at_most = 1 if for_one or queue is None else queue.max_reserved_workers
    workflow = world.workflows.get(task.workflow_sid or "")
    timeout_s = workflow.task_reservation_timeout_s if workflow else DEFAULT_RESERVATION_TIMEOUT_S
    for worker in people[:at_most]:
        reservation = Reservation(
            sid=world.mint("WR"),
            task_sid=task.sid,
            worker_sid=worker.sid,
            task_channel_sid=task.task_channel_sid,
            task_queue_sid=task.task_queue_sid,
            expires_ms=world.now_ms + timeout_s * 1000,
            previous_activity_sid=worker.activity_sid,
            transfer_sid=task.transfer.sid if task.transfer else None,
        )
        world.reservations[reservation.sid] = reservation
        worker.version += 1
        worker.last_offer_ms = world.now_ms
        worker.channels[task.task_channel_sid].last_offer_ms = world.now_ms
        if queue is not None and not world.multi_tasking:
            turn_to(world, worker, queue.reservation_activity_sid)
    task.status = "reserved"
    task.assignment_count += 1
    task.version += 1
    world.fresh.discard(task.sid)
