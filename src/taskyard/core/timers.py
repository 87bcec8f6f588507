"""What is due, and what is due next.

A heap of entries `(instant, kind, number, SID)`. An entry is never removed when it loses its
meaning: whether it still has one is asked of the state when its instant comes. Once most entries
are dead the living ones move to a second heap, a few with each clock that is started: hundreds of
thousands at once would hold everybody up.
"""

from collections.abc import Iterator
from enum import IntEnum
from heapq import heappop, heappush

from .events import (
    ReservationAccepted,
    ReservationCreated,
    TaskCreated,
    WorkflowTargetMatched,
)
from .ids import ReservationSid, TaskSid
from .limits import Limits
from .model import Reservation, ReservationStatus, Task
from .rules.turn import Watch, watch
from .state import State


class Due(IntEnum):
    """What can be due; of one instant, the earlier in this list comes first."""

    RESERVATION_TIMEOUT = 0
    TASK_TIMEOUT = 1
    ASSIGNED_TOO_LONG = 2
    STEP_TIMEOUT = 3


_RESERVATION_TIMEOUT, _TASK_TIMEOUT, _ASSIGNED_TOO_LONG, _STEP_TIMEOUT = map(int, Due)

_MOVED_AT_ONCE = 16
"""Entries that are looked at for each new one while the living move."""
_DEAD_AT_ONCE = 500
"""Entries without a meaning that are dropped in one go."""
_STARTED_AT_ONCE = 500
"""Tasks, or reservations, whose clocks are started in one step after a load: a millisecond."""

_Entry = tuple[int, int, int, str]
"""Instant, what is due, number, SID. Plain values only, so that no collector has to look at it."""


