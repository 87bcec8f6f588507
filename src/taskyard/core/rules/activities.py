"""What workers may be doing."""

from taskyard.core.commands import CreateActivity, DeleteActivity, UpdateActivity
from taskyard.core.errors import Conflict, LimitReached, NotFound
from taskyard.core.events import (
    ActivityCreated,
    ActivityDeleted,
    ActivityUpdated,
    WorkerActivityUpdated,
)
from taskyard.core.ids import ActivitySid, WorkerSid
from taskyard.core.model import Activity
from taskyard.core.state import State

from . import checks
from .turn import Turn

TOO_MANY_ONLINE = 14240
"""What the published dictionary of errors calls it."""


def create(turn: Turn, command: CreateActivity) -> str:
    """Add an activity. Two may bear the same name."""
    name = checks.friendly_name(command.friendly_name, turn.limits.friendly_name_characters)
    if len(turn.state.activities) >= turn.limits.activities:
        raise LimitReached(f"a workspace holds at most {turn.limits.activities} activities")
    sid = ActivitySid(turn.mint("WA"))
    turn.emit(ActivityCreated(sid, name, command.available))
    return sid


def update(turn: Turn, command: UpdateActivity) -> str:
    """Rename an activity."""
    activity = _find(turn.state, command.activity_sid)
    name = checks.kept(command.friendly_name, activity.friendly_name)
    checks.friendly_name(name, turn.limits.friendly_name_characters)
    if name != activity.friendly_name:
        turn.emit(ActivityUpdated(activity.sid, name))
    return activity.sid


def delete(turn: Turn, command: DeleteActivity) -> str:
    """Remove an activity that nothing refers to."""
    state = turn.state
    activity = _find(state, command.activity_sid)
    user = _user_of(state, activity.sid)
    if user is not None:
        raise Conflict(f"activity {activity.sid} cannot be deleted: it is {user}")
    turn.emit(ActivityDeleted(activity.sid))
    return activity.sid


def change(
    turn: Turn, worker_sid: WorkerSid, activity_sid: ActivitySid | None, *, joined: bool = False
) -> None:
    """Let a worker do something else, if there is anything else to do.

    An activity that was deleted since somebody named it changes nothing.
    """
    worker = turn.state.workers[worker_sid]
    if activity_sid in turn.state.activities and activity_sid != worker.activity_sid:
        turn.emit(WorkerActivityUpdated(worker_sid, activity_sid, joined))


def check_room_online(turn: Turn, activity: Activity, *, was_available: bool) -> None:
    """See that one more worker may be in an available activity, if this is one.

    Only what a caller asks for is checked; what the rules themselves bring about is not.

    Raises:
        LimitReached: As many are as may be.
    """
    most = turn.limits.online_workers
    if activity.available and not was_available and turn.state.online_workers >= most:
        message = f"at most {most} workers may be in an available activity at once"
        raise LimitReached(message, alert=TOO_MANY_ONLINE)


def _find(state: State, sid: str) -> Activity:
    activity = state.activities.get(ActivitySid(sid))
    if activity is None:
        raise NotFound("activity", sid)
    return activity


def _user_of(state: State, sid: ActivitySid) -> str | None:
    if sid == state.workspace.default_activity_sid:
        return "the default activity of the workspace"
    if sid == state.workspace.timeout_activity_sid:
        return "the timeout activity of the workspace"
    for queue in state.task_queues.values():
        if sid == queue.reservation_activity_sid:
            return f"the reservation activity of task queue {queue.sid}"
        if sid == queue.assignment_activity_sid:
            return f"the assignment activity of task queue {queue.sid}"
    for worker in state.workers.values():
        if sid == worker.activity_sid:
            return f"the current activity of worker {worker.sid}"
    return None
