"""What has happened in the last minutes and is not kept yet, in memory."""

from collections.abc import Iterable, Iterator

from taskyard.core.statistics import Fact, Spell, Spells, Sums
from taskyard.stores import StatisticsRow
from taskyard.stores.statistics_codec import (
    STATISTICS_VERSION,
    encode_facts,
    encode_spells,
    encode_tasks,
    encode_workers,
)

from .time_windows import MINUTE_MS, Window, within


class Minute:
    """What has happened in one minute of a workspace, as far as it goes together."""

    __slots__ = (
        "facts",
        "first_position",
        "last_position",
        "spells",
        "spent",
        "start_ms",
        "sums",
    )

    def __init__(self, start_ms: int, first_position: int) -> None:
        self.start_ms = start_ms
        self.first_position = first_position
        self.last_position = first_position - 1
        self.facts: list[Fact] = []
        self.spells: list[Spell] = []
        # Added up as it happens: many may look before it is kept.
        self.sums = Sums()
        self.spent = Spells(start_ms)

    def add(self, facts: Iterable[Fact], spells: Iterable[Spell]) -> None:
        """Take in what has just happened."""
        for fact in facts:
            self.facts.append(fact)
            self.sums.add(fact)
        for spell in spells:
            self.spells.append(spell)
            self.spent.add(spell)

    def row(self, workspace_sid: str) -> StatisticsRow:
        """The same to keep, with the sums of it."""
        return StatisticsRow(
            workspace_sid=workspace_sid,
            span_ms=MINUTE_MS,
            start_ms=self.start_ms,
            first_position=self.first_position,
            last_position=self.last_position,
            codec_version=STATISTICS_VERSION,
            tasks=encode_tasks(self.sums),
            workers=encode_workers(self.sums),
            spells=encode_spells(self.spent),
            facts=encode_facts(self.start_ms, self.facts, self.spells),
        )


class LatestMinutes:
    """What has happened in a workspace and is not kept yet.

    Attributes:
        fresh: Minutes, or parts of them, in their order.
        writing: Those that are being kept; they come before `fresh`.
        kept_ms: The last minute of which something was kept since the start.
    """

    __slots__ = ("fresh", "kept_ms", "writing")

    def __init__(self) -> None:
        self.fresh: list[Minute] = []
        self.writing: list[Minute] = []
        self.kept_ms: int | None = None

    def unkept(self) -> Iterator[Minute]:
        """All of them, in their order."""
        yield from self.writing
        yield from self.fresh

    def first(self) -> Minute | None:
        """The one that comes first, if there is any."""
        return next(self.unkept(), None)

    def seen_in(self, window: Window, now_ms: int) -> tuple[list[Minute], list[Fact], list[Spell]]:
        """Minutes that lie in a window, and of the others the facts and spells that do."""
        whole: list[Minute] = []
        cut: list[Minute] = []
        # Behind now there is nothing.
        is_open = window.end_ms > now_ms
        for minute in self.unkept():
            ends = is_open or minute.start_ms + MINUTE_MS <= window.end_ms
            lies_in_it = ends and minute.start_ms >= window.start_ms
            (whole if lies_in_it else cut).append(minute)
        facts, spells = within(
            window,
            [fact for minute in cut for fact in minute.facts],
            [spell for minute in cut for spell in minute.spells],
        )
        return whole, facts, spells
