"""What an application is told of an offer of a task to a worker.

Source: TaskRouter, assignment callback. Choice: attributes and priority are those of the moment in
which it is told; the instant and the task's age are those of the offer.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from taskyard.core.ids import ReservationSid
from taskyard.core.model import Reservation, ReservationStatus, Workflow
from taskyard.core.state import State


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that waits for an answer, and whom to ask.

    Attributes:
        url: The address to ask first.
        fallback_url: The one to ask after that; empty if there is none.
        form: What they are told.
        left_ms: For how long the offer still stands.
    """

    url: str
    fallback_url: str
    form: dict[str, str]
    left_ms: int


def destination(url: str) -> str:
    """What addresses of one server have in common."""
    return urlsplit(url).netloc.lower()


def asked_of(state: State, sid: str) -> str | None:
    """The address to ask about an offer; None if it needs no callback."""
    found = _waiting(state, sid)
    return None if found is None else found[1].assignment_callback_url


def unasked(reservation: Reservation) -> bool:
    """Whether a callback about this reservation is still to be made, at a glance."""
    return reservation.status is ReservationStatus.PENDING and not reservation.callback_done


def offer_of(sid: str) -> Callable[[State, int], Offer | None]:
    """A reading of an offer; None for one that needs no callback any more."""

    def read(state: State, now_ms: int) -> Offer | None:
        found = _waiting(state, sid)
        if found is None or found[0].expires_ms <= now_ms:
            return None
        reservation, workflow = found
        return Offer(
            url=workflow.assignment_callback_url,
            fallback_url=workflow.fallback_assignment_callback_url,
            form=offer_form(state, reservation),
            left_ms=reservation.expires_ms - now_ms,
        )

    return read


def offer_form(state: State, reservation: Reservation) -> dict[str, str]:
    """A reservation with its task and worker as a form: what has no value is left out."""
    task = state.tasks[reservation.task_sid]
    form = {
        "Timestamp": str(reservation.created_ms // 1000),
        "AccountSid": state.workspace.account_sid,
        "WorkspaceSid": state.workspace.sid,
        "WorkerSid": reservation.worker_sid,
        "TaskSid": task.sid,
        "ReservationSid": reservation.sid,
        "TaskAttributes": task.attributes,
        "TaskAge": str((reservation.created_ms - task.created_ms) // 1000),
        "TaskPriority": str(task.priority),
    }
    if task.workflow_sid is not None:
        form["WorkflowSid"] = task.workflow_sid
    if reservation.task_queue_sid is not None:
        form["TaskQueueSid"] = reservation.task_queue_sid
    worker = state.workers.get(reservation.worker_sid)
    if worker is not None:
        form["WorkerAttributes"] = worker.attributes
    return form


def _waiting(state: State, sid: str) -> tuple[Reservation, Workflow] | None:
    reservation = state.reservations.get(ReservationSid(sid))
    if reservation is None or not unasked(reservation):
        return None
    workflow_sid = state.tasks[reservation.task_sid].workflow_sid
    workflow = None if workflow_sid is None else state.workflows.get(workflow_sid)
    if workflow is None or not workflow.assignment_callback_url:
        return None
    return reservation, workflow
