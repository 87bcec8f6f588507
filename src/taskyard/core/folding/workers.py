"""Workers, what they are doing and how much they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskyard.core.events import (
    WorkerActivityUpdated,
    WorkerAttributesUpdated,
    WorkerCapacityUpdated,
    WorkerChannelAvailabilityUpdated,
    WorkerCreated,
    WorkerDeleted,
)
from taskyard.core.model import Worker, WorkerChannel

from .table import applies

if TYPE_CHECKING:
    from taskyard.core.state import State


@applies(WorkerCreated)
def _(state: State, e: WorkerCreated, now_ms: int) -> None:
    state.workers_made += 1
    state.workers[e.worker_sid] = Worker(
        sid=e.worker_sid,
        number=state.workers_made,
        friendly_name=e.friendly_name,
        activity_sid=state.activities[e.activity_sid].sid,
        attributes=e.attributes,
        channels={
            sid: WorkerChannel(created_ms=now_ms, updated_ms=now_ms) for sid in state.task_channels
        },
        reservations={},
        created_ms=now_ms,
        updated_ms=now_ms,
        status_changed_ms=now_ms,
    )
    state.worker_by_name[e.friendly_name.casefold()] = e.worker_sid
    state.online_workers += state.activities[e.activity_sid].available


@applies(WorkerActivityUpdated)
def _(state: State, e: WorkerActivityUpdated, now_ms: int) -> None:
    worker = state.workers[e.worker_sid]
    state.online_workers -= state.activities[worker.activity_sid].available
    activity = state.activities[e.activity_sid]
    state.online_workers += activity.available
    worker.activity_sid = activity.sid
    worker.status_changed_ms = worker.updated_ms = now_ms
    worker.version += not e.joined


@applies(WorkerAttributesUpdated)
def _(state: State, e: WorkerAttributesUpdated, now_ms: int) -> None:
    worker = state.workers[e.worker_sid]
    if worker.friendly_name != e.friendly_name:
        del state.worker_by_name[worker.friendly_name.casefold()]
        state.worker_by_name[e.friendly_name.casefold()] = e.worker_sid
        worker.friendly_name = e.friendly_name
    worker.attributes = e.attributes
    worker.updated_ms = now_ms
    worker.version += 1


@applies(WorkerCapacityUpdated)
def _(state: State, e: WorkerCapacityUpdated, now_ms: int) -> None:
    worker = state.workers[e.worker_sid]
    channel = worker.channels[e.task_channel_sid]
    channel.capacity = e.capacity
    channel.updated_ms = now_ms
    worker.version += 1


@applies(WorkerChannelAvailabilityUpdated)
def _(state: State, e: WorkerChannelAvailabilityUpdated, now_ms: int) -> None:
    worker = state.workers[e.worker_sid]
    channel = worker.channels[e.task_channel_sid]
    channel.available = e.available
    channel.updated_ms = now_ms
    worker.version += 1


@applies(WorkerDeleted)
def _(state: State, e: WorkerDeleted, now_ms: int) -> None:
    worker = state.workers.pop(e.worker_sid)
    del state.worker_by_name[worker.friendly_name.casefold()]
    state.online_workers -= state.activities[worker.activity_sid].available
