"""An event as the Events resource and the event stream show it.

Source: TaskRouter, events, section 7.1. Choice: an account has no address here, so `actor_url` is
null where an account is the actor.
"""

import msgspec

from taskyard.core.dates import date
from taskyard.core.event_details import EventRecord
from taskyard.core.events import (
    Event,
    ReservationCreated,
    ReservationFailed,
    ReservationRescinded,
    ReservationTimeout,
    TaskCanceled,
    TaskQueueEntered,
    TaskQueueMoved,
    TaskQueueTimeout,
    TaskSystemDeleted,
    WorkflowEntered,
    WorkflowSkipped,
    WorkflowTargetMatched,
    WorkflowTimeout,
    event_type,
)
from taskyard.core.ids import event_sid
from taskyard.core.routing import is_of_the_rules
from taskyard.server.api.addresses import Addresses

from .fields import REDACTED_AFTER_MS, fields_of, redacted, snake_case
from .subjects import Subject, subject_of

_BY_THE_RULES: frozenset[type[Event]] = frozenset(
    {
        ReservationCreated,
        ReservationFailed,
        ReservationRescinded,
        ReservationTimeout,
        TaskQueueEntered,
        TaskQueueMoved,
        TaskQueueTimeout,
        TaskSystemDeleted,
        WorkflowEntered,
        WorkflowSkipped,
        WorkflowTargetMatched,
        WorkflowTimeout,
    }
)
"""Nobody asks for these, though somebody's command may have led to them."""


class EventBody(msgspec.Struct, gc=False):
    """An event on the wire."""

    account_sid: str
    actor_sid: str
    actor_type: str
    actor_url: str | None
    description: str
    event_data: dict[str, str]
    event_date: str
    event_date_ms: int
    event_type: str
    resource_sid: str
    resource_type: str
    resource_url: str
    sid: str
    source: str
    source_ip_address: str | None
    url: str
    workspace_sid: str


def event_body(
    record: EventRecord, account_sid: str, workspace_sid: str, at: Addresses, now_ms: int
) -> EventBody:
    """An event as callers see it.

    Args:
        record: The event, and what it was about.
        account_sid: Whose workspace it is.
        workspace_sid: Which workspace it happened in.
        at: Where the workspace's resources are.
        now_ms: The instant, by which an old event is known.
    """
    cause = None if _is_by_the_rules(record.event) else record.cause
    fields = fields_of(record)
    if now_ms - record.at_ms > REDACTED_AFTER_MS:
        fields = redacted(fields)
    subject = subject_of(workspace_sid, record)
    if cause is None:
        actor_url: str | None = at.workspace
    else:
        actor_url = f"{at.workers}/{cause.actor_sid}" if cause.actor_type == "worker" else None
    sid = event_sid(workspace_sid, record.position)
    return EventBody(
        account_sid=account_sid,
        actor_sid=workspace_sid if cause is None else cause.actor_sid,
        actor_type="workspace" if cause is None else cause.actor_type,
        actor_url=actor_url,
        description=subject.description,
        event_data={
            "workspace_sid": workspace_sid,
            "workspace_name": record.details.workspace_name,
            **snake_case(fields),
        },
        event_date=date(record.at_ms),
        event_date_ms=record.at_ms,
        event_type=event_type(record.event),
        resource_sid=subject.resource_sid,
        resource_type=subject.resource_type,
        resource_url=_resource_url(subject, record, at),
        sid=sid,
        source="twilio" if cause is None else "api",
        source_ip_address=None if cause is None else cause.ip_address,
        url=f"{at.events}/{sid}",
        workspace_sid=workspace_sid,
    )


def _is_by_the_rules(event: Event) -> bool:
    if isinstance(event, TaskCanceled):
        return is_of_the_rules(event.reason)
    return type(event) in _BY_THE_RULES


def _resource_url(subject: Subject, record: EventRecord, at: Addresses) -> str:
    sid = subject.resource_sid
    match subject.resource_type:
        case "workspace":
            return at.workspace
        case "reservation":
            assert record.details.task is not None
            return f"{at.tasks}/{record.details.task.sid}/Reservations/{sid}"
        case "transfer":  # it has no address of its own
            assert record.details.task is not None
            return f"{at.tasks}/{record.details.task.sid}"
        case "activity":
            return f"{at.activities}/{sid}"
        case "task":
            return f"{at.tasks}/{sid}"
        case "taskchannel":
            return f"{at.task_channels}/{sid}"
        case "taskqueue":
            return f"{at.task_queues}/{sid}"
        case "worker":
            return f"{at.workers}/{sid}"
        case "workflow":
            return f"{at.workflows}/{sid}"
