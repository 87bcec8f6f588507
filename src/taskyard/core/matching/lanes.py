"""A lane: waiting tasks for whom the same workers will do, in their order."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from taskyard.core.expressions import Node, OrderClause
from taskyard.core.ids import TaskChannelSid, TaskQueueSid, TaskSid
from taskyard.core.model import Task, TaskOrder

if TYPE_CHECKING:
    from .pools import Lively, Pool

Place = tuple[int, int, int, int, TaskSid]
"""Where a task stands among all waiting tasks: the smaller, the earlier. Never two alike."""

_MOVED_AT_ONCE = 8
"""Places that are looked at for each new one while those that are not given up move."""

LaneKey = tuple[
    TaskQueueSid | None,
    TaskChannelSid,
    tuple[Node, ...],
    tuple[OrderClause, ...],
    str | None,
]
"""Task queue, task channel, conditions, order of workers, and which workers are wanted or not."""


def place(task: Task, order: TaskOrder, prioritized: TaskOrder) -> Place:
    """Where a task stands, in a queue of this order.

    The workspace empties the queues of the prioritized order first.

    Source: TaskRouter, queue ordering: FIFO goes by priority, then age; LIFO by youth alone.
    """
    kind = 0 if order is prioritized else 1
    if order is TaskOrder.FIFO:
        return (kind, -task.priority, task.virtual_start_ms, task.number, task.sid)
    return (kind, 0, -task.virtual_start_ms, -task.number, task.sid)


class Lane:
    """Waiting tasks that differ in their order alone.

    A place is not removed from the heap when its task leaves. Once most are given up the others
    move to a second heap, a few with each task that joins: a hundred thousand at once would hold
    everybody up.

    Attributes:
        number: Counts lanes, so that two of them can be told apart in a heap.
        steady: What members have to fulfil beside belonging to the task queue.
        lively: What is asked of them at the moment of the offer.
        members: The workers who will do, but for the lively conditions.
        only: The same, in a pool that has more members than these; None where it has just these.
        narrowed: Whether the task itself narrows the choice down: there may be many such lanes.
        live: How many tasks wait here.
        counted: Whether it counts among the lanes that have a narrow pool of their own.
        alert: Whether it is to be looked at: a task has joined, or another worker will do.
        announced: The task that was last noted as its first.
    """

    __slots__ = (
        "_leaving",
        "_tasks",
        "_waiting",
        "alert",
        "announced",
        "counted",
        "key",
        "live",
        "lively",
        "members",
        "narrowed",
        "number",
        "only",
        "pool",
        "steady",
        "uses_clock",
    )

    def __init__(
        self,
        *,
        number: int,
        key: LaneKey,
        steady: tuple[Node, ...],
        lively: Lively,
        uses_clock: bool,
        narrowed: bool,
        waiting: dict[TaskSid, Place],
    ) -> None:
        self.number = number
        self.key = key
        self.steady = steady
        self.lively: Lively = lively
        self.uses_clock = uses_clock
        self.narrowed = narrowed
        self.members = 0
        self.only: int | None = None
        self.pool: Pool | None = None
        self.live = 0
        self.alert = False
        self.announced: Place | None = None
        self.counted = False
        self._tasks: list[Place] = []
        self._leaving: list[Place] = []
        """A heap too, from whose end places move to the other: what is left of it stays a heap."""
        self._waiting = waiting

    @property
    def task_queue_sid(self) -> TaskQueueSid | None:
        """The task queue; None for tasks routed to a worker without one."""
        return self.key[0]

    def add(self, entry: Place) -> None:
        """Let a task wait here. If it comes first, whoever was noted as the first no longer is."""
        self._waiting[entry[4]] = entry
        self.live += 1
        tasks = self._tasks
        heappush(tasks, entry)
        if self._leaving:
            self._move_some()
            tasks = self._first_heap()
        elif len(tasks) > 2 * self.live + 16:
            self._tasks, self._leaving = [], tasks
        if tasks[0] is entry:
            self.announced = None

    def remove(self, entry: Place) -> bool:
        """Let a task wait no longer.

        Returns:
            Whether it was the first one.
        """
        self.live -= 1
        return self._first_heap()[0] is entry

    def first(self) -> Place | None:
        """The task whose turn it is."""
        waiting = self._waiting
        while tasks := self._first_heap() if self._leaving else self._tasks:
            entry = tasks[0]
            if waiting.get(entry[4]) is entry:
                return entry
            heappop(tasks)
        return None

    def rearrange(self, stands: Callable[[TaskSid], Place]) -> None:
        """Let the same tasks wait in another order.

        Args:
            stands: Where a task stands from now on.
        """
        waiting = self._waiting
        heaps = (*self._tasks, *self._leaving)
        live = [entry[4] for entry in heaps if waiting.get(entry[4]) is entry]
        self._tasks = sorted(map(stands, live))
        self._leaving = []
        self.announced = None
        waiting.update((entry[4], entry) for entry in self._tasks)

    def _first_heap(self) -> list[Place]:
        """The heap with the first place of all; empty if there is none."""
        tasks, leaving = self._tasks, self._leaving
        return leaving if leaving and (not tasks or leaving[0] < tasks[0]) else tasks

    def _move_some(self) -> None:
        tasks, leaving, waiting = self._tasks, self._leaving, self._waiting
        for entry in leaving[-_MOVED_AT_ONCE:]:
            if waiting.get(entry[4]) is entry:
                heappush(tasks, entry)
        del leaving[-_MOVED_AT_ONCE:]
