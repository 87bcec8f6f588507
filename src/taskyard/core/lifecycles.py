"""Which status may follow which: two tables, from which rules, tests and diagrams are made.

Source: TaskRouter, lifecycle of a task and of a reservation.
"""

from .model import ReservationStatus as R
from .model import TaskStatus as T

TASK: dict[T, frozenset[T]] = {
    T.PENDING: frozenset({T.RESERVED, T.CANCELED}),
    T.RESERVED: frozenset({T.PENDING, T.ASSIGNED, T.CANCELED}),
    T.ASSIGNED: frozenset({T.WRAPPING, T.COMPLETED}),
    T.WRAPPING: frozenset({T.COMPLETED}),
    T.COMPLETED: frozenset(),
    T.CANCELED: frozenset(),
}

RESERVATION: dict[R, frozenset[R]] = {
    R.PENDING: frozenset({R.ACCEPTED, R.REJECTED, R.TIMEOUT, R.CANCELED, R.RESCINDED}),
    R.ACCEPTED: frozenset({R.WRAPPING, R.COMPLETED}),
    R.WRAPPING: frozenset({R.COMPLETED}),
    R.COMPLETED: frozenset(),
    R.REJECTED: frozenset(),
    R.TIMEOUT: frozenset(),
    R.CANCELED: frozenset(),
    R.RESCINDED: frozenset(),
}

LIVE_RESERVATION = frozenset({R.PENDING, R.ACCEPTED, R.WRAPPING})
"""These take up capacity."""

WITHDRAWN_RESERVATION = frozenset({R.TIMEOUT, R.CANCELED, R.RESCINDED})
"""Nobody's answer ended these; whoever still answers hears that they are gone."""
