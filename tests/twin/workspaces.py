import re

from taskyard.core import commands as ask

from .bounds import bad_name, bad_order, take, unknown
from .refused import Doubts, find
from .things import Activity, TaskChannel, TaskQueue, WorkerChannel, Workflow, Workspace
from .world import World

UNIQUE_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def create(world: World, command: ask.CreateWorkspace) -> None:
    doubts = Doubts()
    doubts.invalid(bad_name(command.friendly_name, world.limits.friendly_name_characters))
    doubts.invalid(bad_order(command.prioritize_queue_order))
    doubts.invalid(command.template not in ("NONE", "FIFO"))
    doubts.settle()
    world.workspace = Workspace(
        sid=world.mint("WS"),
        friendly_name=command.friendly_name,
        event_callback_url=command.event_callback_url,
        events_filter=command.events_filter,
        multi_task_enabled=command.multi_task_enabled,
        prioritize_queue_order=command.prioritize_queue_order,
    )
    for name, available in (("Offline", False), ("Available", True), ("Unavailable", False)):
        sid = world.mint("WA")
        world.activities[sid] = Activity(sid, name, available)
    offline = next(iter(world.activities))
    world.workspace.default_activity_sid = world.workspace.timeout_activity_sid = offline
    for unique_name, name in (
        ("default", "Default"),
        ("voice", "Voice"),
        ("chat", "Programmable Chat"),
        ("sms", "SMS"),
        ("video", "Video"),
    ):
        sid = world.mint("TC")
        world.task_channels[sid] = TaskChannel(sid, unique_name, name, False)
    if command.template == "FIFO":
        queue = TaskQueue(world.mint("WQ"), "Sample Queue", "1==1", 1, "FIFO", None, None)
        world.task_queues[queue.sid] = queue
        rules = {"task_routing": {"filters": [], "default_filter": {"queue": queue.sid}}}
        workflow = Workflow(world.mint("WW"), "Default Fifo Workflow", rules, "", "", 120)
        world.workflows[workflow.sid] = workflow


def update(world: World, command: ask.UpdateWorkspace) -> None:
    doubts = Doubts()
    doubts.invalid(bad_name(command.friendly_name, world.limits.friendly_name_characters))
    doubts.invalid(bad_order(command.prioritize_queue_order))
    doubts.invalid(unknown(command.default_activity_sid, world.activities))
    doubts.invalid(unknown(command.timeout_activity_sid, world.activities))
    doubts.settle()
    take(
        world.workspace,
        command,
        "friendly_name",
        "event_callback_url",
        "events_filter",
        "multi_task_enabled",
        "prioritize_queue_order",
        "default_activity_sid",
        "timeout_activity_sid",
    )


# --- activities ---


def create_activity(world: World, command: ask.CreateActivity) -> None:
    doubts = Doubts()
    doubts.invalid(bad_name(command.friendly_name, world.limits.friendly_name_characters))
    doubts.too_many(len(world.activities) >= world.limits.activities)
    doubts.settle()
    sid = world.mint("WA")
    world.activities[sid] = Activity(sid, command.friendly_name, command.available)


def update_activity(world: World, command: ask.UpdateActivity) -> None:
    activity = find(world.activities, command.activity_sid)
    doubts = Doubts()
    doubts.invalid(bad_name(command.friendly_name, world.limits.friendly_name_characters))
    doubts.settle()
    take(activity, command, "friendly_name")


def delete_activity(world: World, command: ask.DeleteActivity) -> None:
    sid = find(world.activities, command.activity_sid).sid
    assert world.workspace
    doubts = Doubts()
    doubts.conflict(
        sid in (world.workspace.default_activity_sid, world.workspace.timeout_activity_sid)
        or any(worker.activity_sid == sid for worker in world.workers.values())
        or any(
            sid in (queue.reservation_activity_sid, queue.assignment_activity_sid)
            for queue in world.task_queues.values()
        )
    )
    doubts.settle()
    del world.activities[sid]


# --- task channels ---


def create_task_channel(world: World, command: ask.CreateTaskChannel) -> None:
    doubts = Doubts()
    doubts.invalid(bad_name(command.friendly_name, world.limits.friendly_name_characters))
    doubts.invalid(not UNIQUE_NAME.fullmatch(command.unique_name))
    doubts.not_allowed(
        any(
            channel.unique_name.lower() == command.unique_name.lower()
            for channel in world.task_channels.values()
        )
    )
    doubts.too_many(len(world.task_channels) >= world.limits.task_channels)
    doubts.settle()
    sid = world.mint("TC")
    world.task_channels[sid] = TaskChannel(
        sid, command.unique_name, command.friendly_name, command.channel_optimized_routing
    )
    for worker in world.workers.values():
        worker.channels[sid] = WorkerChannel()


def named_task_channel(world: World, name: str) -> TaskChannel:
    return find(world.task_channels, world.task_channel(name) or "")


def update_task_channel(world: World, command: ask.UpdateTaskChannel) -> None:
    channel = named_task_channel(world, command.task_channel)
    doubts = Doubts()
    doubts.invalid(bad_name(command.friendly_name, world.limits.friendly_name_characters))
    doubts.settle()
    take(channel, command, "friendly_name", "channel_optimized_routing")


def delete_task_channel(world: World, command: ask.DeleteTaskChannel) -> None:
    channel = named_task_channel(world, command.task_channel)
    doubts = Doubts()
    doubts.conflict(
        channel.unique_name == "default"
        or any(
            task.task_channel_sid == channel.sid and not task.ended for task in world.tasks.values()
        )
    )
    doubts.settle()
    del world.task_channels[channel.sid]
    for worker in world.workers.values():
        del worker.channels[channel.sid]
