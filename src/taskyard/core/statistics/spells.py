"""How long workers were in each activity, for spans of time that can be put together exactly.

A spell may begin long before the span in which it ends. What is cut off then depends on the window
that somebody asks for; so of each worker the spell that crosses into the span is kept whole (there
can be one at most), and the others, which lie inside, are summed up. When spans are put together,
spells that crossed from one to the next come to lie inside.
"""

from collections.abc import Iterable, Mapping

import msgspec

from .facts import Spell

Pair = tuple[str, str]
"""A worker and an activity."""


class Durations(msgspec.Struct, array_like=True, gc=False):
    """Stretches of time: how many, and their sum, shortest and longest in milliseconds."""

    count: int = 0
    total_ms: int = 0
    min_ms: int = 0
    max_ms: int = 0

    def add(self, length_ms: int) -> None:
        """Count one stretch."""
        self.min_ms = min(self.min_ms, length_ms) if self.count else length_ms
        self.max_ms = max(self.max_ms, length_ms)
        self.count += 1
        self.total_ms += length_ms

    def merge(self, other: "Durations") -> None:
        """Count others as well."""
        if other.count:
            self.min_ms = min(self.min_ms, other.min_ms) if self.count else other.min_ms
            self.max_ms = max(self.max_ms, other.max_ms)
            self.count += other.count
            self.total_ms += other.total_ms


class Spells:
    """The spells that ended within a span of time which begins at `start_ms`.

    Attributes:
        inside: Those that began in it too, summed up.
        crossing: Those that began before.
    """

    __slots__ = ("crossing", "inside", "start_ms")

    def __init__(self, start_ms: int) -> None:
        self.start_ms = start_ms
        self.inside: dict[Pair, Durations] = {}
        self.crossing: list[Spell] = []

    def add(self, spell: Spell) -> None:
        """Count a spell that ended in the span; one of no length at all is none."""
        if spell.since_ms < self.start_ms:
            self.crossing.append(spell)
        elif spell.until_ms > spell.since_ms:
            self._durations(spell).add(spell.until_ms - spell.since_ms)

    def merge(self, other: "Spells", worker_sids: frozenset[str] | None = None) -> None:
        """Count what ended within another span, all of which lies after the start of this one.

        Args:
            other: The other span's.
            worker_sids: Only those of these workers; None for all.
        """
        for pair, durations in other.inside.items():
            if worker_sids is not None and pair[0] not in worker_sids:
                continue
            found = self.inside.get(pair)
            if found is None:
                found = self.inside[pair] = Durations()
            found.merge(durations)
        for spell in other.crossing:
            if worker_sids is None or spell.worker_sid in worker_sids:
                self.add(spell)

    def _durations(self, spell: Spell) -> Durations:
        pair = spell.worker_sid, spell.activity_sid
        found = self.inside.get(pair)
        if found is None:
            found = self.inside[pair] = Durations()
        return found


def durations_by_activity(
    within: Spells,
    after: Spells | None,
    now_in: Mapping[str, tuple[str, int]],
    end_ms: int,
) -> dict[str, Durations]:
    """The time that workers spent in each activity within a window, every spell clipped to it.

    Args:
        within: What ended in the window; it starts where the window does.
        after: What ended after the window, from its end until now; None for one that ends now.
        now_in: The workers that are meant: what each is doing now, and since when.
        end_ms: The end of the window.

    Source: choice: spells are clipped and count one each; workers who are no more are left out.
    """
    found: dict[str, Durations] = {}

    def count(activity_sid: str, since_ms: int, until_ms: int) -> None:
        length_ms = until_ms - max(since_ms, within.start_ms)
        if length_ms > 0:
            found.setdefault(activity_sid, Durations()).add(length_ms)

    for (worker_sid, activity_sid), durations in within.inside.items():
        if worker_sid in now_in:
            found.setdefault(activity_sid, Durations()).merge(durations)
    for spell in within.crossing:
        if spell.worker_sid in now_in:
            count(spell.activity_sid, spell.since_ms, spell.until_ms)
    last = dict(now_in)
    for spell in _first_of_each(after.crossing if after else ()):
        if spell.worker_sid in last:
            last[spell.worker_sid] = spell.activity_sid, spell.since_ms
    for activity_sid, since_ms in last.values():
        count(activity_sid, since_ms, end_ms)
    return found


def _first_of_each(crossing: Iterable[Spell]) -> Iterable[Spell]:
    # Spells of a worker follow one another without a gap, so only one can cross an instant; where
    # several ended at the very same one, the others have no length.
    return {spell.worker_sid: spell for spell in reversed([*crossing])}.values()
