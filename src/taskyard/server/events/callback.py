"""An event as an event callback tells it.

Source: TaskRouter, events, section 3.1.
"""

from taskyard.core.event_details import EventRecord
from taskyard.core.events import event_type
from taskyard.core.ids import event_sid

from .fields import fields_of
from .subjects import subject_of


def callback_parameters(
    record: EventRecord, account_sid: str, workspace_sid: str
) -> dict[str, str]:
    """The form that tells of an event: every value is text, and what has none is left out."""
    subject = subject_of(workspace_sid, record)
    return {
        "EventType": event_type(record.event),
        "EventDescription": subject.description,
        "AccountSid": account_sid,
        "WorkspaceSid": workspace_sid,
        "WorkspaceName": record.details.workspace_name,
        "ResourceType": subject.resource_type,
        "ResourceSid": subject.resource_sid,
        "Sid": event_sid(workspace_sid, record.position),
        "Timestamp": str(record.at_ms // 1000),
        "TimestampMs": str(record.at_ms),
        **fields_of(record),
    }
