"""JSON Schemas of the answers, made from the structs that the answers are encoded from.

The structs know types and what may be null. What their types do not say, that a text is a SID or a
date, follows from a property's name, because the API gives a name one meaning everywhere.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from taskyard.core.model import ReservationStatus, TaskOrder, TaskStatus

from .parameters import sid_schema

COMPONENTS = "#/components/schemas/"

_SIDS = {
    "account_sid": ("AC",),
    "activity_sid": ("WA",),
    "actor_sid": ("AC", "WK", "WS"),
    "assignment_activity_sid": ("WA",),
    "default_activity_sid": ("WA",),
    "longest_relative_task_sid_in_queue": ("WT",),
    "longest_task_waiting_sid": ("WT",),
    "reservation_activity_sid": ("WA",),
    "resource_sid": ("TC", "TT", "WA", "WK", "WQ", "WR", "WS", "WT", "WW"),
    "routing_target": ("WK", "WQ", "WW"),
    "task_channel_sid": ("TC",),
    "task_queue_sid": ("WQ",),
    "task_sid": ("WT",),
    "timeout_activity_sid": ("WA",),
    "worker_sid": ("WK",),
    "workflow_sid": ("WW",),
    "workspace_sid": ("WS",),
}
_OWN_SIDS = {
    "Activity": "WA",
    "Event": "EV",
    "ActivityDuration": "WA",
    "ActivityWorkers": "WA",
    "Reservation": "WR",
    "Task": "WT",
    "TaskChannel": "TC",
    "TaskQueue": "WQ",
    "Worker": "WK",
    "WorkerChannel": "WC",
    "Workflow": "WW",
    "Workspace": "WS",
}
_WORDS: dict[str, type[TaskStatus] | type[ReservationStatus] | type[TaskOrder]] = {
    "assignment_status": TaskStatus,
    "reservation_status": ReservationStatus,
    "task_order": TaskOrder,
    "prioritize_queue_order": TaskOrder,
}
_JSON_TEXTS = ("attributes", "addons", "configuration")
_ADDRESSES = ("url", "actor_url", "resource_url")
_DATES = (
    "event_date",
    "virtual_start_time",
    "task_queue_entered_date",
    "start_time",
    "end_time",
)


def name_of(answer: type[msgspec.Struct]) -> str:
    """What the schema of an answer is called."""
    return answer.__name__.removesuffix("Body")


def reference_to(answer: type[msgspec.Struct]) -> dict[str, Any]:
    """A schema that stands for the one of an answer."""
    return {"$ref": COMPONENTS + name_of(answer)}


def answer_schemas(answers: Iterable[type[msgspec.Struct]]) -> dict[str, Any]:
    """The schemas of these answers and of what they hold, by name."""
    template = COMPONENTS + "{name}"
    _, made = msgspec.json.schema_components(list(answers), ref_template=template)
    schemas: dict[str, Any] = {}
    for full_name, schema in sorted(made.items()):
        name = full_name.removesuffix("Body")
        is_links = name.endswith("Links")
        schemas[name] = {
            "type": "object",
            "description": schema["description"],
            "properties": {
                key: _meant(schema_of_it, _meaning(name, key, is_links))
                for key, schema_of_it in schema["properties"].items()
            },
            "required": schema["required"],
        }
    return schemas


def _meaning(noun: str, key: str, is_link: bool) -> Mapping[str, Any]:
    """What a property's name says beyond its type."""
    if is_link or key in _ADDRESSES or key.endswith("page_url"):
        return {"format": "uri"}
    if key == "sid":
        return sid_schema(_OWN_SIDS[noun])
    if key in _SIDS:
        return sid_schema(*_SIDS[key])
    if key in _WORDS:
        return {"enum": [str(word) for word in _WORDS[key]]}
    if key.startswith("date_") or key in _DATES:
        return {"format": "date-time"}
    if key in _JSON_TEXTS:
        return {"contentMediaType": "application/json"}
    return {}


def _meant(schema: Mapping[str, Any], meaning: Mapping[str, Any]) -> dict[str, Any]:
    """A property's schema with its meaning, which null does not have."""
    if "anyOf" in schema:
        return {
            "anyOf": [
                one if one == {"type": "null"} else {**one, **meaning} for one in schema["anyOf"]
            ]
        }
    return {**schema, **meaning}
