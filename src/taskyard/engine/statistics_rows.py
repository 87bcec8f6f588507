"""The rows of statistics that cover a window: hours, minutes, and those that it cuts in two."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from taskyard.core.statistics import TakenDown
from taskyard.stores import StatisticsPart, StatisticsSearch, Store
from taskyard.stores.statistics_codec import (
    decode_spells,
    decode_tasks,
)

from .statistics_cache import NOTHING, Read, StatisticsCache
from .statistics_cuts import CutMinute
from .statistics_workers import WorkersRow
from .time_windows import HOUR_MS, MINUTE_MS, Window, hour_of, without

_CACHED_AT_ONCE = 2_000
"""A range of more spans than that is not worth remembering span by span."""
_ROWS_AT_A_STRETCH = 20
"""So many are read in a few milliseconds; then others get the loop."""

NO_POSITION = 2**63 - 1
"""Where nothing is counted from memory: above all positions."""

PartName = Literal["tasks", "workers", "spells", "facts"]


class Kept(msgspec.Struct, frozen=True):
    """How far the rows of a workspace go.

    Attributes:
        before_position: What begins here or later is counted from memory, not from rows; or
            `NO_POSITION`.
        settled_ms: Nothing more comes to the minutes and hours that end by this instant.
    """

    before_position: int
    settled_ms: int


class TaskCells:
    """The cells of a row, and what they are about."""

    __slots__ = ("cells", "channels", "scopes")

    def __init__(self, cells: dict[tuple[str, str], bytes]) -> None:
        """Of what `decode_tasks` gives."""
        self.cells = cells
        self.channels = [*dict.fromkeys(channel for _, channel in cells)]
        self.scopes = [*dict.fromkeys(scope for scope, _ in cells)]


_READERS: dict[PartName, Callable[[StatisticsPart], Any]] = {
    "tasks": lambda part: TaskCells(decode_tasks(part)),
    "workers": WorkersRow,
    "spells": decode_spells,
    "facts": CutMinute,
}


class Covered:
    """What was found of a window: sums, and the minutes that it cuts in two."""

    def __init__(self, window: Window) -> None:
        """Nothing yet."""
        self.window = window
        self.bodies: list[Any] = []
        self.cut: list[CutMinute] = []

    def taken_down(self) -> TakenDown:
        """What of the cut minutes lies in the window."""
        found = TakenDown()
        for minute in self.cut:
            found.go_on(minute.within(self.window.start_ms, self.window.end_ms))
        return found


class StatisticsRows:
    """Reads what is kept of all workspaces."""

    def __init__(self, store: Store, clock: Callable[[str], int]) -> None:
        """Nothing is read yet.

        Args:
            store: Where the rows are.
            clock: See `Statistics`.
        """
        self._store = store
        self._clock = clock
        self._cache = StatisticsCache()

    def reopen(self, workspace_sid: str, minute_ms: int) -> None:
        """Something more comes to a minute."""
        self._cache.reopen((workspace_sid, part, MINUTE_MS, minute_ms) for part in _READERS)

    async def cover(
        self, workspace_sid: str, part: PartName, window: Window, kept: Kept
    ) -> Covered:
        """Read the hours and minutes of a window, and the facts of those that it cuts in two.

        Raises:
            StoreError: They cannot be read.
        """
        start_ms, end_ms = window.start_ms, window.end_ms
        # Behind now there is nothing: the minute that is not over yet is not cut in two.
        now_ms = self._clock(workspace_sid)
        if end_ms > now_ms:
            end_ms = max(start_ms, (now_ms // MINUTE_MS + 1) * MINUTE_MS)
        first_ms = -(-start_ms // MINUTE_MS) * MINUTE_MS
        last_ms = end_ms // MINUTE_MS * MINUTE_MS
        cut: dict[int, None] = {}
        if start_ms < first_ms:
            cut[first_ms - MINUTE_MS] = None
        if last_ms < end_ms:
            cut[last_ms] = None
        covered = Covered(window)
        for minute_ms in cut:
            cut_in_two = _Lookup(self, workspace_sid, "facts", kept)
            found = await cut_in_two.spans(MINUTE_MS, minute_ms, minute_ms + MINUTE_MS)
            covered.cut += found.get(minute_ms, ())
        if first_ms >= last_ms:
            return covered
        lookup = _Lookup(self, workspace_sid, part, kept)
        first_hour, last_hour = -(-first_ms // HOUR_MS) * HOUR_MS, hour_of(last_ms)
        rest: list[tuple[int, int]] = [(first_ms, last_ms)]
        if first_hour < last_hour:
            hours = await lookup.spans(HOUR_MS, first_hour, last_hour)
            covered.bodies += [body for bodies in hours.values() for body in bodies]
            rest = without(first_ms, last_ms, [hour for hour, bodies in hours.items() if bodies])
        for from_ms, before_ms in rest:
            minutes = await lookup.spans(MINUTE_MS, from_ms, before_ms)
            covered.bodies += [body for bodies in minutes.values() for body in bodies]
        return covered

    async def search(
        self,
        workspace_sid: str,
        part: PartName,
        span_ms: int,
        from_ms: int,
        before_ms: int,
        after_position: int = -1,
        before_position: int = NO_POSITION,
    ) -> list[StatisticsPart]:
        """One part of the rows of spans of one length that begin in a range of time.

        Raises:
            StoreError: They cannot be read.
        """
        search = StatisticsSearch(
            workspace_sid=workspace_sid,
            span_ms=span_ms,
            from_ms=from_ms,
            before_ms=before_ms,
            after_position=after_position,
            before_position=before_position,
            part=part,
        )
        return await self._store.statistics(search)


class _Lookup:
    """Reads spans of one workspace, those that nothing more comes to from memory."""

    def __init__(
        self,
        rows: StatisticsRows,
        workspace_sid: str,
        part: PartName,
        kept: Kept,
    ) -> None:
        self._rows = rows
        self._workspace_sid = workspace_sid
        self._part = part
        self._kept = kept

    async def spans(self, span_ms: int, from_ms: int, before_ms: int) -> dict[int, list[Any]]:
        """What is kept of these spans, by their start; several rows may share one."""
        starts = range(from_ms, before_ms, span_ms)
        if len(starts) > _CACHED_AT_ONCE:
            return {start: read.bodies for start, read in (await self._read(starts, {})).items()}
        cache = self._rows._cache
        found: dict[int, Read] = {}
        open_ones: dict[int, Read] = {}
        for start in starts:
            known = cache.get((self._workspace_sid, self._part, span_ms, start))
            is_whole = known.settled or known.position >= self._kept.before_position - 1
            (found if is_whole else open_ones)[start] = known
        if open_ones:
            read = await self._read(range(min(open_ones), max(open_ones) + 1, span_ms), open_ones)
            for start, known in open_ones.items():
                news = read.get(start, NOTHING)
                grown = found[start] = self._grown(known, news, start + span_ms)
                # An hour that is summed up only later is made of its minutes until then.
                if grown.settled or span_ms == MINUTE_MS:
                    cache.put((self._workspace_sid, self._part, span_ms, start), grown)
        return {start: read.bodies for start, read in sorted(found.items()) if read.bodies}

    def _grown(self, known: Read, news: Read, end_ms: int) -> Read:
        """What was known of a span, and what is new."""
        # While something is held in memory, all that happened before it is in the rows.
        before = self._kept.before_position
        seen_to = -1 if before == NO_POSITION else before - 1
        return Read(
            bodies=[*known.bodies, *news.bodies],
            size=known.size + news.size,
            position=max(known.position, news.position, seen_to),
            settled=end_ms <= self._kept.settled_ms,
        )

    async def _read(self, starts: range, known: Mapping[int, Read]) -> dict[int, Read]:
        """What there is of these spans beyond what is known of them."""
        found: dict[int, Read] = {}
        # A minute that is not over may have very many rows, each of very many scopes.
        after = min((known[start].position for start in starts if start in known), default=-1)
        parts = await self._rows.search(
            self._workspace_sid,
            self._part,
            starts.step,
            starts.start,
            starts.stop,
            after,
            self._kept.before_position,
        )
        read = 0
        for part in parts:
            start = part.start_ms
            if known and (start not in known or part.last_position <= known[start].position):
                continue
            before = found.get(start) or Read([], 0, -1, False)
            before.bodies.append(_READERS[self._part](part))
            size = before.size + len(part.body)
            found[start] = Read(before.bodies, size, part.last_position, False)
            read += 1
            if read % _ROWS_AT_A_STRETCH == 0:
                await asyncio.sleep(0)
        return found
