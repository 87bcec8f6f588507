import json

from msgspec import UNSET

from taskyard.core import commands as ask

from .bounds import bad_attributes, bad_whole, unknown
from .endings import cancel_task, complete_reservation, end_offer, forget_task, turn_back
from .refused import Doubts, find
from .routing import enter
from .things import Task
from .world import World

LONG_AGO_MS = -2_208_988_800_000  # 1900-01-01


def bad_virtual_start(world: World, at_ms: object) -> bool:
    return isinstance(at_ms, int) and not LONG_AGO_MS <= at_ms <= world.now_ms


def create(world: World, command: ask.CreateTask) -> None:
    limits = world.limits
    target = command.routing_target
    kind = target[:2] if target else None
    workflow_sid = command.workflow_sid
    if target is None and workflow_sid is None and len(world.workflows) == 1:
        workflow_sid = next(iter(world.workflows))
    doubts = Doubts()
    doubts.invalid(bad_attributes(world, command.attributes))
    doubts.invalid(target is None and workflow_sid is None)
    doubts.invalid(unknown(workflow_sid, world.workflows))
    doubts.invalid(
        target is not None
        and target not in {**world.workers, **world.task_queues, **world.workflows}
    )
    doubts.invalid(bad_whole(command.priority, 0, limits.priority))
    doubts.invalid(bad_whole(command.timeout_s, 1, limits.task_timeout_s))
    doubts.invalid(world.task_channel(command.task_channel) is None)
    doubts.invalid(bad_virtual_start(world, command.virtual_start_ms))
    doubts.invalid(unknown(command.task_queue_sid, world.task_queues))
    doubts.too_many(len(world.tasks) >= limits.tasks)
    doubts.settle()
    world.tasks_ever += 1
    start_ms = command.virtual_start_ms
    task = Task(
        sid=world.mint("WT"),
        number=world.tasks_ever,
        attributes=json.loads(command.attributes),
        priority=command.priority or 0,
        timeout_s=command.timeout_s,
        task_channel_sid=world.task_channel(command.task_channel) or "",
        virtual_start_ms=world.now_ms if start_ms is None else start_ms,
        created_ms=world.now_ms,
        workflow_sid=target if kind == "WW" else workflow_sid,
        routing_target=target,
    )
    world.tasks[task.sid] = task
    if kind == "WK":
        task.ignore_capacity = command.ignore_capacity is not False
        task.task_queue_sid = command.task_queue_sid
    elif kind == "WQ":
        task.task_queue_sid = target
    else:
        enter(world, task, world.workflows[task.workflow_sid or ""])


def update(world: World, command: ask.UpdateTask) -> None:
    task = find(world.tasks, command.task_sid)
    asked = command.assignment_status
    channel = (
        UNSET if command.task_channel is UNSET else world.task_channel(str(command.task_channel))
    )
    doubts = Doubts()
    doubts.version(task.version, command.expected_version)
    doubts.invalid(bad_attributes(world, command.attributes))
    doubts.invalid(bad_whole(command.priority, 0, world.limits.priority))
    doubts.invalid(bad_virtual_start(world, command.virtual_start_ms))
    doubts.invalid(channel is None)
    moves = channel is not UNSET and channel != task.task_channel_sid
    waits = task.status == "pending" and task.transfer is None
    doubts.not_allowed(moves and not waits)
    if asked is not UNSET:
        doubts.not_allowed(asked not in ("canceled", "wrapping", "completed"))
        doubts.conflict(asked == "canceled" and task.status not in ("pending", "reserved"))
        doubts.conflict(asked == "wrapping" and task.status != "assigned")
        doubts.not_allowed(asked == "wrapping" and not world.multi_tasking)
        doubts.conflict(asked == "completed" and task.status not in ("assigned", "wrapping"))
    doubts.settle()
    before = task.version
    change(world, task, command, channel, again=asked is UNSET)
    if asked is UNSET:
        return
    reason = task.reason if command.reason is UNSET else command.reason
    if asked == "canceled":
        cancel_task(world, task, reason)
    elif asked == "wrapping":
        wrap(world, task, reason)
    else:
        complete(world, task, reason)
    task.version = before + 1  # whatever was changed: it was one update


def change(
    world: World, task: Task, command: ask.UpdateTask, channel: object, *, again: bool
) -> None:
    """Attributes, rank and kind; attributes of a waiting task take it in again from the top.

    They do so even if they are the same: who sends them wants it looked at again.
    """
    wanted = {
        "priority": command.priority,
        "virtual_start_ms": command.virtual_start_ms,
        "task_channel_sid": channel,
    }
    changed = False
    for name, value in wanted.items():
        if value is not UNSET and value != getattr(task, name):
            setattr(task, name, value)
            changed = True
    other_attributes = taken_in = False
    if command.attributes is not UNSET:
        attributes = json.loads(command.attributes)
        other_attributes = json.dumps(attributes) != json.dumps(task.attributes)
        task.attributes = attributes
        taken_in = again and task.status == "pending" and task.transfer is None
    task.version += changed or other_attributes or taken_in
    if taken_in and task.rules is not None:
        enter(world, task, world.workflows[task.workflow_sid or ""])


def wrap(world: World, task: Task, reason: str | None) -> None:
    for reservation in world.reservations_of_task(task):
        if reservation.status == "accepted":
            end_offer(reservation, "wrapping")
    task.status = "wrapping"
    task.reason = reason
    task.version += 1


def wrap_if_nobody_works(world: World, task: Task) -> None:
    """The task wraps up when all who have it do."""
    statuses = {r.status for r in world.reservations_of_task(task) if r.taken}
    if task.status == "assigned" and statuses == {"wrapping"}:
        task.status = "wrapping"
        task.version += 1


def complete(world: World, task: Task, reason: str | None) -> None:
    for reservation in world.reservations_of_task(task):
        if reservation.live:
            complete_reservation(world, reservation)
    task.status = "completed"
    task.reason = reason
    task.ended_ms = world.now_ms
    task.version += 1


def delete(world: World, command: ask.DeleteTask) -> None:
    task = find(world.tasks, command.task_sid)
    doubts = Doubts()
    doubts.version(task.version, command.expected_version)
    doubts.settle()
    remove(world, task)


def remove(world: World, task: Task) -> None:
    """Gone, whatever its state; what was accepted counts as completed."""
    for reservation in world.reservations_of_task(task):
        if reservation.status == "pending":
            end_offer(reservation, "canceled")
            turn_back(world, reservation)
        elif reservation.live:
            complete_reservation(world, reservation)
    forget_task(world, task)
