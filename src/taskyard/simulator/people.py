"""Who is at work in a simulation, and what they have in hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from .distributions import Sampler
from .scenario import Group, duration_of, minutes_of
from .tallies import GroupTally

DAY_MS = 86_400_000
_MINUTE_MS = 60_000


class Manners:
    """How the workers of a group behave, drawn from dice of their own."""

    def __init__(self, group: Group, dice: Random) -> None:
        self.tally = GroupTally()
        self.pace = group.pace
        self.places = sum(group.channels.values()) if group.channels is not None else 1
        self.shifts = [(_ms(one.from_), _ms(one.to)) for one in group.shifts]
        self.returns_after_s = duration_of(group.returns_after_s).sampler(dice)
        self._dice = dice
        self._accepts, self._ignores = group.accepts, group.ignores
        answers = duration_of(group.answers_after_s)
        self._answers: Sampler | None = None if answers.constant == 0 else answers.sampler(dice)
        self.obliging = self._accepts == 1 and self._ignores == 0 and self._answers is None
        """Whether every offer is accepted in the instant it is made."""

    def answer(self) -> tuple[bool, float] | None:
        """Whether an offer is accepted, and after how many seconds; None if nobody answers."""
        if self._ignores and self._dice.random() < self._ignores:
            return None
        accepts = self._accepts == 1 or self._dice.random() < self._accepts
        return accepts, self._answers() if self._answers is not None else 0.0

    def changes(self, from_ms: int) -> Iterator[tuple[int, bool]]:
        """When the group comes (True) and goes, from an instant on, in order and without end.

        The first says whether they are there to begin with.
        """
        yield from_ms, self._on_duty(from_ms)
        if not self.shifts:
            return
        midnight_ms = from_ms // DAY_MS * DAY_MS
        edges = sorted({edge % DAY_MS for shift in self.shifts for edge in shift})
        before = self._on_duty(from_ms)
        while True:
            for edge in edges:
                instant = midnight_ms + edge
                now = self._on_duty(instant)
                if instant > from_ms and now != before:
                    yield instant, now
                    before = now
            midnight_ms += DAY_MS

    def _on_duty(self, instant_ms: int) -> bool:
        if not self.shifts:
            return True
        time_ms = instant_ms % DAY_MS
        return any(
            begin <= time_ms < end if begin < end else time_ms >= begin or time_ms < end
            for begin, end in self.shifts
        )


def _ms(clock: str) -> int:
    minutes = minutes_of(clock)
    assert minutes is not None
    return minutes * _MINUTE_MS


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    """One worker.

    Attributes:
        on_duty: Whether their shift is on.
        pausing: Whether they are away for a while after an offer that came to nothing.
        holds: How many tasks they have accepted and not completed.
        settled_ms: Up to when the tally knows of them.
    """

    sid: str
    manners: Manners
    on_duty: bool = False
    pausing: bool = False
    holds: int = 0
    settled_ms: int = 0

    def settle(self, now_ms: int) -> None:
        """Tell the tally what was so far; whoever still has work in hand is there."""
        if self.on_duty or self.holds:
            past_ms = now_ms - self.settled_ms
            tally = self.manners.tally
            tally.busy_ms += self.holds * past_ms
            tally.staffed_ms += self.manners.places * past_ms
        self.settled_ms = now_ms
