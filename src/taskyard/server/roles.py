"""What the roles of access tokens open.

The published API has the roles and leaves open what each may do: what stands here is chosen, and
`docs/reference/tokens.md` tells it.
"""

from collections.abc import Callable, Set
from typing import Literal

import msgspec

from taskyard.core.ids import ReservationSid, TaskSid, WorkerSid
from taskyard.core.model import ReservationStatus
from taskyard.core.state import State

from .api.reservations import LIVE
from .policies import Parameters

Role = Literal["worker", "supervisor", "admin"]
Sees = Callable[[Callable[[State], bool]], bool]
"""Tells whether something is so in the workspace."""

STATISTICS = frozenset({"Statistics", "RealTimeStatistics", "CumulativeStatistics"})

# Who has completed a task looks at it once more: the browser client fetches its latest version.
_READING = LIVE | {ReservationStatus.COMPLETED}
_READ_BY_ALL = frozenset({"Activities", "Workers", "TaskQueues"})
_READ_BY_SUPERVISORS = frozenset({*_READ_BY_ALL, *STATISTICS, "Events", "Tasks", "TaskChannels"})
_OF_OTHER_WORKERS = frozenset({"ActivitySid", "Attributes", "RejectPendingReservations"})
_SUPERVISE = "supervise"


class Asked(msgspec.Struct, frozen=True):
    """A request inside a workspace."""

    method: str
    segments: tuple[str, ...]
    """What follows the workspace in the path; none for the workspace itself."""
    query: Parameters
    form: Parameters


def role_permits(role: Role, worker_sid: str | None, asked: Asked, sees: Sees) -> bool:
    """Whether a role may have a request done in the token's workspace.

    Args:
        role: The token's.
        worker_sid: The worker that the token is for, if any.
        asked: The request.
        sees: Looks at the workspace as it is now.
    """
    if role == "admin":
        # All that is in it; the workspace itself is not a browser's to delete.
        return bool(asked.segments) or asked.method != "DELETE"
    if asked.method == "DELETE":
        return False
    return (
        _anybody_may(asked)
        or (worker_sid is not None and _worker_may(worker_sid, asked, sees))
        or (role == "supervisor" and _supervisor_may(asked))
    )


def _anybody_may(asked: Asked) -> bool:
    if asked.method == "POST":
        return asked.segments == ("Tasks",)
    match asked.segments:
        case (nouns,):
            return nouns in _READ_BY_ALL
        case (nouns, sid):
            return nouns in _READ_BY_ALL and sid not in STATISTICS
    return False


def _worker_may(own_sid: str, asked: Asked, sees: Sees) -> bool:
    match asked.segments:
        case ("Workers", sid, *_):
            return sid == own_sid
        case ("Tasks", task_sid, "Reservations", sid):
            return sees(lambda state: _is_of(state, sid, own_sid, task_sid))
        case ("Tasks", task_sid) if asked.method == "GET":
            return sees(lambda state: _has_one(state, own_sid, task_sid, _READING))
        case (
            ("Tasks", task_sid)
            | ("Tasks", task_sid, "Reservations")
            | ("Tasks", task_sid, "Transfers", *_)
        ):
            return sees(lambda state: _has_one(state, own_sid, task_sid, LIVE))
        case ("Workflows", sid) if asked.method == "GET":
            return sees(lambda state: _has_one_of(state, own_sid, sid))
        case ("Events",):
            return asked.method == "GET" and asked.query.get("WorkerSid") == [own_sid]
    return False


def _supervisor_may(asked: Asked) -> bool:
    if asked.method == "GET":
        return bool(asked.segments) and (
            asked.segments[0] in _READ_BY_SUPERVISORS or asked.segments[-1] in STATISTICS
        )
    match asked.segments:
        case ("Workers", _):
            return asked.form.keys() <= _OF_OTHER_WORKERS
        case ("Tasks", _, "Reservations", _) | ("Workers", _, "Reservations", _):
            return asked.form.get("Instruction") == [_SUPERVISE]
    return False


def _has_one(
    state: State, worker_sid: str, task_sid: str, statuses: Set[ReservationStatus]
) -> bool:
    """Whether a worker has a reservation of a task in one of these statuses."""
    task = state.tasks.get(TaskSid(task_sid))
    return task is not None and any(
        (one := state.reservations.get(sid)) is not None
        and one.worker_sid == worker_sid
        and one.status in statuses
        for sid in task.reservations
    )


def _has_one_of(state: State, worker_sid: str, workflow_sid: str) -> bool:
    """Whether a worker holds a task of a workflow, which says how long its offers last."""
    worker = state.workers.get(WorkerSid(worker_sid))
    return worker is not None and any(
        (one := state.reservations.get(sid)) is not None
        and (task := state.tasks.get(one.task_sid)) is not None
        and task.workflow_sid == workflow_sid
        for sid in worker.reservations
    )


def _is_of(state: State, sid: str, worker_sid: str, task_sid: str) -> bool:
    found = state.reservations.get(ReservationSid(sid))
    return found is not None and found.worker_sid == worker_sid and found.task_sid == task_sid
