"""What an expression may look at.

The core's own tasks and workers are not of these types: they are seen through them, so that the
language depends on nothing, and a value nobody asks for is never computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
"""A JSON value as msgspec decodes it."""


class TaskFacts(Protocol):
    """A task, as expressions see it."""

    @property
    def attributes(self) -> Mapping[str, Json]:
        """The parsed attributes."""
        ...

    def field(self, name: str) -> Json:
        """The task's own property, as in `task.priority`; None when there is none."""
        ...


class WorkerFacts(Protocol):
    """A worker, as expressions see it."""

    @property
    def attributes(self) -> Mapping[str, Json]:
        """The parsed attributes."""
        ...

    def field(self, name: str) -> Json:
        """The worker's own property, as in `worker.sid`; None when there is none.

        These are `sid`, `friendly_name`, `activity_sid`, `activity_name`, `available` and
        `assigned_tasks`.
        """
        ...

    def channel(self, unique_name: str, item: str) -> Json:
        """What `worker.channel.<unique_name>.<item>` says; None when there is none.

        Items are `configured_capacity`, `assigned_tasks`, `available_capacity_percentage` and
        `available`.
        """
        ...


class Staffing(Protocol):
    """The workers of one task queue, counted."""

    def count(self, name: str) -> int | None:
        """How many are `available`, `unavailable`, or in the activity of that SID.

        None when the name is none of these.
        """
        ...


@dataclass(slots=True, kw_only=True)
class Facts:
    """All that one evaluation sees. Mutable, so that one may serve for many workers in turn.

    Whatever is None is seen as if each of its values were null.
    """

    task: TaskFacts | None = None
    worker: WorkerFacts | None = None
    staffing: Staffing | None = None
    now_ms: int = 0
