"""Who takes tasks, what they are doing, and how much they can take."""

from msgspec import UNSET

from taskyard.core import routing, transferring
from taskyard.core.commands import (
    CreateWorker,
    DeleteWorker,
    UpdateWorker,
    UpdateWorkerChannel,
)
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound
from taskyard.core.events import (
    ReservationRejected,
    ReservationRescinded,
    WorkerAttributesUpdated,
    WorkerCapacityUpdated,
    WorkerChannelAvailabilityUpdated,
    WorkerCreated,
    WorkerDeleted,
)
from taskyard.core.ids import ReservationSid, TaskChannelSid, WorkerSid, worker_channel_sid
from taskyard.core.model import ReservationStatus, Worker
from taskyard.core.state import State

from . import activities, checks
from .turn import Turn


def create(turn: Turn, command: CreateWorker) -> str:
    """Add a worker, in the workspace's default activity unless another is named."""
    state, limits = turn.state, turn.limits
    name = checks.friendly_name(command.friendly_name, limits.friendly_name_characters)
    _check_name_is_free(state, name, None)
    attributes = checks.attributes(command.attributes, limits)
    activity = checks.activity(
        state, "ActivitySid", command.activity_sid or state.workspace.default_activity_sid
    )
    if len(state.workers) >= limits.workers:
        raise LimitReached(f"a workspace holds at most {limits.workers} workers")
    activities.check_room_online(turn, activity, was_available=False)
    sid = WorkerSid(turn.mint("WK"))
    turn.emit(WorkerCreated(sid, name, activity.sid, attributes))
    return sid


def update(turn: Turn, command: UpdateWorker) -> str:
    """Change a worker; their pending offers stay open unless they are to be rejected."""
    state, limits = turn.state, turn.limits
    worker = _find(state, command.worker_sid)
    checks.version("worker", worker.sid, worker.version, command.expected_version)
    name = checks.kept(command.friendly_name, worker.friendly_name)
    if name != worker.friendly_name:
        checks.friendly_name(name, limits.friendly_name_characters)
        _check_name_is_free(state, name, worker)
    attributes = worker.attributes
    if command.attributes is not UNSET:
        attributes = checks.attributes(command.attributes, limits)
    activity = state.activities[worker.activity_sid]
    if command.activity_sid is not UNSET:
        activity = checks.activity(state, "ActivitySid", command.activity_sid)
        was_available = state.activities[worker.activity_sid].available
        activities.check_room_online(turn, activity, was_available=was_available)
    if command.reject_pending_reservations and (
        command.activity_sid is UNSET or activity.available
    ):
        raise Invalid(
            "Unable to reject pending reservations when updating to an Available activity state."
        )
    has_changed = (name, attributes) != (worker.friendly_name, worker.attributes)
    if has_changed:
        turn.emit(WorkerAttributesUpdated(worker.sid, name, attributes))
    if command.reject_pending_reservations:
        _reject_pending(turn, worker)
    activities.change(turn, worker.sid, activity.sid, joined=has_changed)
    return worker.sid


def delete(turn: Turn, command: DeleteWorker) -> str:
    """Remove a worker without accepted work; tasks offered to them wait for somebody else."""
    state = turn.state
    worker = _find(state, command.worker_sid)
    checks.version("worker", worker.sid, worker.version, command.expected_version)
    for reservation_sid in worker.reservations:
        status = state.reservations[reservation_sid].status
        if status is not ReservationStatus.PENDING:
            raise Conflict(
                f"worker {worker.sid} cannot be deleted: reservation {reservation_sid} is {status}"
            )
    offered = list(worker.reservations)
    for reservation_sid in offered:
        transferring.close_offer(turn, ReservationRescinded(reservation_sid))
    turn.emit(WorkerDeleted(worker.sid))
    for reservation_sid in offered:
        routing.came_back(turn, state.tasks[state.reservations[reservation_sid].task_sid])
    transferring.end_with_worker(turn, worker.sid)
    for task in [t for t in state.tasks.values() if t.routing_target == worker.sid and t.waiting]:
        if not task.transferring:
            routing.cancel(turn, task, routing.target_not_available(task))
    return worker.sid


def update_channel(turn: Turn, command: UpdateWorkerChannel) -> str:
    """Change how many tasks of a kind a worker takes at once, or whether any.

    Work above a lowered capacity stays.
    """
    worker = _find(turn.state, command.worker_sid)
    channel_sid = _find_channel(turn.state, worker, command.worker_channel)
    channel = worker.channels[channel_sid]
    capacity = checks.kept(command.capacity, channel.capacity)
    if capacity != channel.capacity:
        checks.whole_number("Capacity", capacity, 0, turn.limits.worker_channel_capacity)
        turn.emit(WorkerCapacityUpdated(worker.sid, channel_sid, capacity))
    available = checks.kept(command.available, channel.available)
    if available != channel.available:
        turn.emit(WorkerChannelAvailabilityUpdated(worker.sid, channel_sid, available))
    return worker_channel_sid(worker.sid, channel_sid)


def _find(state: State, sid: str) -> Worker:
    worker = state.workers.get(WorkerSid(sid))
    if worker is None:
        raise NotFound("worker", sid)
    return worker


def _find_channel(state: State, worker: Worker, named: str) -> TaskChannelSid:
    channel = state.task_channel_named(named)
    if channel is not None:
        return channel.sid
    for channel_sid in worker.channels:
        if worker_channel_sid(worker.sid, channel_sid) == named:
            return channel_sid
    raise NotFound("worker channel", named)


def _check_name_is_free(state: State, name: str, worker: Worker | None) -> None:
    holder = state.worker_named(name)
    if holder is not None and holder is not worker:
        raise Invalid("Worker with the same friendly name already exists")


def _reject_pending(turn: Turn, worker: Worker) -> None:
    reservations = turn.state.reservations
    pending: list[ReservationSid] = [
        sid for sid in worker.reservations if reservations[sid].status is ReservationStatus.PENDING
    ]
    for sid in pending:
        transferring.close_offer(turn, ReservationRejected(sid))
    for sid in pending:
        routing.came_back(turn, turn.state.tasks[reservations[sid].task_sid])
