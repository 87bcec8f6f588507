"""The worker and the task of the language's reference, and questions about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskyard.core.expressions import Facts, Json, Scope, compile_condition, parse

MONDAY_0915_MS = 1_767_604_500_000  # Monday 5 January 2026, 09:15:00 UTC

WORKER_ATTRIBUTES: dict[str, Json] = {
    "skills": ["support", "sales"],
    "languages": ["en", "es"],
    "level": 3,
    "rating": 5.5,
    "score": "7",
    "name": "Ann Lee",
    "vip": True,
    "team": None,
    "routing": {"skills": ["billing"], "levels": {"billing": 4}},
    "list": [{"k": 1}, "b"],
}
TASK_ATTRIBUTES: dict[str, Json] = {
    "type": "support",
    "tier": "gold",
    "lang": "es",
    "n": 5,
    "s": "5",
    "ok": True,
    "flag": "true",
    "agents": ["WK1", "WK9"],
    "empty": [],
    "nested": {"a": ["x", "y"], "b": "z"},
    "last": None,
}


@dataclass
class Task:
    attributes: Mapping[str, Json] = field(default_factory=lambda: TASK_ATTRIBUTES)
    fields: Mapping[str, Json] = field(default_factory=dict)

    def field(self, name: str) -> Json:
        return self.fields.get(name)


@dataclass
class Worker:
    attributes: Mapping[str, Json] = field(default_factory=lambda: WORKER_ATTRIBUTES)
    fields: Mapping[str, Json] = field(
        default_factory=lambda: {
            "sid": "WK1",
            "friendly_name": "ann",
            "activity_sid": "WA1",
            "activity_name": "Available",
            "available": True,
            "assigned_tasks": 2,
        }
    )
    channels: Mapping[str, Mapping[str, Json]] = field(
        default_factory=lambda: {
            "voice": {
                "configured_capacity": 1,
                "assigned_tasks": 0,
                "available_capacity_percentage": 100,
                "available": True,
            },
            "chat": {
                "configured_capacity": 3,
                "assigned_tasks": 2,
                "available_capacity_percentage": 33,
                "available": True,
            },
        }
    )

    def field(self, name: str) -> Json:
        return self.fields.get(name)

    def channel(self, unique_name: str, item: str) -> Json:
        return self.channels.get(unique_name, {}).get(item)


@dataclass
class Staff:
    counts: Mapping[str, int]

    def count(self, name: str) -> int | None:
        return self.counts.get(name)


def holds(text: str, scope: Scope, facts: Facts) -> bool:
    answer = compile_condition(parse(text), scope)(facts)
    assert answer is True or answer is False
    return answer


def holds_of_worker(text: str, **attributes: Json) -> bool:
    """TargetWorkers: of the reference's worker, or of one with these attributes instead."""
    worker = Worker(attributes) if attributes else Worker()
    return holds(text, Scope.QUEUE, Facts(worker=worker))


def holds_of_task(text: str, now_ms: int = MONDAY_0915_MS, **attributes: Json) -> bool:
    """A filter: of the reference's task, or of one with these attributes instead."""
    task = Task(attributes) if attributes else Task()
    return holds(text, Scope.FILTER, Facts(task=task, now_ms=now_ms))


def holds_of_both(text: str) -> bool:
    """A target expression: of the reference's worker and task."""
    return holds(text, Scope.TARGET, Facts(worker=Worker(), task=Task(), now_ms=MONDAY_0915_MS))


def holds_of_staff(text: str, **counts: int) -> bool:
    """skip_if: of a queue with so many workers."""
    return holds(text, Scope.SKIP, Facts(staffing=Staff(counts), task=Task()))
