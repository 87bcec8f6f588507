"""Which lane a waiting task belongs to, and which workers serve a lane."""

from collections.abc import Callable, Iterable

import msgspec

from taskyard.core.expressions import (
    Json,
    Node,
    OrderClause,
    Path,
    Scope,
    TaskFacts,
    bind,
    names_task,
    parse,
)
from taskyard.core.expressions.scopes import task_value
from taskyard.core.expressions.syntax import FALSE
from taskyard.core.ids import WorkerSid
from taskyard.core.model import Task, TaskQueue, Transfer, TransferType
from taskyard.core.workflow_document import Target

from .conditions import Split, split
from .lanes import Lane

_NO_CONDITION: tuple[Node, ...] = ()


class QueueMembers:
    """The workers whom a task queue is for: TargetWorkers, divided once.

    Attributes:
        members: Those for whom the steady part holds.
        lanes: The lanes of the task queue.
        order: How the tasks in them are ordered.
        friendly_name: What a task's `task_queue_friendly_name` said when the task was placed.
    """

    __slots__ = ("friendly_name", "lanes", "lively", "members", "order", "steady", "uses_clock")

    def __init__(self, queue: TaskQueue) -> None:
        self.order = queue.task_order
        self.friendly_name = queue.friendly_name
        self.lanes: dict[Lane, None] = {}
        parts = workers_meant(queue)
        self.steady = parts.steady
        self.lively = parts.lively
        self.uses_clock = parts.clock
        self.members = 0


def workers_meant(queue: TaskQueue) -> Split:
    """What TargetWorkers asks of a worker. An empty expression is for nobody."""
    node = parse(queue.target_workers) if queue.target_workers.strip() else FALSE
    return split(node, Scope.QUEUE)


class Wanted(msgspec.Struct, frozen=True):
    """What a task asks of its workers beside belonging to the task queue.

    Attributes:
        steady: Conditions whose answers change when a worker does.
        lively: Conditions whose answers change with the work in hand or the clock.
        known: The one worker wanted, as `sid:…` or `name:…`, or those who are not, as `not:…`;
            None for anybody.
        narrowed: Whether the task's own values are part of it.
        ages: Whether the task's age is part of it, which is another one every second.
    """

    steady: tuple[Node, ...]
    lively: tuple[Node, ...]
    uses_clock: bool
    order_by: tuple[OrderClause, ...]
    known: str | None
    narrowed: bool
    ages: bool


class Step:
    """One target of a workflow, prepared for the tasks that come to it.

    Tasks that agree in the values the target looks at are alike; what they want is worked out once.
    """

    _KEPT = 4096

    def __init__(self, target: Target) -> None:
        self.target = target
        paths: frozenset[Path] = frozenset()
        if target.condition is not None:
            paths = names_task(target.condition, Scope.TARGET)
        self._values: list[Callable[[TaskFacts], Json]] = [
            task_value(p) for p in sorted(paths, key=str)
        ]
        self._names_age = ("age",) in paths
        self.names_queue = ("task_queue_friendly_name",) in paths
        self.names_workflow = ("workflow_friendly_name",) in paths
        self._wanted: dict[bytes, Wanted] = {}

    def wanted(self, subject: TaskFacts) -> Wanted:
        """What this task asks of its workers at this step."""
        known = self._known_worker(subject)
        looked_at = [value(subject) for value in self._values]
        key = msgspec.json.encode((known, looked_at)) if looked_at or known else b""
        found = self._wanted.get(key)
        if found is None:
            if len(self._wanted) >= self._KEPT:
                self._wanted.clear()
            found = self._wanted[key] = self._work_out(subject, known)
        return found

    def _work_out(self, subject: TaskFacts, known: str | None) -> Wanted:
        steady, lively, clock = _NO_CONDITION, _NO_CONDITION, False
        if self.target.condition is not None:
            parts = split(bind(self.target.condition, subject), Scope.TARGET)
            steady, lively, clock = parts.steady, parts.lively, parts.clock
        return Wanted(
            steady=steady,
            lively=lively,
            uses_clock=clock,
            order_by=self.target.order_by,
            known=known,
            narrowed=bool(self._values) or known is not None,
            ages=self._names_age and "age" not in subject.attributes,
        )

    def _known_worker(self, subject: TaskFacts) -> str | None:
        known = self.target.known_worker
        if known is None:
            return None
        name = known.named_by(subject.attributes)
        if not isinstance(name, str):
            return "nobody:"
        return f"sid:{name}" if known.by == "sid" else f"name:{name.casefold()}"


ANYBODY = Wanted((), (), False, (), None, False, False)
"""What a task asks that is routed straight to a task queue."""


def routed_to(task: Task) -> Wanted:
    """What a task asks that is routed straight to a worker and respects their capacity."""
    return Wanted((), (), False, (), f"sid:{task.routing_target}", True, False)


def handed_to(transfer: Transfer, holders: Iterable[WorkerSid]) -> Wanted:
    """What a task asks that is handed on: that worker, or anybody but those who have it.

    Source: choice: a transfer respects activity and capacity, and waits until there is somebody.
    """
    if transfer.type is TransferType.WORKER:
        return Wanted((), (), False, (), f"sid:{transfer.to}", True, False)
    return Wanted((), (), False, (), f"not:{' '.join(sorted(set(holders)))}", True, False)
