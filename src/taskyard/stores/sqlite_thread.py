"""One thread that holds one SQLite connection."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from .interface import StoreError
from .sqlite_file import connect, translated

T = TypeVar("T")


class ConnectionThread:
    """Runs work on its connection, one piece after another, away from the event loop."""

    def __init__(self, path: Path, name: str, busy_timeout_s: float) -> None:
        self._path = path
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"taskyard-{name}")
        self._opened = self._executor.submit(connect, path, busy_timeout_s)

    async def call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work and wait for it.

        Raises:
            StoreError: What sqlite3 made of it, or the store is closed.
        """
        return await asyncio.wrap_future(self.submit(work))

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Run the work when its turn comes."""
        try:
            return self._executor.submit(self._run, work)
        except RuntimeError as error:  # shut down
            raise StoreError(f"database {self._path} is closed") from error

    async def close(self) -> None:
        """Finish what was submitted and close the connection."""
        try:
            closing = self._executor.submit(self._run, sqlite3.Connection.close)
        except RuntimeError:
            return
        self._executor.shutdown(wait=False)
        await asyncio.wrap_future(closing)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with translated(self._path):
            return work(self._opened.result())