class Timers:
    """The clocks of one workspace's reservations and tasks. An index: nothing is kept in it alone.

    Source: TaskRouter, clocks and automatic deletion.
    """

    def __init__(self, state: State, limits: Limits) -> None:
        """No clock is started yet: go through `fill`."""
        self._state = state
        self._limits = limits
        self._heap: list[_Entry] = []
        self._leaving: list[_Entry] = []
        """A heap too, from whose end entries move to the other: what is left of it stays a heap."""
        self._compact_at = 0

    def fill(self) -> Iterator[None]:
        """Start the clocks of all that is in the state, which stays as it is, in small steps."""
        heap = self._heap
        for number, task in enumerate(self._state.tasks.values(), 1):
            if _is_accepted(task):
                heappush(heap, self._assigned_too_long(task))
            elif not task.ended:
                heappush(heap, self._task_timeout(task))
                if task.step_deadline_ms is not None:
                    heappush(heap, _step_timeout(task))
            if number % _STARTED_AT_ONCE == 0:
                yield
        for number, reservation in enumerate(self._state.reservations.values(), 1):
            if reservation.status is ReservationStatus.PENDING:
                heappush(heap, _reservation_timeout(reservation))
            if number % _STARTED_AT_ONCE == 0:
                yield
        self._compact_when_twice_as_many()

    def __len__(self) -> int:
        return len(self._heap) + len(self._leaving)

    def watches(self) -> list[Watch]:
        """The events that start a clock."""
        return [
            watch(TaskCreated, self._start_task_timeout),
            watch(WorkflowTargetMatched, self._start_step_timeout),
            watch(ReservationCreated, self._start_reservation_timeout),
            watch(ReservationAccepted, self._start_assigned_too_long),
        ]

    def next_ms(self) -> int | None:
        """The next instant at which something is due; it may come to nothing."""
        self._drop_dead()
        heap = self._first_heap()
        first = heap[0][0] if heap else None
        forget = self._next_forgetting_ms()
        if first is None or forget is None:
            return forget if first is None else first
        return min(first, forget)

    def may_be_due(self, now_ms: int) -> bool:
        """Whether `next_ms` could have come: a quick look that errs on the side of yes."""
        heap, leaving, finished_ms = self._heap, self._leaving, self._state.finished_ms
        return (
            (bool(heap) and heap[0][0] <= now_ms)
            or (bool(leaving) and leaving[0][0] <= now_ms)
            or (
                bool(finished_ms) and finished_ms[0] + self._limits.task_finished_s * 1000 <= now_ms
            )
        )

    def pop_due(self, now_ms: int, most: int) -> Iterator[tuple[Due, str]]:
        """What is due by this instant, in order, at most so many of it.

        Each is looked at when the one before has been dealt with, and left out if that ended it.
        Where very many came to nothing they use the call up: then the rest is due at once.
        """
        looks = most + _DEAD_AT_ONCE
        while most and looks and (heap := self._first_heap()) and heap[0][0] <= now_ms:
            looks -= 1
            entry = heappop(heap)
            if self._means_something(entry):
                most -= 1
                yield Due(entry[1]), entry[3]

    def forget_up_to(self, now_ms: int) -> int | None:
        """The instant up to which finished tasks are no longer kept; None if all still are."""
        finished_ms = self._state.finished_ms
        up_to_ms = now_ms // 1000 * 1000 - self._limits.task_finished_s * 1000
        return up_to_ms if finished_ms and finished_ms[0] <= up_to_ms else None

    def _first_heap(self) -> list[_Entry]:
        """The heap with the first entry of all; empty if there is none."""
        heap, leaving = self._heap, self._leaving
        return leaving if leaving and (not heap or leaving[0] < heap[0]) else heap

    def _drop_dead(self) -> None:
        """Let the first entry be one with a meaning, unless very many before it have none."""
        for _ in range(_DEAD_AT_ONCE):
            heap = self._first_heap()
            if not heap or self._means_something(heap[0]):
                return
            heappop(heap)

    def _push(self, entry: _Entry) -> None:
        heappush(self._heap, entry)
        if self._leaving:
            self._move_some()
        elif len(self._heap) > self._compact_at:
            self._heap, self._leaving = [], self._heap

    def _move_some(self) -> None:
        heap, leaving = self._heap, self._leaving
        for entry in leaving[-_MOVED_AT_ONCE:]:
            if self._means_something(entry):
                heappush(heap, entry)
        del leaving[-_MOVED_AT_ONCE:]
        if not leaving:
            self._compact_when_twice_as_many()

    def _compact_when_twice_as_many(self) -> None:
        self._compact_at = 2 * len(self._heap) + 1024

    def _start_task_timeout(self, event: TaskCreated) -> None:
        self._push(self._task_timeout(self._state.tasks[event.task_sid]))

    def _start_step_timeout(self, event: WorkflowTargetMatched) -> None:
        if event.step_deadline_ms is not None:
            self._push(_step_timeout(self._state.tasks[event.task_sid]))

    def _start_reservation_timeout(self, event: ReservationCreated) -> None:
        self._push(_reservation_timeout(self._state.reservations[event.reservation_sid]))

    def _start_assigned_too_long(self, event: ReservationAccepted) -> None:
        reservation = self._state.reservations[event.reservation_sid]
        task = self._state.tasks[reservation.task_sid]
        if task.live_reservations == 1:  # whoever takes it over gets no new clock
            self._push(self._assigned_too_long(task))

    def _means_something(self, entry: _Entry) -> bool:
        """Whether what the entry is for is still as it was when the clock was started."""
        instant, kind, _, sid = entry
        if kind == _RESERVATION_TIMEOUT:
            reservation = self._state.reservations.get(ReservationSid(sid))
            return (
                reservation is not None
                and reservation.status is ReservationStatus.PENDING
                and reservation.expires_ms == instant
            )
        task = self._state.tasks.get(TaskSid(sid))
        if task is None:
            return False
        if kind == _ASSIGNED_TOO_LONG:
            return not task.ended
        if task.ended or _is_accepted(task):
            return False
        return kind == _TASK_TIMEOUT or task.step_deadline_ms == instant

    def _next_forgetting_ms(self) -> int | None:
        """The full second at which the next finished task is no longer kept.

        Whole seconds, so that a busy workspace forgets once a second and not at every instant.
        """
        finished_ms = self._state.finished_ms
        if not finished_ms:
            return None
        instant = finished_ms[0] + self._limits.task_finished_s * 1000
        return -(-instant // 1000) * 1000

    def _task_timeout(self, task: Task) -> _Entry:
        instant = task.created_ms + task.timeout_s * 1000
        return (instant, _TASK_TIMEOUT, task.number, task.sid)

    def _assigned_too_long(self, task: Task) -> _Entry:
        assert task.assigned_ms is not None
        instant = task.assigned_ms + self._limits.task_assigned_s * 1000
        return (instant, _ASSIGNED_TOO_LONG, task.number, task.sid)


def _is_accepted(task: Task) -> bool:
    """Whether somebody has taken the task; it may wait all the same, for a transfer."""
    return task.live_reservations > 0


def _step_timeout(task: Task) -> _Entry:
    assert task.step_deadline_ms is not None
    return (task.step_deadline_ms, _STEP_TIMEOUT, task.number, task.sid)


def _reservation_timeout(reservation: Reservation) -> _Entry:
    number, sid = reservation.number, reservation.sid
    return (reservation.expires_ms, _RESERVATION_TIMEOUT, number, sid)
