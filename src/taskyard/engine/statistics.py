"""What has happened in a window of time, counted: a view of the journals.

Of each minute sums are kept, and the facts that they were made of; of each hour that is over the
sums alone. A window adds up the hours and minutes that lie in it, and counts the facts of the
minutes that it cuts in two: whatever its borders are, nothing is estimated. What happened in the
last moments is counted from memory, until it is kept.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from taskyard.core.statistics import Fact, Spell, Spells, Sums, TaskSums, taken_down
from taskyard.core.statistics.cumulative import WorkerCounts, merged_counts, no_tasks, scopes_of
from taskyard.stores import StatisticsPart, StatisticsRow, StatisticsSearch, Store, StoreError
from taskyard.stores.statistics_codec import (
    STATISTICS_VERSION,
    decode_cell,
    decode_facts,
    decode_spells,
    decode_tasks,
    decode_workers,
    encode_facts,
    encode_spells,
    encode_tasks,
    encode_workers,
)

from .journal import TurnRecord

UNTIL_NOW = 2**62
"""The end of a window that has everything which has happened by the time that it is looked at."""
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
STATISTICS_DAYS = 30
"""So far back windows may begin."""
_CACHED_BYTES_MAX = 64 << 20
_CACHED_PARTS_MAX = 50_000
GATHER_S = 10.0
"""Nobody waits for what is written, so a minute takes a few rows and not a hundred."""
_WORTH_AN_HOUR = 4
"""Rows of an hour below which another one that sums them up saves nothing."""
_CACHED_AT_ONCE = 2_000
"""A range of more spans than that is not worth remembering span by span."""

_ROWS_AT_A_STRETCH = 20
"""So many are read in a few milliseconds; then others get the loop."""

PartName = Literal["tasks", "workers", "spells", "facts"]

logger = logging.getLogger(__name__)


class Window(msgspec.Struct, frozen=True):
    """From one instant until right before another: windows side by side share nothing.

    Attributes:
        start_ms: The first instant that belongs to it.
        end_ms: The first one that no longer does.
    """

    start_ms: int
    end_ms: int


class _Minute:
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


class _Latest:
    """What has happened in a workspace and is not kept yet.

    Attributes:
        fresh: Minutes, or parts of them, in their order.
        writing: Those that are being kept; they come before `fresh`.
        kept_ms: The last minute of which something was kept since the start.
    """

    __slots__ = ("fresh", "kept_ms", "writing")

    def __init__(self) -> None:
        self.fresh: list[_Minute] = []
        self.writing: list[_Minute] = []
        self.kept_ms: int | None = None

    def unkept(self) -> Iterator[_Minute]:
        yield from self.writing
        yield from self.fresh


class Statistics:
    """Keeps statistics of all workspaces, and adds them up for a window."""

    name = "statistics"

    def __init__(self, store: Store, clock: Callable[[], int], history_ms: int) -> None:
        """Nothing is read yet.

        Args:
            store: Where the rows are.
            clock: The engines' clock, in milliseconds since the epoch.
            history_ms: How far back windows may begin.
        """
        self._store = store
        self._clock = clock
        self.history_ms = history_ms
        self._latest: dict[str, _Latest] = {}
        self._cache = _Cache()

    # --- following the journals ---

    def hear(self, turn: TurnRecord) -> None:
        """Take down what a durable turn means, for `Feed`: from now on windows show it."""
        latest = self._latest.get(turn.workspace_sid)
        if latest is None:
            latest = self._latest[turn.workspace_sid] = _Latest()
        start_ms = turn.at_ms // MINUTE_MS * MINUTE_MS
        if not latest.fresh or latest.fresh[-1].start_ms != start_ms:
            latest.fresh.append(_Minute(start_ms, turn.first_position))
            # Somebody may have looked at the minute while its last turn was being written.
            self._cache.forget(turn.workspace_sid, start_ms)
        minute = latest.fresh[-1]
        minute.last_position = turn.last_position
        if turn.details:
            facts, spells = taken_down(turn.events, turn.details, turn.at_ms)
            minute.add(facts, spells)

    async def follow(self, turns: Sequence[TurnRecord]) -> None:
        """Keep what was taken down of these workspaces.

        Raises:
            StoreError: It could not be kept.
        """
        sids = dict.fromkeys(turn.workspace_sid for turn in turns)
        rows: list[StatisticsRow] = []
        positions: dict[str, int] = {}
        after: dict[str, int] = {}
        for sid in sids:
            latest = self._latest[sid]
            latest.writing, latest.fresh = latest.fresh, []
            if latest.writing:  # if not, it was kept with an earlier turn
                positions[sid] = latest.writing[-1].last_position
                after[sid] = latest.writing[0].first_position - 1
                rows += [one.row(sid) for one in latest.writing if one.facts or one.spells]
        try:
            await self._store.keep_statistics(
                rows, positions=positions, view=self.name, after=after
            )
        except BaseException:
            for sid in positions:
                latest = self._latest[sid]
                latest.fresh, latest.writing = [*latest.writing, *latest.fresh], []
            raise
        for sid in positions:
            latest = self._latest[sid]
            before_ms, latest.kept_ms = latest.kept_ms, latest.writing[-1].start_ms
            latest.writing = []
            if before_ms is not None and _hour(before_ms) < _hour(latest.kept_ms):
                try:
                    await self._sum_up(sid, _hour(before_ms))
                except StoreError as error:
                    # Nothing is missing: windows add up the minutes instead.
                    logger.warning("workspace %s: an hour is not summed up: %s", sid, error)

    async def _sum_up(self, workspace_sid: str, hour_ms: int) -> None:
        """Keep the sums of an hour that is over."""
        sums, spells = Sums(), Spells(hour_ms)
        before_ms = hour_ms + HOUR_MS
        tasks = await self._search(workspace_sid, "tasks", MINUTE_MS, hour_ms, before_ms)
        if len(tasks) < _WORTH_AN_HOUR:
            return
        for part in tasks:
            for (scope, channel), cell in decode_tasks(part).items():
                sums.of(scope, channel).merge(decode_cell(cell))
            await asyncio.sleep(0)
        for part in await self._search(workspace_sid, "workers", MINUTE_MS, hour_ms, before_ms):
            for cell_of, counts in decode_workers(part).items():
                sums.workers[cell_of] = merged_counts((sums.of_worker(*cell_of), counts))
            await asyncio.sleep(0)
        for part in await self._search(workspace_sid, "spells", MINUTE_MS, hour_ms, before_ms):
            spells.merge(decode_spells(part))
            await asyncio.sleep(0)
        row = StatisticsRow(
            workspace_sid=workspace_sid,
            span_ms=HOUR_MS,
            start_ms=hour_ms,
            # What is kept in memory begins after the hour: the row is never taken for a part of it.
            first_position=0,
            last_position=0,
            codec_version=STATISTICS_VERSION,
            tasks=encode_tasks(sums),
            workers=encode_workers(sums),
            spells=encode_spells(spells),
            facts=b"",
        )
        await self._store.keep_statistics([row], positions={}, view=self.name)

    # --- looking ---

    async def tasks(
        self, workspace_sid: str, window: Window, scope: str, task_channel_sid: str | None
    ) -> TaskSums:
        """What happened to the tasks of a scope.

        Args:
            workspace_sid: Whose.
            window: When.
            scope: The SID of a task queue or a workflow; an empty text for the whole workspace.
            task_channel_sid: Only in this channel.

        Raises:
            StoreError: It cannot be read.
        """
        (found,) = await self.tasks_of(workspace_sid, window, [scope], task_channel_sid)
        return found

    async def tasks_of(
        self,
        workspace_sid: str,
        window: Window,
        scopes: Sequence[str],
        task_channel_sid: str | None,
    ) -> list[TaskSums]:
        """The same of several scopes, in their order.

        Raises:
            StoreError: It cannot be read.
        """
        wanted = {scope: no_tasks() for scope in scopes}
        whole, facts, _ = self._unkept(workspace_sid, window)
        for minute in whole:  # at once: these sums go on
            for (scope, channel), sums in minute.sums.tasks.items():
                if scope in wanted and task_channel_sid in (None, channel):
                    wanted[scope].merge(sums)
        before_position = self._first_unkept(workspace_sid)
        covered = await self._cover(workspace_sid, "tasks", window, before_position)
        for fact in (*facts, *covered.facts):
            if task_channel_sid in (None, fact.task_channel_sid):
                for scope in scopes_of(fact):
                    if scope in wanted:
                        wanted[scope].add(fact)
        for cells in covered.bodies:
            # One scope has few channels; all cells are looked through only for many scopes.
            for channel in cells.channels if task_channel_sid is None else (task_channel_sid,):
                for scope in scopes if len(scopes) < len(cells.cells) else cells.scopes:
                    cell = cells.cells.get((scope, channel))
                    if cell is not None and scope in wanted:
                        wanted[scope].merge(decode_cell(cell))
        return [wanted[scope] for scope in scopes]

    async def workers(
        self,
        workspace_sid: str,
        window: Window,
        worker_sids: frozenset[str] | None,
        task_channel_sid: str | None,
    ) -> WorkerCounts:
        """How many reservations of some workers, or of all that there ever were, came to what.

        Raises:
            StoreError: It cannot be read.
        """

        def chosen(cells: Mapping[tuple[str, str], WorkerCounts]) -> Iterator[WorkerCounts]:
            for (worker, channel), counts in cells.items():
                if (worker_sids is None or worker in worker_sids) and task_channel_sid in (
                    None,
                    channel,
                ):
                    yield counts

        whole, facts, _ = self._unkept(workspace_sid, window)
        now = merged_counts(counts for one in whole for counts in chosen(one.sums.workers))
        before_position = self._first_unkept(workspace_sid)
        covered = await self._cover(workspace_sid, "workers", window, before_position)
        cut = Sums()
        for fact in (*facts, *covered.facts):
            cut.add(fact)
        kept = (counts for cells in (cut.workers, *covered.bodies) for counts in chosen(cells))
        return merged_counts((now, *kept))

    async def spells(self, workspace_sid: str, window: Window) -> Spells:
        """What workers did and have ended doing in a window.

        Raises:
            StoreError: It cannot be read.
        """
        whole, _, fresh = self._unkept(workspace_sid, window)
        fresh += [spell for minute in whole for spell in minute.spells]
        before_position = self._first_unkept(workspace_sid)
        covered = await self._cover(workspace_sid, "spells", window, before_position)
        found = Spells(window.start_ms)
        # In the order of time, as far as it matters: what crosses comes first.
        for spells in covered.bodies:
            found.merge(spells)
        for spell in sorted((*covered.spells, *fresh), key=lambda one: one.until_ms):
            found.add(spell)
        found.crossing.sort(key=lambda one: one.until_ms)
        return found

    # --- what a window is put together of ---

    def _unkept(
        self, workspace_sid: str, window: Window
    ) -> tuple[list[_Minute], list[Fact], list[Spell]]:
        """What is not kept yet: minutes that lie in a window, and what else does."""
        latest = self._latest.get(workspace_sid)
        whole: list[_Minute] = []
        cut: list[_Minute] = []
        # Behind now there is nothing.
        is_open = window.end_ms > self._clock()
        for minute in () if latest is None else latest.unkept():
            ends = is_open or minute.start_ms + MINUTE_MS <= window.end_ms
            lies_in_it = ends and minute.start_ms >= window.start_ms
            (whole if lies_in_it else cut).append(minute)
        facts, spells = _within(
            window,
            [fact for minute in cut for fact in minute.facts],
            [spell for minute in cut for spell in minute.spells],
        )
        return whole, facts, spells

    def _first_unkept(self, workspace_sid: str) -> int:
        latest = self._latest.get(workspace_sid)
        first = None if latest is None else next(latest.unkept(), None)
        return 2**63 - 1 if first is None else first.first_position

    def _settled_before_ms(self, workspace_sid: str) -> int:
        """Nothing more comes to the minutes and hours that end by this instant."""
        latest = self._latest.get(workspace_sid)
        first = None if latest is None else next(latest.unkept(), None)
        # A turn is told of a little after its instant.
        over_ms = self._clock() - MINUTE_MS
        return over_ms if first is None else min(over_ms, first.start_ms)

    async def _cover(
        self, workspace_sid: str, part: PartName, window: Window, before_position: int
    ) -> "_Covered":
        """Read the hours and minutes of a window, and the facts of those that it cuts in two."""
        start_ms, end_ms = window.start_ms, window.end_ms
        # Behind now there is nothing: the minute that is not over yet is not cut in two.
        now_ms = self._clock()
        if end_ms > now_ms:
            end_ms = max(start_ms, (now_ms // MINUTE_MS + 1) * MINUTE_MS)
        first_ms = -(-start_ms // MINUTE_MS) * MINUTE_MS
        last_ms = end_ms // MINUTE_MS * MINUTE_MS
        cut: dict[int, None] = {}
        if start_ms < first_ms:
            cut[first_ms - MINUTE_MS] = None
        if last_ms < end_ms:
            cut[last_ms] = None
        covered = _Covered()
        for minute_ms in cut:
            cut_in_two = _Lookup(self, workspace_sid, "facts", before_position)
            found = await cut_in_two.spans(MINUTE_MS, minute_ms, minute_ms + MINUTE_MS)
            for body in found.get(minute_ms, ()):
                facts, spells = _within(window, *body)
                covered.facts += facts
                covered.spells += spells
        if first_ms >= last_ms:
            return covered
        lookup = _Lookup(self, workspace_sid, part, before_position)
        first_hour, last_hour = -(-first_ms // HOUR_MS) * HOUR_MS, _hour(last_ms)
        rest: list[tuple[int, int]] = [(first_ms, last_ms)]
        if first_hour < last_hour:
            hours = await lookup.spans(HOUR_MS, first_hour, last_hour)
            covered.bodies += [body for bodies in hours.values() for body in bodies]
            rest = _without(first_ms, last_ms, [hour for hour, bodies in hours.items() if bodies])
        for from_ms, before_ms in rest:
            minutes = await lookup.spans(MINUTE_MS, from_ms, before_ms)
            covered.bodies += [body for bodies in minutes.values() for body in bodies]
        return covered

    async def _search(
        self,
        workspace_sid: str,
        part: PartName,
        span_ms: int,
        from_ms: int,
        before_ms: int,
        before_position: int = 2**63 - 1,
    ) -> list[StatisticsPart]:
        search = StatisticsSearch(
            workspace_sid=workspace_sid,
            span_ms=span_ms,
            from_ms=from_ms,
            before_ms=before_ms,
            before_position=before_position,
            part=part,
        )
        return await self._store.statistics(search)


class _TaskCells:
    """The cells of a row, and what they are about."""

    __slots__ = ("cells", "channels", "scopes")

    def __init__(self, cells: dict[tuple[str, str], bytes]) -> None:
        self.cells = cells
        self.channels = [*dict.fromkeys(channel for _, channel in cells)]
        self.scopes = [*dict.fromkeys(scope for scope, _ in cells)]


_READERS: dict[PartName, Callable[[StatisticsPart], Any]] = {
    "tasks": lambda part: _TaskCells(decode_tasks(part)),
    "workers": decode_workers,
    "spells": decode_spells,
    "facts": decode_facts,
}


class _Covered:
    """What was found of a window: sums, and the facts of minutes that it cuts in two."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.facts: list[Fact] = []
        self.spells: list[Spell] = []


