"""When a snapshot is made, and which one a start goes on from.

A snapshot saves time: whatever is wrong with one is said in a line, and the one before, or the
whole journal, serves as well. Only once old rows are pruned does a journal need one to begin with;
so each is read back when it is made, and nothing is pruned that is not behind one that was good.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import msgspec

from taskyard.core.snapshot import capture, restoring
from taskyard.core.state import State
from taskyard.stores import SnapshotRow, Store, StoreError
from taskyard.stores.snapshot_codec import decoding, encode_snapshot

from .journal import Journal, TurnRecord
from .pace import unhurried

EVENTS_BETWEEN = 50_000
"""Folding so many takes a quarter of a second."""
_REST_PER_WRITE = 3
"""A busy and large workspace would keep a processor core at nothing else: so many times as long as
the last snapshot took, none is begun."""
_WORTHWHILE_AT_CLOSE = 10
"""At a close nobody waits: a tenth of the events that make a snapshot due otherwise is enough."""

logger = logging.getLogger(__name__)


class Folded(msgspec.Struct):
    """What a workspace's journal comes to up to a position."""

    state: State
    position: int
    at_ms: int


class Snapshots:
    """The snapshots of all workspaces as their engines see them.

    While the server runs, snapshots are written elsewhere, one after another: a hundred thousand
    tasks cannot be copied and encoded between two turns unnoticed.
    """

    def __init__(
        self,
        store: Store,
        write: Callable[[str], Awaitable[None]],
        *,
        events_between: int = EVENTS_BETWEEN,
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Nothing is read yet.

        Args:
            store: Where the snapshots are.
            write: Writes a snapshot of this workspace off the event loop and reads it back:
                `keep_snapshot` and `verify_snapshots`, in a process of its own.
            events_between: After so many events of a workspace its next snapshot is due.
            seconds: The stopwatch by which a read lets others have the loop.
        """
        self._store = store
        self._write = write
        self._events_between = events_between
        self._seconds = seconds
        self._last_positions: dict[str, int] = {}
        """Of each workspace's last snapshot, or of the last attempt at one."""
        self._heard_ms: dict[str, int] = {}
        """The instant of each workspace's last turn."""
        self._newest_ms: dict[str, int] = {}
        """The instant of the state that each workspace's newest snapshot holds."""
        self._due: list[str] = []
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    async def newest(
        self, workspace_sid: str, before: int | None = None, after: int = 0
    ) -> Folded | None:
        """Where a fold of the journal may begin: after the newest snapshot that is good.

        Args:
            workspace_sid: Whose.
            before: Only an earlier position than this will do.
            after: Only a later position than this will do.
        """
        found = await newest_good(self._store, workspace_sid, before, after, self._seconds)
        self._last_positions.setdefault(workspace_sid, 0 if found is None else found.position)
        if found is not None:
            self._newest_ms.setdefault(workspace_sid, found.at_ms)
        return found

    def newest_ms(self, workspace_sid: str) -> int | None:
        """The instant of the state that a workspace's newest snapshot holds; None without one."""
        return self._newest_ms.get(workspace_sid)

    def note(self, turn: TurnRecord) -> None:
        """Follow how long the journals become; for `WorkspaceEngine.subscribe`."""
        sid = turn.workspace_sid
        self._heard_ms[sid] = turn.at_ms
        if (
            self._closed
            or turn.last_position - self._last_positions.get(sid, 0) < self._events_between
        ):
            return
        # Whatever comes of it: the next attempt is as far away.
        self._last_positions[sid] = turn.last_position
        self.ask_for_one(sid)

    def ask_for_one(self, workspace_sid: str) -> None:
        """Have the next snapshot of a workspace made now, or after those that are due already."""
        if self._closed:
            return
        if workspace_sid not in self._due:
            self._due.append(workspace_sid)
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write_due())

    async def keep_at_close(self, workspace_sid: str, folded: Folded) -> None:
        """Keep a last snapshot of an engine that has stopped, if it saves the next start enough."""
        since = folded.position - self._last_positions.get(workspace_sid, 0)
        if since * _WORTHWHILE_AT_CLOSE < self._events_between:
            return
        self._last_positions[workspace_sid] = folded.position
        try:
            await _keep(self._store, workspace_sid, folded)
        except Exception as error:
            _say_none_was_made(workspace_sid, error)

    async def close(self) -> None:
        """Break off the snapshot that is being written, and begin no other."""
        self._closed = True
        self._due.clear()
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])

    async def _write_due(self) -> None:
        try:
            while self._due:
                sid = self._due.pop(0)
                heard_ms = self._heard_ms.get(sid)
                began_s = asyncio.get_running_loop().time()
                try:
                    await self._write(sid)
                    if heard_ms is not None:
                        self._newest_ms[sid] = heard_ms
                except Exception as error:
                    _say_none_was_made(sid, error)
                took_s = asyncio.get_running_loop().time() - began_s
                await asyncio.sleep(_REST_PER_WRITE * took_s)
        finally:
            self._writing = None


