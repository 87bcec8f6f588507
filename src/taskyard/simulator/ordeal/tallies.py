"""Statistics counted plainly: one line for everything that counts, and a walk through all lines."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from .nouns import Job

KEPT_MS = 30 * 3_600_000


class Line(NamedTuple):
    """What happened to one task, and for whom it counts.

    Waits are in whole seconds, from creation and from the entry into the task queue; None where
    nothing ended them.
    """

    at_ms: int
    name: str
    workflow: str | None
    queue: str | None
    worker: str | None
    wait_s: int
    in_queue_s: int


_NOT_OF_WORKSPACE = ("workflow entered", "queue entered")
_NOT_OF_WORKFLOW = ("created", "queue entered")
_NOT_OF_QUEUE = ("created", "workflow entered", "workflow timed out")


@dataclass
class Tallied:
    """What a window came to for one scope."""

    counts: Counter[str] = field(default_factory=Counter)
    accepted: Counter[int] = field(default_factory=Counter)
    canceled: Counter[int] = field(default_factory=Counter)
    in_queue: Counter[int] = field(default_factory=Counter)


class Tallies:
    """The lines of the last hours."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._drop_at = 1_000

    def note(
        self, name: str, at_ms: int, job: Job, worker: str | None = None, queue: str | None = None
    ) -> None:
        """Something happened to a task; in another queue than it is in now, if one is given."""
        entered_ms = job.created_ms if job.queue_entered_ms is None else job.queue_entered_ms
        line = Line(
            at_ms,
            name,
            job.workflow,
            queue or job.queue,
            worker,
            (at_ms - job.created_ms) // 1000,
            (at_ms - entered_ms) // 1000,
        )
        self._lines.append(line)
        if len(self._lines) > self._drop_at:
            self._lines = [one for one in self._lines if one.at_ms > at_ms - KEPT_MS]
            self._drop_at = 2 * len(self._lines) + 1_000

    def window(self, scope: str, start_ms: int, end_ms: int) -> Tallied:
        """What happened in a scope: a task queue, a workflow, or the workspace (an empty text)."""
        found = Tallied()
        for line in self._lines:
            if not start_ms <= line.at_ms < end_ms:
                continue
            if scope == "":
                counts = line.name not in _NOT_OF_WORKSPACE
            elif scope.startswith("WW"):
                counts = scope == line.workflow and line.name not in _NOT_OF_WORKFLOW
            else:
                counts = scope == line.queue and line.name not in _NOT_OF_QUEUE
            if not counts:
                continue
            found.counts[line.name] += 1
            if line.name == "accepted":
                found.accepted[line.wait_s] += 1
            if line.name in ("accepted", "accepted again"):
                found.in_queue[line.in_queue_s] += 1
            if line.name == "canceled":
                found.canceled[line.wait_s] += 1
        return found
