"""Where a process may die while it keeps a turn, by name, and how it is made to die there."""

import os
import random
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

from taskyard.stores import Append, JournalRow, SnapshotRow, StoreError
from taskyard.stores.sqlite import SqliteStore


class Point(StrEnum):
    BEFORE_THE_APPEND = "before the append"
    WITHIN_THE_STATEMENT = "within the statement"
    BEFORE_THE_COMMIT = "after the insert, before the commit"
    WITHIN_THE_LOG = "with the write-ahead log half written"
    WITHIN_A_CHECKPOINT = "while a checkpoint moves the log"
    AFTER_THE_APPEND = "after the append, before anybody is told"
    WITHIN_A_SNAPSHOT = "while a snapshot is written"
    BEFORE_A_PRUNE = "before old rows are deleted"
    WITHIN_A_PRUNE = "while old rows are deleted"
    BEFORE_THE_PRUNES_COMMIT = "after old rows are deleted, before the commit"
    AFTER_A_PRUNE = "after old rows are deleted, before anybody is told"
    AT_ANY_MOMENT = "at any moment while snapshots are written and old rows deleted"


OF_THE_PAST = {
    Point.WITHIN_A_SNAPSHOT,
    Point.BEFORE_A_PRUNE,
    Point.WITHIN_A_PRUNE,
    Point.BEFORE_THE_PRUNES_COMMIT,
    Point.AFTER_A_PRUNE,
    Point.AT_ANY_MOMENT,
}
"""Here the past goes under the load; elsewhere everything is kept."""


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives that")


class DoomedStore:
    """The SQLite store, until the append that it does not survive."""

    def __init__(self, store: SqliteStore, path: Path, dice: random.Random) -> None:
        self._store = store
        self._path = path
        self._dice = dice
        self._point: Point | None = None
        self._trapped = False
        self.has_pruned = False

    def doom(self, point: str) -> None:
        self._point = Point(point)
        if self._point is Point.AT_ANY_MOMENT:
            threading.Timer(self._dice.uniform(0, 0.1), die).start()

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        if self._point is Point.BEFORE_THE_APPEND:
            die()
        if self._point is not None and not self._trapped:
            self._trapped = True
            await self._lay_the_trap(self._point)
        failures = await self._store.append(appends)
        if self._point in (Point.WITHIN_THE_STATEMENT, Point.AFTER_THE_APPEND):
            die()
        return failures

    async def keep_snapshot(self, row: SnapshotRow) -> None:
        if self._point is Point.WITHIN_A_SNAPSHOT:
            await self._die_within(150)
        await self._store.keep_snapshot(row)
        if self._point is Point.WITHIN_A_SNAPSHOT:
            die()

    async def prune(self, sid: str, up_to_position: int, before_ms: int, at_most: int) -> int:
        point = self._point
        if point is None or point in (Point.WITHIN_A_SNAPSHOT, Point.AT_ANY_MOMENT):
            pruned = await self._store.prune(sid, up_to_position, before_ms, at_most)
            self.has_pruned = self.has_pruned or pruned > 0
            return pruned
        if not await self._is_to_prune(sid, up_to_position, before_ms):
            return 0
        if point is Point.BEFORE_A_PRUNE:
            die()
        elif point is Point.WITHIN_A_PRUNE:
            await self._die_within(1_500)
        elif point is Point.BEFORE_THE_PRUNES_COMMIT:
            await self._die_at_a_commit()
        await self._store.prune(sid, up_to_position, before_ms, at_most)
        die()

    async def _is_to_prune(self, sid: str, up_to_position: int, before_ms: int) -> bool:
        """A prune that finds nothing is no place to die."""
        async for row in self._store.rows(sid, 0):
            return row.last_position <= up_to_position and row.at_ms < before_ms
        return False

    async def _die_within(self, most_steps: int) -> None:
        steps = iter(range(self._dice.randrange(1, most_steps)))

        def step() -> int:
            return 0 if next(steps, None) is not None else die()

        await self._store._writer.call(lambda connection: connection.set_progress_handler(step, 1))

    async def _die_at_a_commit(self) -> None:
        def hear(statement: str) -> None:
            if statement == "COMMIT":
                die()

        await self._store._writer.call(lambda connection: connection.set_trace_callback(hear))

    async def _lay_the_trap(self, point: Point) -> None:
        dice = self._dice
        if point is Point.WITHIN_THE_STATEMENT:
            await self._die_within(250)
        elif point is Point.BEFORE_THE_COMMIT:
            await self._die_at_a_commit()
        elif point is Point.WITHIN_THE_LOG:
            # The kernel writes up to the limit and then kills: a page of the log may be torn.
            log = self._path.with_name(self._path.name + "-wal")
            limit = log.stat().st_size + dice.randrange(1, 20_000)
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        elif point is Point.WITHIN_A_CHECKPOINT:
            delay_s = dice.uniform(0, 0.002)

            def move(connection: sqlite3.Connection) -> None:
                threading.Thread(target=lambda: (time.sleep(delay_s), die())).start()
                while True:  # SQLite lets go of the interpreter meanwhile
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

            self._store._checkpoints._thread.submit(move)

    async def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
        async for row in self._store.rows(workspace_sid, after_position):
            yield row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
