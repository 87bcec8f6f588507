"""Who held a reservation on a task at the moment of an event, not a moment later."""

from collections.abc import Iterator

from taskyard.core.events import (
    Event,
    ReservationCanceled,
    ReservationCompleted,
    ReservationCreated,
    ReservationRejected,
    ReservationRescinded,
    ReservationTimeout,
    TaskCompleted,
)
from taskyard.core.ids import ReservationSid, TaskSid
from taskyard.core.state import State
from taskyard.engine import TurnRecord
from taskyard.server.api.reservations import LIVE

_ENDS = (
    ReservationRejected,
    ReservationTimeout,
    ReservationCanceled,
    ReservationRescinded,
    ReservationCompleted,
)


class Holders:
    """The holders of reservations throughout one turn.

    The state is that of the turn's end. So what the turn's own events did to a reservation is read
    from them, and only what they did not touch from the state.
    """

    def __init__(self, turn: TurnRecord, state: State) -> None:
        self._turn = turn
        self._state = state
        self._moved: dict[TaskSid, dict[ReservationSid, _Span]] | None = None

    def of(self, task_sid: TaskSid, at: int) -> Iterator[str]:
        """The workers who held a live reservation on a task at the turn's event of this index.

        Where a task is completed because its last reservation was, that one's worker is among them.
        """
        if self._moved is None:
            self._moved = self._look_through()
        moved = self._moved.get(task_sid, {})
        last = self._last_completed(task_sid, at)
        for sid, span in moved.items():
            if span.begins < at < span.ends or sid == last:
                yield span.worker_sid
        task = self._state.tasks.get(task_sid)
        for sid in () if task is None else task.reservations:
            reservation = self._state.reservations[sid]
            if sid not in moved and reservation.status in LIVE:
                yield reservation.worker_sid

    def _last_completed(self, task_sid: TaskSid, at: int) -> ReservationSid | None:
        """The reservation whose completion, the event before this one, completed the task."""
        turn = self._turn
        before = turn.events[at - 1] if at else None
        if not isinstance(turn.events[at], TaskCompleted):
            return None
        if not isinstance(before, ReservationCompleted):
            return None
        details = turn.details[at - 1]
        if details is None or details.task is None or details.task.sid != task_sid:
            return None
        return before.reservation_sid

    def _look_through(self) -> dict[TaskSid, dict[ReservationSid, "_Span"]]:
        found: dict[TaskSid, dict[ReservationSid, _Span]] = {}
        turn = self._turn
        for index, (event, details) in enumerate(zip(turn.events, turn.details, strict=True)):
            if not isinstance(event, (ReservationCreated, *_ENDS)):
                continue
            if details is None or details.task is None or details.worker is None:
                continue
            spans = found.setdefault(details.task.sid, {})
            span = spans.setdefault(event.reservation_sid, _Span(details.worker.sid))
            span.note(event, index)
        return found


class _Span:
    """Between which events of the turn a reservation was live."""

    __slots__ = ("begins", "ends", "worker_sid")

    def __init__(self, worker_sid: str) -> None:
        self.worker_sid = worker_sid
        self.begins = -1
        self.ends: float = float("inf")

    def note(self, event: Event, index: int) -> None:
        if isinstance(event, ReservationCreated):
            self.begins = index
        else:
            self.ends = index
