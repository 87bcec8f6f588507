"""How long the past is kept, and how it goes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from taskyard.stores import JournalExtent, KeptSnapshot, Store, StoreError

from .counters import Counters
from .snapshots import Snapshots

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
_REST_S = 60.0
_ROWS_AT_ONCE = 200
_EVENT_BLOCKS_AT_ONCE = 10
"""About as many bytes as so many rows."""
_STATISTICS_ROWS_AT_ONCE = 100
_REST_PER_WORK = 4
"""Between two batches the store is left alone for so many times as long as the first one took."""
_REST_BETWEEN_BATCHES_S = 0.01
_SLACK_MS = DAY_MS
"""Longer than that nothing stays which is too old, though a snapshot that was due is late."""
_ASK_AGAIN_MS = 3_600_000
"""After a snapshot that was asked for has not come: its failure is in the log each time."""

logger = logging.getLogger(__name__)


class Retention:
    """Lets go of journal rows that are older than the retention, as far as nobody needs them.

    A start needs the rows after the snapshot that it begins with. So of each workspace those rows
    may go that are not after its oldest verified snapshot; with the newest one damaged, the one
    before still has everything that follows it. A view that has fallen behind may have to begin
    anew from a snapshot at or before its cursor, and then nothing goes that is after that one.

    A workspace in which little happens makes no snapshot by itself for years. So one is asked for
    when the last verified one is older than half the retention: by the time that rows after it
    are too old, the next two have been made. Where nothing happens any more there are no next two.
    There the last one, at the journal's end, has to do alone, and a day later the others go.

    A deleted workspace goes as a whole, when its deletion is older than the retention.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], int],
        retention_ms: int,
        *,
        snapshots: Snapshots | None = None,
        views_at: Callable[[str], Awaitable[int]] | None = None,
        counters: Counters | None = None,
        serves: Callable[[str], bool] | None = None,
        rest_s: float = _REST_S,
    ) -> None:
        """Nothing happens yet: call `start`.

        Args:
            store: Where the journals are.
            clock: The instant, in milliseconds since the Unix epoch.
            retention_ms: How long every row is kept at least.
            snapshots: Makes one when it is asked to. Without it only deleted workspaces go.
            views_at: The position of the slowest view of a workspace. Without it there are no
                views.
            counters: Where it counts what went; nobody looks if None.
            serves: Whether it is for this node to look after a workspace that exists; all of them
                if None.
            rest_s: Seconds from one look at all workspaces to the next.
        """
        self._store = store
        self._clock = clock
        self._retention_ms = retention_ms
        self._snapshots = snapshots
        self._views_at = views_at
        self._counters = counters or Counters()
        self._serves = serves
        self._rest_s = rest_s
        self._asked_ms: dict[str, int] = {}
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look after all workspaces from now on, every so often."""
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop. A batch that the store has begun is finished, and no other begun."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def sweep(self) -> None:
        """Let go of all that may go now, and ask for the snapshots that the rest waits for.

        Raises:
            StoreError: The store cannot be read or written.
        """
        now_ms = self._clock()
        for journal in await self._store.extents():
            if not journal.listed:
                await self._prune_deleted(journal, now_ms)
            elif self._snapshots is not None and (
                self._serves is None or self._serves(journal.workspace_sid)
            ):
                self._ask_if_due(self._snapshots, journal, now_ms)
                await self._prune_living(journal, now_ms)
        await self._drop_old_events(now_ms - self._retention_ms)
        await self._drop_old_statistics(now_ms - self._retention_ms)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._rest_s)
            try:
                await self.sweep()
            except StoreError as error:
                logger.warning("what is older than the retention stays for now: %s", error)
            except Exception:
                logger.exception("pruning failed")

    def _ask_if_due(self, snapshots: Snapshots, journal: JournalExtent, now_ms: int) -> None:
        """Ask for a snapshot, if without one rows would stay for longer than they should."""
        sid = journal.workspace_sid
        half_ms = now_ms - self._retention_ms // 2
        if journal.first_ms >= half_ms:
            return
        verified = _verified(journal)
        if verified and (
            verified[-1].at_ms >= half_ms or verified[-1].position >= journal.last_position
        ):
            return
        wait_ms = min(_ASK_AGAIN_MS, self._retention_ms)
        if now_ms - self._asked_ms.get(sid, now_ms - wait_ms) >= wait_ms:
            self._asked_ms[sid] = now_ms
            snapshots.ask_for_one(sid)

    async def _prune_living(self, journal: JournalExtent, now_ms: int) -> None:
        before_ms = now_ms - self._retention_ms
        cursor = await self._cursor(journal)
        verified = [one for one in _verified(journal) if cursor is None or one.position <= cursor]
        if journal.first_ms >= before_ms or not verified:
            return
        # Usually the next but one has long been made, and the store has dropped this one itself.
        slack_ms = min(_SLACK_MS, self._retention_ms)
        outlived = [one for one in verified[:-1] if one.at_ms < before_ms - slack_ms]
        if outlived:
            await self._store.drop_snapshots(journal.workspace_sid, outlived[-1].position)
        oldest = verified[len(outlived)]
        await self._prune(journal.workspace_sid, oldest.position, before_ms)

    async def _prune_deleted(self, journal: JournalExtent, now_ms: int) -> None:
        before_ms = now_ms - self._retention_ms
        cursor = await self._cursor(journal)
        if journal.last_ms < before_ms and (cursor is None or cursor >= journal.last_position):
            self._asked_ms.pop(journal.workspace_sid, None)
            await self._prune(journal.workspace_sid, journal.last_position, before_ms)

    async def _prune(self, workspace_sid: str, up_to_position: int, before_ms: int) -> None:
        seconds, pruned = self._counters.seconds, 0
        while True:
            began = seconds()
            went = await self._store.prune(workspace_sid, up_to_position, before_ms, _ROWS_AT_ONCE)
            if went == 0:
                break
            pruned += went
            self._counters.rows_pruned += went
            # Commits go through the same writer, and shall not stand in line behind many batches.
            took_s = seconds() - began
            await asyncio.sleep(max(_REST_BETWEEN_BATCHES_S, _REST_PER_WORK * took_s))
        if pruned:
            logger.info(
                "journal pruned",
                extra={
                    "workspace_sid": workspace_sid,
                    "rows": pruned,
                    "up_to_position": up_to_position,
                },
            )

    async def _drop_old_events(self, before_ms: int) -> None:
        """Let go of what the event index has of the time before, whosever it is."""
        seconds = self._counters.seconds
        began = seconds()
        while await self._store.drop_event_blocks(before_ms, _EVENT_BLOCKS_AT_ONCE):
            await asyncio.sleep(max(_REST_BETWEEN_BATCHES_S, _REST_PER_WORK * (seconds() - began)))
            began = seconds()

    async def _drop_old_statistics(self, before_ms: int) -> None:
        """Let go of what statistics have of the time before; an hour that is cut in two stays."""
        seconds = self._counters.seconds
        began = seconds()
        before_ms -= HOUR_MS
        while await self._store.drop_statistics(before_ms, _STATISTICS_ROWS_AT_ONCE):
            await asyncio.sleep(max(_REST_BETWEEN_BATCHES_S, _REST_PER_WORK * (seconds() - began)))
            began = seconds()

    async def _cursor(self, journal: JournalExtent) -> int | None:
        return None if self._views_at is None else await self._views_at(journal.workspace_sid)


def _verified(journal: JournalExtent) -> list[KeptSnapshot]:
    return [one for one in journal.snapshots if one.verified]
