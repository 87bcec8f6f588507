from taskyard.core import commands as ask

from .bounds import bad_name, bad_order, bad_whole, take, unknown
from .document import queues_named
from .expressions import is_expression
from .refused import Doubts, find
from .things import TaskQueue
from .world import World


def doubts_of(world: World, command: ask.CreateTaskQueue | ask.UpdateTaskQueue) -> Doubts:
    doubts = Doubts()
    doubts.invalid(bad_name(command.friendly_name, world.limits.long_friendly_name_characters))
    text = command.target_workers
    doubts.invalid(isinstance(text, str) and text != "" and not is_expression(text))
    doubts.invalid(bad_whole(command.max_reserved_workers, 1, world.limits.max_reserved_workers))
    doubts.invalid(bad_order(command.task_order))
    doubts.invalid(unknown(command.reservation_activity_sid, world.activities))
    doubts.invalid(unknown(command.assignment_activity_sid, world.activities))
    return doubts


def create(world: World, command: ask.CreateTaskQueue) -> None:
    doubts = doubts_of(world, command)
    doubts.too_many(len(world.task_queues) >= world.limits.task_queues)
    doubts.settle()
    sid = world.mint("WQ")
    world.task_queues[sid] = TaskQueue(
        sid,
        command.friendly_name,
        command.target_workers,
        command.max_reserved_workers,
        command.task_order,
        command.reservation_activity_sid,
        command.assignment_activity_sid,
    )


def update(world: World, command: ask.UpdateTaskQueue) -> None:
    queue = find(world.task_queues, command.task_queue_sid)
    doubts = doubts_of(world, command)
    doubts.version(queue.version, command.expected_version)
    doubts.settle()
    queue.version += take(
        queue,
        command,
        "friendly_name",
        "target_workers",
        "max_reserved_workers",
        "task_order",
        "reservation_activity_sid",
        "assignment_activity_sid",
    )


def delete(world: World, command: ask.DeleteTaskQueue) -> None:
    queue = find(world.task_queues, command.task_queue_sid)
    doubts = Doubts()
    doubts.version(queue.version, command.expected_version)
    doubts.conflict(
        any(queue.sid in queues_named(flow.rules) for flow in world.workflows.values())
        or any(task.task_queue_sid == queue.sid and not task.ended for task in world.tasks.values())
        or any(
            task.transfer and task.transfer.queue_before == queue.sid
            for task in world.tasks.values()
        )
        or any(
            task.status in ("pending", "reserved")
            and task.transfer is None
            and (
                task.routing_target == queue.sid
                or (task.rules is not None and queue.sid in queues_named(task.rules))
            )
            for task in world.tasks.values()
        )
    )
    doubts.settle()
    del world.task_queues[queue.sid]