async def newest_good(
    store: Store,
    workspace_sid: str,
    before: int | None = None,
    after: int = 0,
    seconds: Callable[[], float] = time.perf_counter,
) -> Folded | None:
    """The newest snapshot between two positions that is whole and can be read.

    Each that is not is named in a line of the log.
    """
    try:
        async for row in store.snapshots(workspace_sid):
            if before is not None and row.position >= before:
                continue
            if row.position <= after:
                break
            try:
                return await _taken_up(row, seconds)
            except Exception as error:  # a snapshot is never worth a failure
                logger.warning("%s; it is passed over", error)
    except StoreError as error:
        logger.warning("workspace %s: its snapshots cannot be read: %s", workspace_sid, error)
    return None


async def keep_snapshot(
    store: Store, workspace_sid: str, seconds: Callable[[], float] = time.perf_counter
) -> None:
    """Fold what a workspace's journal has after its newest snapshot, and keep the next snapshot.

    Raises:
        StoreError: The journal cannot be read, or the snapshot not be kept.
    """
    found = await newest_good(store, workspace_sid, seconds=seconds)
    begun_at = 0 if found is None else found.position
    folded = found or Folded(state=State(), position=0, at_ms=0)
    async for turn in Journal(store).turns(workspace_sid, begun_at):
        for event in turn.events:
            folded.state.apply(event, turn.at_ms)
        folded.position, folded.at_ms = turn.last_position, turn.at_ms
    if folded.position > begun_at:
        await _keep(store, workspace_sid, folded)


async def verify_snapshots(
    store: Store, workspace_sid: str, seconds: Callable[[], float] = time.perf_counter
) -> None:
    """Read a workspace's snapshots back as a start would, and mark in the store which are good.

    Raises:
        StoreError: They cannot be read or marked, or one of them is not good.
    """
    failure: StoreError | None = None
    # The oldest first: as soon as one is marked, the rows before it may go, and with them what a
    # start from an older one would need.
    for row in [row async for row in store.snapshots(workspace_sid)][::-1]:
        try:
            await _taken_up(row, seconds)
        except Exception as error:
            failure = failure or StoreError(f"one that was read back is not good: {error}")
        else:
            await store.mark_verified(row)
    if failure is not None:
        raise failure


async def _taken_up(row: SnapshotRow, seconds: Callable[[], float]) -> Folded:
    snapshot = await unhurried(decoding(row), seconds)
    state = await unhurried(restoring(snapshot), seconds)
    return Folded(state=state, position=row.position, at_ms=row.at_ms)


async def _keep(store: Store, workspace_sid: str, folded: Folded) -> None:
    snapshot = capture(folded.state)
    row = encode_snapshot(workspace_sid, folded.position, folded.at_ms, snapshot)
    await store.keep_snapshot(row)


def _say_none_was_made(workspace_sid: str, error: Exception) -> None:
    logger.warning("workspace %s: no snapshot was made: %s", workspace_sid, error)
