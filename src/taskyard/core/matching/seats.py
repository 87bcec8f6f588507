"""Workers as numbered seats: a set of workers is an integer with their bits."""

from collections.abc import Iterator

from taskyard.core.ids import ActivitySid, WorkerSid
from taskyard.core.model import Worker
from taskyard.core.state import State
from taskyard.core.subjects import WorkerSubject

from .idle_order import IdleOrder

LongestIdle = tuple[int, int, int]
"""Last offer, last change of activity, creation: the smaller, the longer without work."""


class Seat:
    """One worker's place in every set of workers.

    Attributes:
        pools: The pools that the worker belongs to, as bits.
        queued: The pools that have an entry for the worker among their free ones, as bits.
    """

    __slots__ = (
        "activity_sid",
        "available",
        "bit",
        "index",
        "pools",
        "queued",
        "subject",
        "worker",
    )

    def __init__(self, index: int, worker: Worker, subject: WorkerSubject) -> None:
        self.index = index
        self.bit = 1 << index
        self.worker = worker
        self.subject = subject
        self.activity_sid = worker.activity_sid
        self.available = False
        self.pools = 0
        self.queued = 0


class Seats:
    """All workers, seated. A seat that falls empty is given to the next who comes."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.by_index: list[Seat | None] = []
        self.by_sid: dict[WorkerSid, Seat] = {}
        self._empty: list[int] = []
        self.everybody = 0
        self.available = 0
        self.by_activity: dict[ActivitySid, int] = {}
        self.idle_order = IdleOrder()

    def add(self, worker: Worker) -> Seat:
        """Seat a worker."""
        if self._empty:
            index = self._empty.pop()
        else:
            index = len(self.by_index)
            self.by_index.append(None)
        seat = Seat(index, worker, WorkerSubject(self._state, worker))
        self.by_index[index] = seat
        self.by_sid[worker.sid] = seat
        self.everybody |= seat.bit
        self.idle_order.add(seat)
        self._enter_activity(seat)
        return seat

    def remove(self, worker_sid: WorkerSid) -> Seat:
        """Let a worker go."""
        seat = self.by_sid.pop(worker_sid)
        self.by_index[seat.index] = None
        self._empty.append(seat.index)
        self.everybody &= ~seat.bit
        self.idle_order.remove(seat)
        self._leave_activity(seat)
        return seat

    def change_activity(self, seat: Seat) -> None:
        """Take over what the worker is doing now."""
        self._leave_activity(seat)
        self._enter_activity(seat)

    def of(self, members: int) -> Iterator[Seat]:
        """The seats of a set, in the order of their numbers."""
        digits = bin(members)[:1:-1]
        at = digits.find("1")
        while at >= 0:
            seat = self.by_index[at]
            assert seat is not None
            yield seat
            at = digits.find("1", at + 1)

    def _enter_activity(self, seat: Seat) -> None:
        sid = seat.activity_sid = seat.worker.activity_sid
        self.by_activity[sid] = self.by_activity.get(sid, 0) | seat.bit
        seat.available = self._state.activities[sid].available
        if seat.available:
            self.available |= seat.bit

    def _leave_activity(self, seat: Seat) -> None:
        self.by_activity[seat.activity_sid] &= ~seat.bit
        self.available &= ~seat.bit
