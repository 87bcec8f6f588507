import json
from typing import Any

from msgspec import UNSET

from taskyard.core import commands as ask
from taskyard.core.ids import worker_channel_sid

from .bounds import bad_attributes, bad_name, bad_whole, take, unknown
from .endings import cancel_task, end_offer, turn_to
from .matching import waiting
from .refused import Doubts, find
from .reservations import after_the_offer
from .returning import refused_target
from .things import Worker, WorkerChannel
from .transfers import REASONS, fail
from .world import World


def same_name(world: World, name: Any, but: str = "") -> bool:
    return isinstance(name, str) and any(
        other.friendly_name.lower() == name.lower() and other.sid != but
        for other in world.workers.values()
    )


def doubts_of(world: World, command: ask.CreateWorker | ask.UpdateWorker, but: str = "") -> Doubts:
    doubts = Doubts()
    doubts.invalid(bad_name(command.friendly_name, world.limits.friendly_name_characters))
    doubts.not_allowed(same_name(world, command.friendly_name, but))
    doubts.invalid(unknown(command.activity_sid, world.activities))
    doubts.invalid(bad_attributes(world, command.attributes))
    return doubts


def create(world: World, command: ask.CreateWorker) -> None:
    assert world.workspace
    doubts = doubts_of(world, command)
    doubts.too_many(len(world.workers) >= world.limits.workers)
    doubts.settle()
    world.workers_ever += 1
    sid = world.mint("WK")
    world.workers[sid] = Worker(
        sid=sid,
        number=world.workers_ever,
        friendly_name=command.friendly_name,
        activity_sid=command.activity_sid or world.workspace.default_activity_sid,
        attributes=json.loads(command.attributes),
        channels={channel: WorkerChannel() for channel in world.task_channels},
        status_changed_ms=world.now_ms,
    )


def update(world: World, command: ask.UpdateWorker) -> None:
    worker = find(world.workers, command.worker_sid)
    doubts = doubts_of(world, command, but=worker.sid)
    doubts.version(worker.version, command.expected_version)
    if command.reject_pending_reservations:
        activity = world.activities.get(str(command.activity_sid))
        doubts.not_allowed(activity is None or activity.available)
    doubts.settle()
    before = worker.version
    changed = take(worker, command, "friendly_name")
    if command.attributes is not UNSET:
        attributes = json.loads(command.attributes)
        if json.dumps(attributes) != json.dumps(worker.attributes):
            worker.attributes = attributes
            changed = True
    worker.version += changed
    if command.activity_sid is not UNSET:
        turn_to(world, worker, command.activity_sid)
    worker.version = min(worker.version, before + 1)  # whatever was changed: it was one update
    if command.reject_pending_reservations:
        for reservation in world.live_reservations(worker):
            if reservation.status == "pending":
                end_offer(reservation, "rejected")
                after_the_offer(world, reservation)


def delete(world: World, command: ask.DeleteWorker) -> None:
    worker = find(world.workers, command.worker_sid)
    doubts = Doubts()
    doubts.version(worker.version, command.expected_version)
    doubts.conflict(
        any(r.status in ("accepted", "wrapping") for r in world.live_reservations(worker))
    )
    doubts.settle()
    for reservation in world.live_reservations(worker):
        end_offer(reservation, "rescinded")
        after_the_offer(world, reservation)
    for task in waiting(world):
        if task.transfer is not None:
            if task.transfer.to == worker.sid:
                fail(world, task, REASONS["rescinded"])
        elif task.routing_target == worker.sid:
            cancel_task(world, task, refused_target(task))
    del world.workers[worker.sid]


def update_channel(world: World, command: ask.UpdateWorkerChannel) -> None:
    worker = find(world.workers, command.worker_sid)
    task_channel_sid = world.task_channel(command.worker_channel)
    for sid in worker.channels:
        if worker_channel_sid(worker.sid, sid) == command.worker_channel:
            task_channel_sid = sid
    channel = find(worker.channels, task_channel_sid or "")
    doubts = Doubts()
    doubts.invalid(bad_whole(command.capacity, 0, world.limits.worker_channel_capacity))
    doubts.settle()
    worker.version += take(channel, command, "capacity")
    worker.version += take(channel, command, "available")