class _Cache:
    """Rows as they were read, the least used of which go first."""

    def __init__(self) -> None:
        self._parts: OrderedDict[tuple[str, str, int, int], tuple[list[Any], int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[str, str, int, int]) -> list[Any] | None:
        found = self._parts.get(key)
        if found is None:
            return None
        self._parts.move_to_end(key)
        return found[0]

    def forget(self, workspace_sid: str, minute_ms: int) -> None:
        for part in _READERS:
            found = self._parts.pop((workspace_sid, part, MINUTE_MS, minute_ms), None)
            if found is not None:
                self._bytes -= found[1]

    def put(self, key: tuple[str, str, int, int], bodies: list[Any], size: int) -> None:
        before = self._parts.pop(key, None)
        self._bytes += size - (0 if before is None else before[1])
        self._parts[key] = bodies, size
        while self._bytes > _CACHED_BYTES_MAX or len(self._parts) > _CACHED_PARTS_MAX:
            _, (_, gone) = self._parts.popitem(last=False)
            self._bytes -= gone


class _Lookup:
    """Reads spans of one workspace, those that nothing more comes to from memory."""

    def __init__(
        self,
        statistics: Statistics,
        workspace_sid: str,
        part: PartName,
        before_position: int,
    ) -> None:
        self._statistics = statistics
        self._workspace_sid = workspace_sid
        self._part = part
        self._before_position = before_position

    async def spans(self, span_ms: int, from_ms: int, before_ms: int) -> dict[int, list[Any]]:
        """What is kept of these spans, by their start; several rows may share one."""
        starts = range(from_ms, before_ms, span_ms)
        if len(starts) > _CACHED_AT_ONCE:
            return {start: bodies for start, (bodies, _) in (await self._read(starts)).items()}
        cache = self._statistics._cache
        found: dict[int, list[Any]] = {}
        missing: list[int] = []
        for start in starts:
            known = cache.get((self._workspace_sid, self._part, span_ms, start))
            if known is None:
                missing.append(start)
            elif known:
                found[start] = known
        if missing:
            read = await self._read(range(missing[0], missing[-1] + span_ms, span_ms))
            settled_ms = self._statistics._settled_before_ms(self._workspace_sid)
            for start in missing:
                bodies, size = read.get(start, ([], 0))
                # An hour that is summed up only later is made of its minutes until then.
                if start + span_ms <= settled_ms:
                    cache.put((self._workspace_sid, self._part, span_ms, start), bodies, size)
                if bodies:
                    found[start] = bodies
        return dict(sorted(found.items()))

    async def _read(self, starts: range) -> dict[int, tuple[list[Any], int]]:
        """The bodies of these spans, and how many bytes they were."""
        found: dict[int, tuple[list[Any], int]] = {}
        parts = await self._statistics._search(
            self._workspace_sid,
            self._part,
            starts.step,
            starts.start,
            starts.stop,
            self._before_position,
        )
        for number, part in enumerate(parts, 1):
            bodies, size = found.get(part.start_ms, ([], 0))
            bodies.append(_READERS[self._part](part))
            found[part.start_ms] = bodies, size + len(part.body)
            if number % _ROWS_AT_A_STRETCH == 0:
                await asyncio.sleep(0)
        return found


def _hour(instant_ms: int) -> int:
    return instant_ms // HOUR_MS * HOUR_MS


def _within(
    window: Window, facts: Iterable[Fact], spells: Iterable[Spell]
) -> tuple[list[Fact], list[Spell]]:
    start_ms, end_ms = window.start_ms, window.end_ms
    return (
        [fact for fact in facts if start_ms <= fact.at_ms < end_ms],
        [spell for spell in spells if start_ms <= spell.until_ms < end_ms],
    )


def _without(from_ms: int, before_ms: int, hours: Iterable[int]) -> list[tuple[int, int]]:
    """A range of time without some of its hours."""
    left: list[tuple[int, int]] = []
    for hour in hours:
        if from_ms < hour:
            left.append((from_ms, hour))
        from_ms = hour + HOUR_MS
    if from_ms < before_ms:
        left.append((from_ms, before_ms))
    return left
