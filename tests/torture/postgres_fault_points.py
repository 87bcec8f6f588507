"""Where a process, or the PostgreSQL below it, may die while it keeps a turn, by name."""

import asyncio
import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from taskyard.stores import Append, JournalRow, StoreError
from taskyard.stores.postgres import PostgresStore

from .fault_points import Point, die

APPENDS_WITHIN_S = 0.006


class PostgresPoint(StrEnum):
    BEFORE_THE_APPEND = Point.BEFORE_THE_APPEND
    ONCE_IT_IS_SENT = "once the statement is sent"
    WITHIN_THE_APPEND = "while the database appends"
    DATABASE_KILLED = "with the database killed while it appends"
    AFTER_THE_APPEND = Point.AFTER_THE_APPEND


class DoomedPostgres:
    """The PostgreSQL store, until the append that it does not survive."""

    def __init__(self, store: PostgresStore, dice: random.Random, postmaster: int) -> None:
        self._store = store
        self._dice = dice
        self._postmaster = postmaster
        self._point: PostgresPoint | None = None

    def doom(self, point: str) -> None:
        self._point = PostgresPoint(point)

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        point = self._point
        if point is PostgresPoint.BEFORE_THE_APPEND:
            die()
        appending = asyncio.ensure_future(self._store.append(appends))
        if point is PostgresPoint.ONCE_IT_IS_SENT:
            for _ in range(self._dice.randrange(1, 8)):
                await asyncio.sleep(0)
            die()
        if point is PostgresPoint.WITHIN_THE_APPEND:
            threading.Thread(target=self._later, args=(die,)).start()
        if point is PostgresPoint.DATABASE_KILLED:
            threading.Thread(target=self._later, args=(self._kill_the_database,)).start()
        failures = await appending
        if point is PostgresPoint.DATABASE_KILLED:
            await asyncio.sleep(APPENDS_WITHIN_S)  # it may have been quicker than its end
        if point is not None:
            die()
        return failures

    def _later(self, deed: Any) -> None:
        time.sleep(self._dice.uniform(0, APPENDS_WITHIN_S))
        deed()

    def _kill_the_database(self) -> None:
        children = Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children").read_text()
        for pid in (self._postmaster, *map(int, children.split())):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
        async for row in self._store.rows(workspace_sid, after_position):
            yield row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
