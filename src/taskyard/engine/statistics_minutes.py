"""What has happened in the last minutes and is not kept yet, in memory."""

from collections.abc import Iterator

from taskyard.core.statistics import Courses, PresenceChange, Spells, Sums, TakenDown
from taskyard.core.statistics.presence import add_changes
from taskyard.core.steps import Steps
from taskyard.stores import StatisticsRow
from taskyard.stores.statistics_codec import (
    STATISTICS_VERSION,
    encode_spells,
    encode_tasks,
    encoding_facts,
    encoding_workers,
)

from .journal import TurnRecord
from .time_windows import MINUTE_MS, Window

_EVENTS_AT_ONCE = 500
"""To make out what a turn means costs half as much for so many together, and they take less than a
millisecond."""


class Minute:
    """What has happened in one minute of a workspace, as far as it goes together.

    Attributes:
        down: What it means.
        sums: Its facts, added up.
        courses: Its changes of presence, put together.
    """

    __slots__ = (
        "_events",
        "_turns",
        "courses",
        "down",
        "first_position",
        "last_position",
        "start_ms",
        "sums",
    )

    def __init__(self, start_ms: int, first_position: int) -> None:
        """Nothing has happened in it yet."""
        self.start_ms = start_ms
        self.first_position = first_position
        self.last_position = first_position - 1
        self._turns: list[TurnRecord] = []
        self._events = 0
        """In those turns: what they mean is not made out yet."""
        self.down = TakenDown()
        self.sums = Sums()
        self.courses: Courses = {}

    def hear(self, turn: TurnRecord) -> None:
        """Let a turn be part of it; what it means is made out with others, or when it is asked."""
        self.last_position = turn.last_position
        if turn.details:
            self._turns.append(turn)
            self._events += len(turn.events)
            if self._events >= _EVENTS_AT_ONCE:
                self.make_out()

    def make_out(self) -> None:
        """Take down what the turns mean that were heard since the last time."""
        if not self._turns:
            return
        news = TakenDown()
        for turn in self._turns:
            news.add(turn.events, turn.details, turn.at_ms)
        self._turns, self._events = [], 0
        self.take(news)

    def take(self, news: TakenDown) -> None:
        """Let what has just happened be part of it."""
        self.sums.add_all(news.facts)
        add_changes(self.courses, news.changes)
        self.down.go_on(news)

    def row(self, workspace_sid: str) -> Steps[StatisticsRow]:
        """The same to keep, with the sums of it."""
        spent = Spells(self.start_ms)
        for spell in self.down.spells:
            spent.add(spell)
        tasks = encode_tasks(self.sums)
        yield
        workers = yield from encoding_workers(self.sums, self.courses, self.start_ms)
        yield
        spells = encode_spells(spent)
        facts = yield from encoding_facts(self.start_ms, self.down)
        return StatisticsRow(
            workspace_sid=workspace_sid,
            span_ms=MINUTE_MS,
            start_ms=self.start_ms,
            first_position=self.first_position,
            last_position=self.last_position,
            codec_version=STATISTICS_VERSION,
            tasks=tasks,
            workers=workers,
            spells=spells,
            facts=facts,
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

    def make_out(self) -> None:
        """Take down what was heard and nobody wanted to know until now."""
        for minute in self.fresh:
            minute.make_out()

    def seen_in(self, window: Window, now_ms: int) -> tuple[list[Minute], TakenDown]:
        """Minutes that lie in a window, and of the others what does."""
        self.make_out()
        whole: list[Minute] = []
        cut = TakenDown()
        # Behind now there is nothing.
        is_open = window.end_ms > now_ms
        for minute in self.unkept():
            ends = is_open or minute.start_ms + MINUTE_MS <= window.end_ms
            if ends and minute.start_ms >= window.start_ms:
                whole.append(minute)
            else:
                cut.go_on(minute.down.within(window.start_ms, window.end_ms))
        return whole, cut

    def changes_in(self, window: Window) -> list[PresenceChange]:
        """The changes of presence that were in a window, in their order."""
        self.make_out()
        return [
            change
            for minute in self.unkept()
            for change in minute.down.changes
            if window.start_ms <= change.at_ms < window.end_ms
        ]
