"""What a name in an expression stands for, by where the expression stands."""

from datetime import UTC, datetime
from typing import Any

from .expressions import Path, dig, dig_out, evaluate
from .things import Task, TaskQueue, Worker
from .world import World


def worker_value(world: World, worker: Worker, path: Path) -> Any:
    attribute = dig_out(worker.attributes, path)
    if attribute:
        return attribute[0]
    activity = world.activity_of(worker)
    fields = {
        "sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "activity_sid": activity.sid,
        "activity_name": activity.friendly_name,
        "available": activity.available,
        "assigned_tasks": sum(r.status == "accepted" for r in world.live_reservations(worker)),
        "channel": {
            world.task_channels[sid].unique_name: {
                "configured_capacity": channel.capacity,
                "available": channel.available,
                "assigned_tasks": world.assigned(worker, sid),
                "available_capacity_percentage": world.percentage(worker, sid),
            }
            for sid, channel in worker.channels.items()
        },
    }
    value = dig(fields, path)
    return None if isinstance(value, dict) else value  # a channel alone has no value


def task_value(world: World, task: Task, path: Path) -> Any:
    if path[0] in task.attributes:
        return dig(task.attributes, path)
    fields = {
        "sid": task.sid,
        "priority": task.priority,
        "assignment_status": task.status,
        "task_channel_unique_name": world.task_channels[task.task_channel_sid].unique_name,
    }
    return dig(fields, path)


def time_value(world: World, path: Path) -> Any:
    at = datetime.fromtimestamp(world.now_ms // 1000, UTC)
    fields = {
        "currentTime": at.hour * 100 + at.minute,
        "currentHour": f"{at.hour:02}",
        "currentMin": f"{at.minute:02}",
        "dayOfWeek": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[at.weekday()],
    }
    return dig(fields, path)


def in_target_workers(world: World, worker: Worker, path: Path) -> Any:
    if path[0] == "worker" and len(path) > 1:
        path = path[1:]
    return worker_value(world, worker, path)


def in_filter(world: World, task: Task, path: Path) -> Any:
    if path[0] == "taskrouter":
        return time_value(world, path[1:])
    if path[0] == "task" and len(path) > 1:
        return task_value(world, task, path[1:])
    return dig(task.attributes, path)


def in_target_expression(world: World, task: Task, worker: Worker, path: Path) -> Any:
    if len(path) > 1 and path[0] == "worker":
        return worker_value(world, worker, path[1:])
    if len(path) > 1 and path[0] == "task":
        return task_value(world, task, path[1:])
    if path[0] == "taskrouter":
        return time_value(world, path[1:])
    return None


def in_skip_if(world: World, task: Task, members: list[Worker], path: Path) -> Any:
    if len(path) > 1 and path[0] == "task":
        return task_value(world, task, path[1:])
    if path[0] == "taskrouter":
        return time_value(world, path[1:])
    if path[0] == "workers" and len(path) == 2:
        doing = [world.activity_of(worker) for worker in members]
        if path[1] == "available":
            return sum(activity.available for activity in doing)
        if path[1] == "unavailable":
            return sum(not activity.available for activity in doing)
        if str(path[1]).startswith("WA"):
            return sum(activity.sid == path[1] for activity in doing)
    return None


def members(world: World, queue: TaskQueue) -> list[Worker]:
    if queue.target_workers == "":
        return []
    return [
        worker
        for worker in world.workers.values()
        if evaluate(
            queue.target_workers, lambda path, who=worker: in_target_workers(world, who, path)
        )
    ]
