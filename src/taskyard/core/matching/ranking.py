"""In which order workers are asked.

Source: TaskRouter, ordering workers: numbers of `order_by`, workers without one behind those with
one, ties by longest idle. A clause that meets a value other than a number among the candidates is
ignored for all of them.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from taskyard.core.expressions import Json, OrderClause, WorkerFacts, worker_value
from taskyard.core.ids import TaskChannelSid

from .seats import LongestIdle, Seat

Rank = tuple[object, ...]
"""The smaller, the earlier. Ends in the worker's creation, so that no two are alike."""


class Ranking(Protocol):
    """An order of workers."""

    grows: bool
    """Whether a worker's rank can only ever fall behind what it was."""
    by_last_offer: bool
    """Whether the last offer comes first in it, whatever it was for."""

    def rank(self, seat: Seat) -> Rank | None:
        """Where the worker stands; None if only a comparison of all candidates can say."""
        ...

    def sort(self, seats: Sequence[Seat]) -> list[Seat]:
        """All candidates in order."""
        ...


class ByIdleTime:
    """Longest idle first: on any task channel, or on one that has a circle of its own."""

    grows = True

    def __init__(self, own_circle: TaskChannelSid | None) -> None:
        self._channel_sid = own_circle
        self.by_last_offer = own_circle is None

    def rank(self, seat: Seat) -> LongestIdle:
        """Where the worker stands."""
        worker = seat.worker
        if self._channel_sid is None:
            return (worker.last_offer_ms, worker.status_changed_ms, worker.number)
        offered_ms = worker.channels[self._channel_sid].last_offer_ms
        return (offered_ms, worker.status_changed_ms, worker.number)

    def sort(self, seats: Sequence[Seat]) -> list[Seat]:
        """All candidates in order."""
        return sorted(seats, key=self.rank)


class ByClauses:
    """By the clauses of an `order_by`, ties by longest idle."""

    grows = False
    by_last_offer = False

    def __init__(self, clauses: Sequence[OrderClause], idle_time: ByIdleTime) -> None:
        self._clauses: list[tuple[Callable[[WorkerFacts], Json], int]] = [
            (worker_value(clause.path), -1 if clause.descending else 1) for clause in clauses
        ]
        self._idle_time = idle_time

    def rank(self, seat: Seat) -> Rank | None:
        """Where the worker stands; None if a value of theirs is no number."""
        subject = seat.subject
        keys: list[object] = []
        for value_of, sign in self._clauses:
            value = value_of(subject)
            if value is None:
                keys.append((1, 0))
            elif isinstance(value, int | float) and not isinstance(value, bool):
                keys.append((0, sign * value))
            else:
                return None
        return (*keys, *self._idle_time.rank(seat))

    def sort(self, seats: Sequence[Seat]) -> list[Seat]:
        """All candidates in order, without the clauses that do not compare numbers."""
        columns: list[list[tuple[int, int | float]]] = []
        for value_of, sign in self._clauses:
            column: list[tuple[int, int | float]] = []
            for seat in seats:
                value = value_of(seat.subject)
                if value is None:
                    column.append((1, 0))
                elif isinstance(value, int | float) and not isinstance(value, bool):
                    column.append((0, sign * value))
                else:
                    break
            else:
                columns.append(column)

        def rank(index: int) -> Rank:
            return (*(column[index] for column in columns), *self._idle_time.rank(seats[index]))

        return [seats[index] for index in sorted(range(len(seats)), key=rank)]
