"""What clients and the server say to each other, and how nouns look in it."""

from typing import Any

import msgspec

from taskyard.core.commands import Command
from taskyard.core.model import ReservationStatus
from taskyard.core.state import State

DONE = 200
UNAVAILABLE = 503
REFUSED_FROM, REFUSED_BELOW = 400, 500


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One question. A repetition is the same request again.

    Attributes:
        number: No other request has it; events name it as their cause.
        workspace: The SID.
        command: What is asked for; None for a look.
        look: Whose offers are wanted: a worker's SID, or an empty text for a list of everything.
        key: An idempotency key, if it has one.
    """

    number: int
    workspace: str
    command: Command | None = None
    look: str = ""
    key: str | None = None


class Reply(msgspec.Struct, frozen=True):
    """An answer as it goes out; `version` is none of this simulation's business."""

    status: int
    body: bytes
    version: int | None = None

    @property
    def is_done(self) -> bool:
        """Whether what was asked for is so."""
        return self.status == DONE

    @property
    def is_refusal(self) -> bool:
        """Whether nothing has changed, and a repetition would be decided anew."""
        return REFUSED_FROM <= self.status < REFUSED_BELOW


Picture = dict[str, Any]
"""What an answer shows of a noun."""


def picture_of(state: State, sid: str) -> Picture:
    """A noun as an answer shows it; of one that is gone, only that."""
    draw = _PICTURES.get(sid[:2])
    shown = None if draw is None else draw(state, sid)
    return {"sid": sid} | ({"gone": True} if shown is None else shown)


def _task(state: State, sid: Any) -> Picture | None:
    task = state.tasks.get(sid)
    if task is None:
        return None
    return {
        "status": str(task.status),
        "priority": task.priority,
        "attributes": task.attributes,
        "queue": task.task_queue_sid,
        "workflow": task.workflow_sid,
        "channel": task.task_channel_sid,
        "reason": task.reason,
    }


def _reservation(state: State, sid: Any) -> Picture | None:
    offer = state.reservations.get(sid)
    if offer is None:
        return None
    return {
        "status": str(offer.status),
        "task": offer.task_sid,
        "worker": offer.worker_sid,
    }


def _worker(state: State, sid: Any) -> Picture | None:
    worker = state.workers.get(sid)
    if worker is None:
        return None
    return {
        "activity": worker.activity_sid,
        "attributes": worker.attributes,
        "channels": {
            one: [channel.capacity, channel.available, channel.used, channel.assigned]
            for one, channel in worker.channels.items()
        },
    }


def _task_queue(state: State, sid: Any) -> Picture | None:
    queue = state.task_queues.get(sid)
    if queue is None:
        return None
    return {
        "target_workers": queue.target_workers,
        "max_reserved_workers": queue.max_reserved_workers,
    }


def _workflow(state: State, sid: Any) -> Picture | None:
    workflow = state.workflows.get(sid)
    if workflow is None:
        return None
    return {
        "configuration": workflow.configurations[workflow.configuration_version],
        "timeout_s": workflow.task_reservation_timeout_s,
    }


def _activity(state: State, sid: Any) -> Picture | None:
    activity = state.activities.get(sid)
    if activity is None:
        return None
    return {"name": activity.friendly_name, "available": activity.available}


def _transfer(state: State, sid: Any) -> Picture | None:
    transfer = state.transfers.get(sid)
    if transfer is None:
        return None
    return {"status": str(transfer.status), "task": transfer.task_sid}


_PICTURES = {
    "WT": _task,
    "WR": _reservation,
    "WK": _worker,
    "WQ": _task_queue,
    "WW": _workflow,
    "WA": _activity,
    "TT": _transfer,
}
_LIVE = (ReservationStatus.PENDING, ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING)


def offers_of(state: State, worker_sid: str) -> list[Picture]:
    """A worker, and what they are offered or at work on."""
    offers = [
        picture_of(state, one.sid)
        for one in state.reservations.values()
        if one.worker_sid == worker_sid and one.status in _LIVE
    ]
    return [picture_of(state, worker_sid), *offers]


def everything_in(state: State) -> list[Picture]:
    """The furniture and the workers."""
    nouns = (state.activities, state.task_queues, state.workflows, state.workers)
    return [picture_of(state, sid) for some in nouns for sid in some]


def all_nouns_in(state: State) -> list[Picture]:
    """That, and all tasks with their offers and transfers."""
    nouns = (state.tasks, state.reservations, state.transfers)
    return everything_in(state) + [picture_of(state, sid) for some in nouns for sid in some]
