"""What has happened in a window of time, counted: a view of the journals.

Of each minute sums are kept, and the facts that they were made of; of each hour that is over the
sums alone. A window adds up the hours and minutes that lie in it, and counts the facts of the
minutes that it cuts in two: whatever its borders are, nothing is estimated. What happened in the
last moments is counted from memory, until it is kept.

`time_windows.py` says what a window is, `statistics_minutes.py` holds what is not kept yet,
`statistics_hours.py` sums up hours, `statistics_rows.py` reads what a window needs,
`statistics_cache.py` what it needs again, `statistics_cuts.py` looks things up in a minute that is
cut in two, and `statistics_workers.py` finds workers in a row.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence, Set

from taskyard.core.statistics import Spells, TakenDown, TaskSums
from taskyard.core.statistics.cumulative import (
    WORKSPACE,
    Cell,
    WorkerCounts,
    merged_counts,
    no_tasks,
    of_reservations,
    scopes_of,
)
from taskyard.core.statistics.presence import Turnover, course_of, turnover_of
from taskyard.stores import StatisticsRow, Store, StoreError
from taskyard.stores.statistics_codec import decode_cell

from .journal import TurnRecord
from .pace import leisurely
from .statistics_hours import hour_row
from .statistics_minutes import LatestMinutes, Minute
from .statistics_rows import NO_POSITION, Kept, StatisticsRows
from .statistics_workers import channels_of, counts_in, counts_of
from .time_windows import MINUTE_MS, Window, hour_of

STATISTICS_DAYS = 30
"""So far back windows may begin."""
GATHER_S = 10.0
"""Nobody waits for what is written, so a minute takes a few rows and not a hundred."""

logger = logging.getLogger(__name__)


class Statistics:
    """Keeps statistics of all workspaces, and adds them up for a window."""

    name = "statistics"

    def __init__(self, store: Store, clock: Callable[[str], int], history_ms: int) -> None:
        """Nothing is read yet.

        Args:
            store: Where the rows are.
            clock: The instant in a workspace, in milliseconds since the epoch: never before that of
                its last event.
            history_ms: How far back windows may begin.
        """
        self._store = store
        self._clock = clock
        self.history_ms = history_ms
        self._latest: dict[str, LatestMinutes] = {}
        self._rows = StatisticsRows(store, clock)

    # --- following the journals ---

    def hear(self, turn: TurnRecord) -> None:
        """Hear of a durable turn, for `Feed`: from now on windows show it."""
        latest = self._latest.get(turn.workspace_sid)
        if latest is None:
            latest = self._latest[turn.workspace_sid] = LatestMinutes()
        start_ms = turn.at_ms // MINUTE_MS * MINUTE_MS
        if not latest.fresh or latest.fresh[-1].start_ms != start_ms:
            latest.fresh.append(Minute(start_ms, turn.first_position))
            # Somebody may have looked at the minute while its last turn was being written.
            self._rows.reopen(turn.workspace_sid, start_ms)
        latest.fresh[-1].hear(turn)

    def let_go(self, workspace_sid: str, unkept: Sequence[TurnRecord]) -> None:
        """Another node has kept what was heard of a workspace, up to these turns; for `Feed`."""
        self._latest.pop(workspace_sid, None)
        for turn in unkept:
            self.hear(turn)

    async def follow(self, turns: Sequence[TurnRecord]) -> None:
        """Keep what was heard of these workspaces.

        Raises:
            StoreError: It could not be kept.
        """
        sids = dict.fromkeys(turn.workspace_sid for turn in turns)
        rows: list[StatisticsRow] = []
        positions: dict[str, int] = {}
        after: dict[str, int] = {}
        for sid in sids:
            latest = self._latest[sid]
            latest.make_out()
            latest.writing, latest.fresh = latest.fresh, []
            if latest.writing:  # if not, it was kept with an earlier turn
                positions[sid] = latest.writing[-1].last_position
                after[sid] = latest.writing[0].first_position - 1
        try:
            for sid in positions:
                minutes = [one for one in self._latest[sid].writing if one.down]
                rows += [await leisurely(one.row(sid)) for one in minutes]
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
            if before_ms is not None and hour_of(before_ms) < hour_of(latest.kept_ms):
                try:
                    await self._sum_up(sid, hour_of(before_ms))
                except StoreError as error:
                    # Nothing is missing: windows add up the minutes instead.
                    logger.warning("workspace %s: an hour is not summed up: %s", sid, error)

    async def _sum_up(self, workspace_sid: str, hour_ms: int) -> None:
        row = await hour_row(self._rows, workspace_sid, hour_ms)
        if row is not None:
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
        whole, unkept = self._unkept(workspace_sid, window)
        for minute in whole:  # at once: these sums go on
            for (scope, channel), sums in minute.sums.tasks.items():
                if scope in wanted and task_channel_sid in (None, channel):
                    wanted[scope].merge(sums)
        kept = self._kept(workspace_sid)
        covered = await self._rows.cover(workspace_sid, "tasks", window, kept)
        for cut in covered.cut:
            for scope, total in wanted.items():
                total.merge(cut.sums(scope, task_channel_sid, window.start_ms, window.end_ms))
        for fact in unkept.facts:
            if task_channel_sid in (None, fact.task_channel_sid):
                for scope in scopes_of(fact.kind, fact.workflow_sid, fact.task_queue_sid):
                    if scope in wanted:
                        wanted[scope].add(fact.kind, fact.wait_s, fact.in_queue_s)
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
        if worker_sids is None:
            # Whatever becomes of a reservation counts for the workspace too.
            sums = await self.tasks(workspace_sid, window, WORKSPACE, task_channel_sid)
            return of_reservations(sums.counts)
        whole, unkept = self._unkept(workspace_sid, window)

        def chosen(cells: Mapping[Cell, WorkerCounts]) -> Iterator[WorkerCounts]:
            channels = channels_of(cells) if task_channel_sid is None else {task_channel_sid}
            return counts_of(cells, worker_sids, channels)

        # At once: the sums of a minute that is not over go on.
        found = [merged_counts(c for minute in whole for c in chosen(minute.sums.workers))]
        kept = self._kept(workspace_sid)
        covered = await self._rows.cover(workspace_sid, "workers", window, kept)
        cut = [*unkept.facts, *covered.taken_down().facts]
        found.append(counts_in(cut, worker_sids, task_channel_sid))
        for row in covered.bodies:
            found += row.counts_of(worker_sids, task_channel_sid)
        return merged_counts(found)

    async def spells(
        self, workspace_sid: str, window: Window, worker_sids: frozenset[str] | None = None
    ) -> Spells:
        """What workers did and have ended doing in a window; all of them, or only some.

        Raises:
            StoreError: It cannot be read.
        """
        whole, unkept = self._unkept(workspace_sid, window)
        fresh = [*unkept.spells, *(spell for minute in whole for spell in minute.down.spells)]
        kept = self._kept(workspace_sid)
        covered = await self._rows.cover(workspace_sid, "spells", window, kept)
        found = Spells(window.start_ms)
        # In the order of time, as far as it matters: what crosses comes first.
        for spells in covered.bodies:
            found.merge(spells, worker_sids)
        cut = covered.taken_down().spells
        for spell in sorted((*cut, *fresh), key=lambda one: one.until_ms):
            if worker_sids is None or spell.worker_sid in worker_sids:
                found.add(spell)
        found.crossing.sort(key=lambda one: one.until_ms)
        return found

    async def presence(
        self, workspace_sid: str, window: Window, worker_sids: Set[str]
    ) -> Turnover | None:
        """What some workers were to those who wait, as far as it changed in a window.

        Returns:
            None if the window has rows that are older than these.

        Raises:
            StoreError: It cannot be read.
        """
        latest = self._latest.get(workspace_sid)
        unkept = [] if latest is None else latest.changes_in(window)
        kept = self._kept(workspace_sid)
        covered = await self._rows.cover(workspace_sid, "workers", window, kept)
        found = turnover_of(
            course_of(change)
            for change in (*covered.taken_down().changes, *unkept)
            if change.worker_sid in worker_sids
        )
        for row in covered.bodies:
            if not row.knows_presence:
                return None
            found.merge(row.turnover_of(worker_sids))
        return found

    def _unkept(self, workspace_sid: str, window: Window) -> tuple[list[Minute], TakenDown]:
        """What is not kept yet: minutes that lie in a window, and what else does."""
        latest = self._latest.get(workspace_sid)
        return (
            ([], TakenDown())
            if latest is None
            else latest.seen_in(window, self._clock(workspace_sid))
        )

    def _kept(self, workspace_sid: str) -> Kept:
        latest = self._latest.get(workspace_sid)
        first = None if latest is None else latest.first()
        # A turn is told of a little after its instant.
        over_ms = self._clock(workspace_sid) - MINUTE_MS
        if first is None:
            return Kept(NO_POSITION, over_ms)
        return Kept(first.first_position, min(over_ms, first.start_ms))
