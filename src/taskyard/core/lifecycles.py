"""Which status may follow which: three tables, from which rules, tests and diagrams are made.

Source: TaskRouter, lifecycle of a task, of a reservation and of a transfer.
"""

from .model import ReservationStatus as R
from .model import TaskStatus as T
from .model import TransferStatus as H

TASK: dict[T, frozenset[T]] = {
    T.PENDING: frozenset({T.RESERVED, T.ASSIGNED, T.CANCELED}),
    T.RESERVED: frozenset({T.PENDING, T.ASSIGNED, T.CANCELED}),
    T.ASSIGNED: frozenset({T.PENDING, T.WRAPPING, T.COMPLETED}),
    T.WRAPPING: frozenset({T.COMPLETED}),
    T.COMPLETED: frozenset(),
    T.CANCELED: frozenset(),
}
"""An assigned task waits again while it is handed on; it is assigned again when that has ended."""

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

TRANSFER: dict[H, frozenset[H]] = {
    H.INITIATED: frozenset({H.COMPLETE, H.FAILED, H.CANCELED}),
    H.COMPLETE: frozenset(),
    H.FAILED: frozenset(),
    H.CANCELED: frozenset(),
}

LIVE_RESERVATION = frozenset({R.PENDING, R.ACCEPTED, R.WRAPPING})
"""These take up capacity."""

WITHDRAWN_RESERVATION = frozenset({R.TIMEOUT, R.CANCELED, R.RESCINDED})
"""Nobody's answer ended these; whoever still answers hears that they are gone."""
