"""What has happened, as the answers of the REST API tell it: the only source of every figure.

Instants are seconds of a clock that only runs forward, and are passed in.
"""

from array import array
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import wire

TASK_ENDED = frozenset({"completed", "canceled"})
ACCEPTED = frozenset({"accepted", "wrapping", "completed"})
OFFER_ENDED = frozenset({"completed", "rejected", "timeout", "canceled", "rescinded"})

# The server forgets ended tasks after five minutes; after that no list can name them again.
FORGOTTEN_AFTER_S = 600.0
RATE_WINDOW_S = 5.0
# Below those five minutes by the time that it may take to hear of an end.
ACKNOWLEDGED_FOR_S = 120.0


@dataclass(slots=True, kw_only=True)
class TaskEntry:
    """What is known of a task."""

    status: str
    channel: str
    attributes: str
    created_s: float
    answered: bool = False
    ended_s: float | None = None
    step: tuple[str | None, int] | None = None
    """The task queue and the priority that the survey last saw."""


@dataclass(slots=True, kw_only=True)
class OfferEntry:
    """What is known of a reservation."""

    status: str
    changed_s: float


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Every task and every offer that was heard of, and what became of them."""

    started_s: float
    tasks: dict[str, TaskEntry] = field(default_factory=dict)
    """By SID; ended ones for a while only."""
    offers: dict[str, OfferEntry] = field(default_factory=dict)
    created: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    """Tasks by the status in which they ended."""
    offered: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """Offers by what became of them: accepted, rejected, timeout, canceled, rescinded."""
    waits_s: "array[float]" = field(default_factory=lambda: array("d"))
    """From the creation of a task until a worker accepted it."""
    too_late: int = 0
    """Refusals that are part of life: the offer was withdrawn, or the customer had gone."""
    troubles: Counter[str] = field(default_factory=Counter)
    """Everything that should not have happened."""
    by_channel: Counter[str] = field(default_factory=Counter)
    """Created tasks by task channel."""
    escalated: int = 0
    """How often a task that waited was moved to another step of its workflow."""
    happening: str = ""
    """What is going on in the whole contact centre, for the board."""
    alarm_rings: bool = False
    """While it does, workers leave their desk and whatever they are offered."""
    left_behind: set[str] = field(default_factory=set)
    """The offers that workers left for the fire drill."""
    lapsed_in_drill: int = 0
    restarts: int = 0
    down_s: float = 0.0
    """From the kill until the server listened again, all restarts together."""
    cut_off: int = 0
    """Creations that the server died under; the survey finds those that came about."""
    checked: int = 0
    """How many tasks and offers were looked for after a restart and at the end."""
    unchecked: int = 0
    """How often that could not be done."""
    lost: list[str] = field(default_factory=list)
    """What the server no longer knew, a line for each."""
    news: deque[str] = field(default_factory=lambda: deque(maxlen=4))
    _accepted_s: deque[float] = field(default_factory=deque)

    def note_task(self, task: wire.Task, now_s: float) -> TaskEntry:
        """Take in what an answer says of a task."""
        entry = self.tasks.get(task.sid)
        if entry is None:
            self.created += 1
            self.by_channel[task.task_channel_unique_name] += 1
            entry = self.tasks[task.sid] = TaskEntry(
                status="pending",
                channel=task.task_channel_unique_name,
                attributes=task.attributes,
                created_s=now_s,
            )
        if entry.ended_s is None:  # an older answer may arrive after a newer one
            entry.status = task.assignment_status
            if entry.status in TASK_ENDED:
                entry.ended_s = now_s
                self.ended[entry.status] += 1
        return entry

    def note_step(self, task: wire.Task) -> bool:
        """Take in where in its workflow an open task is; the looks at one task come in order.

        Returns:
            Whether it has been moved since the look before.
        """
        entry, step = self.tasks[task.sid], (task.task_queue_friendly_name, task.priority)
        has_moved = entry.step not in (None, step)
        self.escalated += has_moved
        entry.step = step
        return has_moved

    def note_offer(self, offer: wire.Reservation, now_s: float) -> None:
        """Take in what an answer says of a reservation."""
        entry = self.offers.get(offer.sid)
        if entry is None:
            self.offered += 1
            entry = self.offers[offer.sid] = OfferEntry(status="pending", changed_s=now_s)
        before, after = entry.status, offer.reservation_status
        if before == after or before in OFFER_ENDED or after == "pending":
            return  # nothing new, or an older answer that arrived after a newer one
        entry.status = after
        entry.changed_s = now_s
        if after in ACCEPTED and before not in ACCEPTED:
            self.outcomes["accepted"] += 1
            self._accepted_s.append(now_s)
            self._note_answered(offer.task_sid, now_s)
        elif after in OFFER_ENDED and before not in ACCEPTED:
            self.outcomes[after] += 1
            self.lapsed_in_drill += after == "timeout" and offer.sid in self.left_behind

    def _note_answered(self, task_sid: str, now_s: float) -> None:
        task = self.tasks.get(task_sid)
        if task is not None and not task.answered:
            task.answered = True
            self.waits_s.append(now_s - task.created_s)

    def note_trouble(self, error: Exception) -> None:
        """Count something that should not have happened."""
        self.troubles[f"{type(error).__name__}: {error}"] += 1

    def open_since(self, before_s: float) -> set[str]:
        """The SIDs of the tasks that were created before an instant and have not ended."""
        return {
            sid
            for sid, task in self.tasks.items()
            if task.ended_s is None and task.created_s < before_s
        }

    def acknowledged(self, now_s: float) -> dict[str, str]:
        """What the server has said of tasks and offers, and must not have forgotten since."""
        after_s = now_s - ACKNOWLEDGED_FOR_S
        tasks = {
            sid: task.status
            for sid, task in self.tasks.items()
            if task.ended_s is None or task.ended_s > after_s
        }
        offers = {sid: one.status for sid, one in self.offers.items() if one.changed_s > after_s}
        return tasks | offers

    def routed_per_s(self, now_s: float) -> float:
        """How many tasks a second found their worker, of late."""
        while self._accepted_s and self._accepted_s[0] <= now_s - RATE_WINDOW_S:
            self._accepted_s.popleft()
        window_s = min(RATE_WINDOW_S, max(1.0, now_s - self.started_s))
        return len(self._accepted_s) / window_s

    def forget(self, now_s: float) -> None:
        """Let go of what ended so long ago that the server has let go of it as well."""
        before_s = now_s - FORGOTTEN_AFTER_S
        self.tasks = {
            sid: entry
            for sid, entry in self.tasks.items()
            if entry.ended_s is None or entry.ended_s > before_s
        }
        self.offers = {
            sid: entry for sid, entry in self.offers.items() if entry.changed_s > before_s
        }


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of the values that is not below that many per cent of them.

    Args:
        values: In any order.
        percent: From 1 to 100.

    Returns:
        One of the values, or 0 where there is none.
    """
    if not values:
        return 0.0
    rank = -(-len(values) * percent // 100)  # rounded up
    return sorted(values)[rank - 1]
