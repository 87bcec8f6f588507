"""Equal values as one object, in a state that was decoded.

A decoder makes every SID and every instant anew wherever it stands, so a state would take twice the
memory after a start. Where events are folded, `folding/` sees to it: it takes each SID from the
noun that has it.
"""

from collections import deque
from typing import Protocol, TypeVar, cast

from .ids import TaskSid
from .model import Reservation, Task, Worker
from .state import State
from .steps import Steps

_V = TypeVar("_V", bound=str | int | None)

_INSTANTS_AT_ONCE = 50_000
"""What was made together shares its instants, so that few have to be remembered."""

_NOUNS_A_STEP = 500
_SIDS_A_STEP = 5_000


class _One(Protocol):
    """Gives the first value that was equal to this one; the value stands there twice."""

    def __call__(self, value: _V, same_value: _V, /) -> _V: ...


def sharing_equal_values(state: State) -> Steps[None]:
    """Let whatever names a noun do so by the noun's own SID, and neighbours share their instants.

    It changes nothing that can be seen.
    """
    sids: dict[str, str] = {}
    for nouns in (
        state.activities,
        state.task_channels,
        state.task_queues,
        state.workflows,
        state.workers,
    ):
        sids.update((sid, sid) for sid in nouns)
    sid = cast(_One, sids.setdefault)
    instants: dict[int, int] = {}
    at = cast(_One, instants.setdefault)
    for number, worker in enumerate(state.workers.values(), 1):
        _share_in_worker(state, worker, sid, at)
        if number % _NOUNS_A_STEP == 0:
            yield
    for number, task in enumerate(state.tasks.values(), 1):
        _share_in_task(task, sid, at)
        task.reservations = tuple([state.reservations[one].sid for one in task.reservations])
        for reservation_sid in task.reservations:
            reservation = state.reservations[reservation_sid]
            reservation.task_sid = task.sid
            _share_in_reservation(reservation, sid, at)
            if not task.ended:
                _share_in_offer(reservation, sid, at)
        if len(instants) > _INSTANTS_AT_ONCE:
            instants.clear()
        if number % _NOUNS_A_STEP == 0:
            yield
    finished: deque[TaskSid] = deque()
    for number, one in enumerate(state.finished, 1):
        finished.append(state.tasks[one].sid if one in state.tasks else one)
        if number % _SIDS_A_STEP == 0:
            yield
    state.finished = finished


def _share_in_worker(state: State, worker: Worker, sid: _One, at: _One) -> None:
    worker.activity_sid = sid(worker.activity_sid, worker.activity_sid)
    worker.created_ms = at(worker.created_ms, worker.created_ms)
    worker.updated_ms = at(worker.updated_ms, worker.updated_ms)
    worker.status_changed_ms = at(worker.status_changed_ms, worker.status_changed_ms)
    worker.last_offer_ms = at(worker.last_offer_ms, worker.last_offer_ms)
    worker.channels = {sid(one, one): channel for one, channel in worker.channels.items()}
    for channel in worker.channels.values():
        channel.created_ms = at(channel.created_ms, channel.created_ms)
        channel.updated_ms = at(channel.updated_ms, channel.updated_ms)
        channel.last_offer_ms = at(channel.last_offer_ms, channel.last_offer_ms)
    worker.reservations = {state.reservations[one].sid: None for one in worker.reservations}


def _share_in_task(task: Task, sid: _One, at: _One) -> None:
    task.task_channel_sid = sid(task.task_channel_sid, task.task_channel_sid)
    task.workflow_sid = sid(task.workflow_sid, task.workflow_sid)
    task.task_queue_sid = sid(task.task_queue_sid, task.task_queue_sid)
    task.routing_target = sid(task.routing_target, task.routing_target)
    task.reason = sid(task.reason, task.reason)
    task.timeout_s = at(task.timeout_s, task.timeout_s)
    task.created_ms = at(task.created_ms, task.created_ms)
    task.updated_ms = at(task.updated_ms, task.updated_ms)
    task.virtual_start_ms = at(task.virtual_start_ms, task.virtual_start_ms)
    task.task_queue_entered_ms = at(task.task_queue_entered_ms, task.task_queue_entered_ms)
    if not task.ended:
        task.filter_entered_ms = at(task.filter_entered_ms, task.filter_entered_ms)
        task.step_deadline_ms = at(task.step_deadline_ms, task.step_deadline_ms)
        task.assigned_ms = at(task.assigned_ms, task.assigned_ms)


def _share_in_reservation(reservation: Reservation, sid: _One, at: _One) -> None:
    reservation.worker_sid = sid(reservation.worker_sid, reservation.worker_sid)
    reservation.created_ms = at(reservation.created_ms, reservation.created_ms)
    reservation.updated_ms = at(reservation.updated_ms, reservation.updated_ms)


def _share_in_offer(reservation: Reservation, sid: _One, at: _One) -> None:
    reservation.task_channel_sid = sid(reservation.task_channel_sid, reservation.task_channel_sid)
    reservation.task_queue_sid = sid(reservation.task_queue_sid, reservation.task_queue_sid)
    activity_sid, next_sid = reservation.previous_activity_sid, reservation.post_work_activity_sid
    reservation.previous_activity_sid = sid(activity_sid, activity_sid)
    reservation.post_work_activity_sid = sid(next_sid, next_sid)
    reservation.expires_ms = at(reservation.expires_ms, reservation.expires_ms)
