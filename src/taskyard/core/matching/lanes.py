"""A lane: waiting tasks for whom the same workers will do, in their order."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from taskyard.core.expressions import Node, OrderClause
from taskyard.core.ids import TaskChannelSid, TaskQueueSid, TaskSid
from taskyard.core.model import Task, TaskOrder

if TYPE_CHECKING:
    from .pools import Lively, Pool

Place = tuple[int, int, int, int, TaskSid]
"""Where a task stands among all waiting tasks: the smaller, the earlier. Never two alike."""

LaneKey = tuple[
    TaskQueueSid | None,
    TaskChannelSid,
    tuple[Node, ...],
    tuple[OrderClause, ...],
    str | None,
]
"""Task queue, task channel, conditions, order of workers, and the worker wanted by SID or name."""


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
        if len(tasks) > 2 * self.live + 16:
            waiting = self._waiting
            tasks[:] = [entry for entry in tasks if waiting.get(entry[4]) is entry]
            heapify(tasks)
        if tasks[0] is entry:
            self.announced = None

    def remove(self, entry: Place) -> bool:
        """Let a task wait no longer.

        Returns:
            Whether it was the first one.
        """
        self.live -= 1
        return self._tasks[0] is entry

    def first(self) -> Place | None:
        """The task whose turn it is."""
        tasks, waiting = self._tasks, self._waiting
        while tasks:
            entry = tasks[0]
            if waiting.get(entry[4]) is entry:
                return entry
            heappop(tasks)
        return None
