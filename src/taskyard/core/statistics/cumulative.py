"""Sums of facts over spans of time, and what statistics are made of them.

Sums of two spans that lie side by side, merged, are the sums of both together, exactly: waiting
times are kept as counts of whole seconds, so that any threshold and any percentile can be asked of
any span.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec

from .facts import Fact, FactKind

WORKSPACE = ""
"""The scope of all tasks; others are the SIDs of a workflow or a task queue."""

Cell = tuple[str, str]
"""A scope and a task channel, or a worker and a task channel."""
Waits = dict[int, int]
"""How many waits there were of so many whole seconds."""

_KINDS = len(FactKind)
_IN_WORKSPACE = frozenset(FactKind) - {FactKind.WORKFLOW_ENTERED, FactKind.TASK_QUEUE_ENTERED}
_IN_WORKFLOW = frozenset(FactKind) - {FactKind.TASK_CREATED, FactKind.TASK_QUEUE_ENTERED}
_IN_TASK_QUEUE = frozenset(FactKind) - {
    FactKind.TASK_CREATED,
    FactKind.WORKFLOW_ENTERED,
    FactKind.WORKFLOW_TIMED_OUT,
}
_ACCEPTED, _AGAIN, _CANCELED = (
    FactKind.RESERVATION_ACCEPTED,
    FactKind.RESERVATION_ACCEPTED_AGAIN,
    FactKind.TASK_CANCELED,
)


_FIRST_OF_WORKERS = int(FactKind.RESERVATION_CREATED)
_what_matters = attrgetter(
    "kind", "task_channel_sid", "workflow_sid", "task_queue_sid", "wait_s", "in_queue_s"
)
_whose = attrgetter("worker_sid", "task_channel_sid", "kind")


class TaskSums(msgspec.Struct, array_like=True, gc=False):
    """What happened to the tasks of one scope and channel.

    Attributes:
        counts: By `FactKind`.
        accepted: Waits from creation that the first acceptance of a task ended.
        accepted_again: Those from creation to a later acceptance.
        canceled: Those from creation that a cancellation ended.
        in_queue: Waits from the entry into the task queue to any acceptance.
    """

    counts: list[int]
    accepted: Waits
    accepted_again: Waits
    canceled: Waits
    in_queue: Waits

    def add(self, kind: int, wait_s: int, in_queue_s: int, count: int = 1) -> None:
        """Count so many facts that are alike; see `Fact` for what is told of each."""
        self.counts[kind] += count
        if kind in (_ACCEPTED, _AGAIN):
            waits = self.accepted if kind == _ACCEPTED else self.accepted_again
            waits[wait_s] = waits.get(wait_s, 0) + count
            self.in_queue[in_queue_s] = self.in_queue.get(in_queue_s, 0) + count
        elif kind == _CANCELED:
            self.canceled[wait_s] = self.canceled.get(wait_s, 0) + count

    def merge(self, other: "TaskSums") -> None:
        """Count what another has counted."""
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        for mine, others in (
            (self.accepted, other.accepted),
            (self.accepted_again, other.accepted_again),
            (self.canceled, other.canceled),
            (self.in_queue, other.in_queue),
        ):
            for wait_s, count in others.items():
                mine[wait_s] = mine.get(wait_s, 0) + count

    def count(self, *kinds: FactKind) -> int:
        """How many facts of these kinds there were."""
        return sum(self.counts[kind] for kind in kinds)


def no_tasks() -> TaskSums:
    """Nothing has happened yet."""
    return TaskSums([0] * _KINDS, {}, {}, {}, {})


WorkerCounts = list[int]
"""By `FactKind`; only those of reservations are ever above 0."""


def scopes_of(kind: int, workflow_sid: str | None, task_queue_sid: str | None) -> list[str]:
    """The scopes that a fact of this kind, workflow and task queue counts for."""
    scopes = [WORKSPACE] if kind in _IN_WORKSPACE else []
    if workflow_sid is not None and kind in _IN_WORKFLOW:
        scopes.append(workflow_sid)
    if task_queue_sid is not None and kind in _IN_TASK_QUEUE:
        scopes.append(task_queue_sid)
    return scopes


class Sums:
    """All that statistics keep of the facts of a span of time.

    Attributes:
        tasks: By scope and task channel.
        workers: By worker and task channel.
    """

    __slots__ = ("tasks", "workers")

    def __init__(self) -> None:
        self.tasks: dict[Cell, TaskSums] = {}
        self.workers: dict[Cell, WorkerCounts] = {}

    def add_all(self, facts: Sequence[Fact]) -> None:
        """Count some facts for everybody whom they concern.

        Those that are alike in all that matters are counted first, so that each scope is looked for
        once and not fact by fact.
        """
        alike = Counter(map(_what_matters, facts))
        for (kind, channel, workflow, queue, wait_s, in_queue_s), count in alike.items():
            for scope in scopes_of(kind, workflow, queue):
                self.of(scope, channel).add(kind, wait_s, in_queue_s, count)
        offers = Counter(map(_whose, [one for one in facts if one.kind >= _FIRST_OF_WORKERS]))
        for (worker, channel, kind), count in offers.items():
            if worker is not None:
                self.of_worker(worker, channel)[kind] += count

    def of(self, scope: str, task_channel_sid: str) -> TaskSums:
        """The sums of one scope and channel."""
        cell = scope, task_channel_sid
        found = self.tasks.get(cell)
        if found is None:
            found = self.tasks[cell] = no_tasks()
        return found

    def of_worker(self, worker_sid: str, task_channel_sid: str) -> WorkerCounts:
        """The counts of one worker and channel."""
        cell = worker_sid, task_channel_sid
        found = self.workers.get(cell)
        if found is None:
            found = self.workers[cell] = [0] * _KINDS
        return found


def merged_counts(all_counts: Iterable[Sequence[int]]) -> WorkerCounts:
    """The sums, kind by kind."""
    total = [0] * _KINDS
    for counts in all_counts:
        total = [a + b for a, b in zip(total, counts, strict=True)]
    return total


def of_reservations(counts: Sequence[int]) -> WorkerCounts:
    """The counts of reservations, without those of tasks."""
    return [0] * _FIRST_OF_WORKERS + [*counts[_FIRST_OF_WORKERS:]]


class Spread(msgspec.Struct, frozen=True, gc=False):
    """Waits in whole seconds: the average is cut off, and all are 0 where there was none."""

    avg: int = 0
    min: int = 0
    max: int = 0
    total: int = 0


def spread(*all_waits: Mapping[int, int]) -> Spread:
    """The waits of several counts together."""
    number = sum(sum(waits.values()) for waits in all_waits)
    if number == 0:
        return Spread()
    total = sum(wait_s * count for waits in all_waits for wait_s, count in waits.items())
    return Spread(
        total // number,
        min(min(waits) for waits in all_waits if waits),
        max(max(waits) for waits in all_waits if waits),
        total,
    )


def at_most(waits: Mapping[int, int], threshold_s: int) -> int:
    """How many waits were not longer than a threshold."""
    return sum(count for wait_s, count in waits.items() if wait_s <= threshold_s)


def percentile(waits: Mapping[int, int], per_cent: int) -> int | None:
    """The shortest wait that so many per cent of all waits do not exceed; None without waits.

    Exact for whole seconds: the nearest rank, not an estimate.
    """
    number = sum(waits.values())
    rank = -(-number * per_cent // 100)
    for wait_s in sorted(waits):
        rank -= waits[wait_s]
        if rank <= 0:
            return wait_s
    return None
