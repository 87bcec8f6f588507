"""The tasks that there are, counted: kept up to date by events, read at once.

An index of the state, like those of `matching`: what an event has touched is looked at again, so
hearing of the same event twice does no harm. A read costs the same whatever the backlog is.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush

import msgspec

from taskyard.core.events import Event, TaskCanceled, TaskCompleted, TasksForgotten
from taskyard.core.ids import ReservationSid, TaskSid
from taskyard.core.model import Task, TaskStatus
from taskyard.core.state import State
from taskyard.core.steps import Steps

STATUSES = tuple(TaskStatus)
_NUMBER = {status: number for number, status in enumerate(STATUSES)}
_WAITING = (_NUMBER[TaskStatus.PENDING], _NUMBER[TaskStatus.RESERVED])
_ENDED = (_NUMBER[TaskStatus.COMPLETED], _NUMBER[TaskStatus.CANCELED])
_TASKS_A_STEP = 500
_DEAD_ENTRIES = 64
"""So many, beside as many as are alive, may stand in a heap before it is made anew."""

Scope = tuple[str, str]
"""A task queue, a workflow or the workspace (an empty text), and a task channel."""
_Entry = tuple[int, int, TaskSid]
"""Since when a task waits, its number, and its SID."""


class _Seen(msgspec.Struct, frozen=True, gc=False):
    """A task as it was counted."""

    status: int
    priority: int
    task_channel_sid: str
    workflow_sid: str | None
    task_queue_sid: str | None
    created_ms: int
    entered_ms: int
    number: int

    @property
    def waits(self) -> bool:
        return self.status in _WAITING

    def scopes(self) -> Iterator[Scope]:
        yield "", self.task_channel_sid
        if self.workflow_sid is not None:
            yield self.workflow_sid, self.task_channel_sid
        if self.task_queue_sid is not None:
            yield self.task_queue_sid, self.task_channel_sid


class _Counted:
    """The tasks of one scope."""

    __slots__ = ("by_priority", "by_status", "since_created", "since_entered")

    def __init__(self) -> None:
        self.by_status = [0] * len(STATUSES)
        self.by_priority: dict[int, int] = {}
        self.since_created: list[_Entry] = []
        self.since_entered: list[_Entry] = []

    def count(self, seen: _Seen, by: int) -> None:
        self.by_status[seen.status] += by
        if seen.status not in _ENDED:
            left = self.by_priority.get(seen.priority, 0) + by
            if left:
                self.by_priority[seen.priority] = left
            else:
                del self.by_priority[seen.priority]


class TaskCounts(msgspec.Struct, kw_only=True):
    """The tasks of a task queue, a workflow or a workspace as they are.

    Attributes:
        by_status: How many there are, for every status.
        by_priority: The unfinished ones, for every priority that occurs.
        longest_sid: The one that has waited longest since its creation, None if none waits …
        longest_since_ms: … and when that was.
        longest_in_queue_sid: The one that has waited longest since it entered its task queue …
        longest_in_queue_since_ms: … and when that was.
    """

    by_status: dict[TaskStatus, int]
    by_priority: dict[int, int]
    longest_sid: str | None = None
    longest_since_ms: int = 0
    longest_in_queue_sid: str | None = None
    longest_in_queue_since_ms: int = 0

    @property
    def unfinished(self) -> int:
        """How many are not over."""
        return sum(self.by_priority.values())


class RealTime:
    """Counts the tasks of one state by task queue, workflow and task channel."""

    def __init__(self, state: State) -> None:
        """Nothing is counted yet: call `filling`."""
        self.state = state
        self._seen: dict[TaskSid, _Seen] = {}
        self._scopes: dict[Scope, _Counted] = {}
        self._channels: dict[str, dict[str, None]] = {}
        """The task channels in which a scope has, or had, tasks."""
        self._finished: deque[TaskSid] = deque()
        """In the order in which they ended, which is the order in which they are forgotten."""

    def filling(self) -> Steps[None]:
        """Count all tasks, in steps; events may be heard in between."""
        for number, sid in enumerate([*self.state.tasks], 1):
            self._look(sid)
            if number % _TASKS_A_STEP == 0:
                yield
        self._finished = deque(self.state.finished)

    def hear(self, events: Iterable[Event]) -> None:
        """Follow what has just happened to the state."""
        for sid in self._touched(events):
            self._look(sid)

    def counts(self, scope: str, task_channel_sid: str | None = None) -> TaskCounts:
        """The tasks of a scope.

        Args:
            scope: The SID of a task queue or a workflow; an empty text for the whole workspace.
            task_channel_sid: Only those of this channel.
        """
        if task_channel_sid is None:
            channels: Iterable[str] = self._channels.get(scope, ())
        else:
            channels = (task_channel_sid,)
        by_status = [0] * len(STATUSES)
        found = TaskCounts(by_status={}, by_priority={})
        longest: list[_Entry] = []
        longest_in_queue: list[_Entry] = []
        for channel in channels:
            counted = self._scopes.get((scope, channel))
            if counted is None:
                continue
            by_status = [a + b for a, b in zip(by_status, counted.by_status, strict=True)]
            for priority, number in counted.by_priority.items():
                found.by_priority[priority] = found.by_priority.get(priority, 0) + number
            longest += self._first((scope, channel), counted.since_created, of_queue=False)
            longest_in_queue += self._first((scope, channel), counted.since_entered, of_queue=True)
        found.by_status = dict(zip(STATUSES, by_status, strict=True))
        if longest:
            found.longest_since_ms, _, found.longest_sid = min(longest)
        if longest_in_queue:
            found.longest_in_queue_since_ms, _, found.longest_in_queue_sid = min(longest_in_queue)
        return found

    # --- keeping up ---

    def _touched(self, events: Iterable[Event]) -> dict[TaskSid, None]:
        touched: dict[TaskSid, None] = {}
        for event in events:
            sid: TaskSid | None = getattr(event, "task_sid", None)
            if sid is not None:
                touched[sid] = None
                if isinstance(event, TaskCompleted | TaskCanceled):
                    self._finished.append(sid)
                continue
            reservation_sid: ReservationSid | None = getattr(event, "reservation_sid", None)
            if reservation_sid is not None:
                # One that is gone went with its task, and an event of that is among these.
                reservation = self.state.reservations.get(reservation_sid)
                if reservation is not None:
                    touched[reservation.task_sid] = None
            elif isinstance(event, TasksForgotten):
                self._forget(touched)
        return touched

    def _forget(self, touched: dict[TaskSid, None]) -> None:
        """Look at the finished tasks that are no more: the longest finished go first."""
        tasks = self.state.tasks
        while self._finished and self._finished[0] not in tasks:
            touched[self._finished.popleft()] = None

    def _look(self, sid: TaskSid) -> None:
        """Count a task as it is now, and no longer as it was."""
        task = self.state.tasks.get(sid)
        before = self._seen.get(sid)
        now = None if task is None else _seen(task)
        if now == before:
            return
        if before is not None:
            for scope in before.scopes():
                self._scopes[scope].count(before, -1)
        if now is None:
            del self._seen[sid]
            return
        self._seen[sid] = now
        for scope in now.scopes():
            counted = self._scopes.get(scope)
            if counted is None:
                counted = self._scopes[scope] = _Counted()
                self._channels.setdefault(scope[0], {})[scope[1]] = None
            counted.count(now, 1)
            if now.waits and not (before is not None and before.waits and _same(before, now)):
                self._push(scope, counted.since_created, now.created_ms, sid, of_queue=False)
                if scope[0] == now.task_queue_sid:
                    self._push(scope, counted.since_entered, now.entered_ms, sid, of_queue=True)

    # --- who has waited longest ---

    def _push(
        self, scope: Scope, heap: list[_Entry], since_ms: int, sid: TaskSid, *, of_queue: bool
    ) -> None:
        heappush(heap, (since_ms, self._seen[sid].number, sid))
        counted = self._scopes[scope]
        alive = sum(counted.by_status[status] for status in _WAITING)
        if len(heap) > 2 * alive + _DEAD_ENTRIES:
            heap[:] = {one for one in heap if self._is_alive(scope, one, of_queue=of_queue)}
            heapify(heap)

    def _first(self, scope: Scope, heap: list[_Entry], *, of_queue: bool) -> list[_Entry]:
        """The first entry that still holds, if there is one; those before it are dropped."""
        while heap and not self._is_alive(scope, heap[0], of_queue=of_queue):
            heappop(heap)
        return heap[:1]

    def _is_alive(self, scope: Scope, entry: _Entry, *, of_queue: bool) -> bool:
        since_ms, _, sid = entry
        seen = self._seen.get(sid)
        if seen is None or not seen.waits or scope not in seen.scopes():
            return False
        return since_ms == (seen.entered_ms if of_queue else seen.created_ms)


def _seen(task: Task) -> _Seen:
    entered_ms = task.task_queue_entered_ms
    return _Seen(
        _NUMBER[task.status],
        task.priority,
        task.task_channel_sid,
        task.workflow_sid,
        task.task_queue_sid,
        task.created_ms,
        task.created_ms if entered_ms is None else entered_ms,
        task.number,
    )


def _same(one: _Seen, other: _Seen) -> bool:
    """Whether the entries of one in the heaps are those of the other too."""
    return (
        one.task_channel_sid == other.task_channel_sid
        and one.workflow_sid == other.workflow_sid
        and one.task_queue_sid == other.task_queue_sid
        and one.entered_ms == other.entered_ms
    )
