"""What clients asked of several nodes and what they heard, and what the nodes showed in the end.

Whoever judges it knows the published interface and nothing of what is behind it.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One request; instants are of one monotonic clock, that of the clients."""

    kind: str
    """`create` of a task; `accepted`, `rejected`, `completed` of a reservation; `canceled` of a
    task; `read` of a task; or the name of something that is only judged by its status."""
    workspace: str
    node: str
    subject: str
    """The tag in a new task's attributes, or the SID of what is acted on."""
    start_s: float
    end_s: float
    status: int | None
    """None: nothing was heard."""
    key: str | None = None
    version: int | None = None
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return self.status in (200, 201)

    @property
    def is_refused(self) -> bool:
        return self.status is not None and 400 <= self.status < 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event, as a stream told it."""

    place: int
    sid: str
    type: str
    task: str | None
    reservation: str | None


@dataclass(slots=True, kw_only=True)
class View:
    """What one node shows of a workspace when everything is over, by SID."""

    tasks: dict[str, dict[str, Any]]
    reservations: dict[str, dict[str, Any]]
    workers: dict[str, dict[str, Any]]
    sequence: list[Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that was done to a node or the database; `over_s` is when it was undone."""

    kind: str
    start_s: float
    over_s: float
    alone: bool
    """Whether nothing else was done until the offers flowed again."""


@dataclass(slots=True)
class History:
    operations: list[Operation] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    views: dict[str, dict[str, View]] = field(default_factory=lambda: defaultdict(dict))
    """By workspace and node."""
    followed: dict[str, list[Told]] = field(default_factory=dict)
    """By workspace: what one reader heard who was there all the time, at one node or another."""


def counts(history: History) -> dict[str, int]:
    """How often each fault was done, what was asked meanwhile, and how much of it was answered."""
    return {
        **Counter(one.kind for one in history.faults),
        "requests": len(history.operations),
        "acknowledged": sum(one.is_done for one in history.operations),
        "events": sum(len(heard) for heard in history.followed.values()),
    }
