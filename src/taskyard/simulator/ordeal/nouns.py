"""What the second model knows of each noun: what events have said, and nothing else."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Queue:
    """A task queue: for whom it is, and how many of them are asked at once."""

    target_workers: str
    max_reserved: int


@dataclass(slots=True)
class Flow:
    """A workflow: its rules by version, and how long an offer stands."""

    versions: dict[int, str]
    version: int
    timeout_s: int


@dataclass(slots=True)
class Person:
    """A worker. A channel has a capacity and is available or not."""

    activity: str
    attributes: str
    channels: dict[str, list[Any]]
    live: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Job:
    """A task. The `came_from` queue is where a transfer that fails takes it back to."""

    created_ms: int
    attributes: str
    priority: int
    timeout_s: int
    channel: str
    workflow: str | None
    queue: str | None
    worker: str | None
    """The one worker whom it is routed to."""
    ignores_capacity: bool
    status: str = "pending"
    version: int = 0
    step: tuple[int, int] | None = None
    deadline_ms: int | None = None
    queue_entered_ms: int | None = None
    reason: str | None = None
    offers: list[str] = field(default_factory=list)
    assigned_ms: int | None = None
    transfer: str | None = None
    came_from: tuple[str | None, int | None] = (None, None)

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.status in ("completed", "canceled")


@dataclass(slots=True)
class Offer:
    """A reservation."""

    task: str
    worker: str
    channel: str
    created_ms: int
    expires_ms: int
    ignores_capacity: bool
    status: str = "pending"


@dataclass(slots=True)
class HandingOn:
    """A transfer."""

    task: str
    to: str
    first_offer: str
    status: str = "initiated"


LIVE = ("pending", "accepted", "wrapping")
HELD = ("accepted", "wrapping")
MAY_FOLLOW = {
    "pending": {"accepted", "rejected", "timeout", "canceled", "rescinded"},
    "accepted": {"wrapping", "completed"},
    "wrapping": {"completed"},
}
"""Of an offer. Whatever is not here is the end."""
