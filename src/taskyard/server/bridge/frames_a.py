"""Payloads of frames in dialect A: what REST shows, as it was when the event happened."""

import msgspec

from taskyard.core.dates import date, date_or_none
from taskyard.core.event_details import EventDetails, TaskDetails
from taskyard.core.ids import worker_channel_sid
from taskyard.core.state import State
from taskyard.server.api.addresses import Addresses
from taskyard.server.api.tasks import TaskBody, TaskLinks
from taskyard.server.api.worker_channels import Named, WorkerChannelBody, worker_channel_body
from taskyard.server.api.workers import WorkerBody, worker_body


class ReservationFrame(TaskBody, gc=False):
    """A reservation: all of its task, whose SID is the frame's, and what is its own.

    With its dates it is all that REST shows of either: no client has to ask for more.
    """

    reservation_sid: str
    reservation_status: str | None
    reservation_date_created: str
    reservation_date_updated: str
    worker_sid: str
    worker_name: str


def worker_payload(state: State, details: EventDetails, at: Addresses) -> WorkerBody | None:
    """A worker; None for one who was deleted in the same turn."""
    then = details.worker
    worker = None if then is None else state.workers.get(then.sid)
    if then is None or worker is None:
        return None
    body = worker_body(state, worker, at)
    body.friendly_name, body.attributes = then.friendly_name, then.attributes
    body.activity_sid, body.activity_name = then.activity.sid, then.activity.friendly_name
    body.available = then.activity.available
    body.links.activity = f"{at.activities}/{then.activity.sid}"
    return body


def worker_channel_payload(
    state: State, details: EventDetails, at: Addresses
) -> WorkerChannelBody | None:
    """A worker channel; None if it or its worker was deleted in the same turn."""
    worker_then, then = details.worker, details.worker_channel
    if worker_then is None or then is None:
        return None
    worker = state.workers.get(worker_then.sid)
    kind = state.task_channels.get(then.task_channel.sid)
    if worker is None or kind is None:
        return None
    named = Named(worker_channel_sid(worker.sid, kind.sid), kind, worker.channels[kind.sid])
    body = worker_channel_body(state, worker, named, at)
    body.available, body.configured_capacity = then.available, then.capacity
    body.available_capacity_percentage = then.available_capacity_percentage
    body.assigned_tasks = then.assigned
    return body


def task_payload(state: State, then: TaskDetails, now_ms: int, at: Addresses) -> TaskBody:
    """A task."""
    live = state.tasks.get(then.sid)
    queue, workflow = then.task_queue, then.workflow
    url = f"{at.tasks}/{then.sid}"
    return TaskBody(
        account_sid=state.workspace.account_sid,
        age=max(0, now_ms - then.created_ms) // 1000,
        assignment_status=then.status,
        attributes=then.attributes,
        addons="{}",
        date_created=date(then.created_ms),
        date_updated=date(now_ms if live is None else live.updated_ms),
        task_queue_entered_date=date_or_none(then.task_queue_entered_ms),
        virtual_start_time=date(then.virtual_start_ms),
        priority=then.priority,
        reason=then.reason,
        sid=then.sid,
        task_queue_sid=None if queue is None else queue.sid,
        task_queue_friendly_name=None if queue is None else queue.friendly_name,
        task_channel_sid=then.task_channel.sid,
        task_channel_unique_name=then.task_channel.unique_name,
        timeout=then.timeout_s,
        workflow_sid=None if workflow is None else workflow.sid,
        workflow_friendly_name=None if workflow is None else workflow.friendly_name,
        workspace_sid=state.workspace.sid,
        ignore_capacity=then.ignore_capacity,
        routing_target=then.routing_target,
        url=url,
        links=TaskLinks(
            task_queue=None if queue is None else f"{at.task_queues}/{queue.sid}",
            workflow=None if workflow is None else f"{at.workflows}/{workflow.sid}",
            workspace=at.workspace,
            reservations=f"{url}/Reservations",
        ),
    )


def reservation_payload(
    state: State, details: EventDetails, now_ms: int, at: Addresses
) -> ReservationFrame | None:
    """A reservation with its task; None where its worker is no more."""
    if details.task is None or details.reservation is None or details.worker is None:
        return None
    task = task_payload(state, details.task, now_ms, at)
    return ReservationFrame(
        **{name: getattr(task, name) for name in _TASK_FIELDS},
        reservation_sid=details.reservation.sid,
        reservation_status=details.reservation.status,
        reservation_date_created=date(details.reservation.created_ms),
        reservation_date_updated=date(now_ms),
        worker_sid=details.worker.sid,
        worker_name=details.worker.friendly_name,
    )


_TASK_FIELDS = tuple(field.name for field in msgspec.structs.fields(TaskBody))
