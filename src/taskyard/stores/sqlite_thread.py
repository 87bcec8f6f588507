"""One thread that holds one SQLite connection."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from .interface import StoreError
from .sqlite_file import connect, translated

T = TypeVar("T")
_Work = Callable[[sqlite3.Connection], Any]

logger = logging.getLogger(__name__)


class ConnectionThread:
    """Runs work on its connection, one piece after another, away from the event loop.

    Every commit comes through here. An executor would make a future with a lock of its own for each
    piece and chain the loop's to it, which costs a small commit as much as SQLite does.
    """

    def __init__(self, path: Path, name: str, busy_timeout_s: float) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        self._pieces: SimpleQueue[_Piece | None] = SimpleQueue()
        self._closed = False
        # Whoever leaves it open must be able to end: what is committed is durable all the same.
        Thread(target=self._run, name=f"taskyard-{name}", daemon=True).start()

    async def call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work and wait for it.

        Raises:
            StoreError: What sqlite3 made of it, or the store is closed.
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(_Piece(work, answer))
        return await answer

    def submit(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Run the work when its turn comes; if it fails, that is logged.

        Raises:
            StoreError: The store is closed.
        """
        self._put(_Piece(work, None))

    async def close(self) -> None:
        """Finish what was submitted and close the connection."""
        if self._closed:
            return
        closing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(_Piece(sqlite3.Connection.close, closing))
        self._pieces.put(None)
        self._closed = True
        await closing

    def _put(self, piece: "_Piece") -> None:
        if self._closed:
            raise StoreError(f"database {self._path} is closed")
        self._pieces.put(piece)

    # --- in the thread ---

    def _run(self) -> None:
        connected: sqlite3.Connection | BaseException
        try:
            connected = connect(self._path, self._busy_timeout_s)
        except BaseException as error:
            connected = error
        while self._run_next(connected):
            pass

    def _run_next(self, connected: sqlite3.Connection | BaseException) -> bool:
        """Run the next piece, and keep nothing of it; False if there is none any more."""
        piece = self._pieces.get()
        if piece is None:
            return False
        if piece.answer is not None and piece.answer.cancelled():
            return True
        result, failure = None, None
        try:
            with translated(self._path):
                if isinstance(connected, BaseException):
                    raise connected
                result = piece.work(connected)
        except BaseException as error:
            failure = error
        piece.tell(result, failure)
        return True


class WriterThread(ConnectionThread):
    """The thread that writes, and does so only while the file is in its place.

    SQLite goes on with a file that was deleted, moved or replaced while it was open, but what it
    keeps there would be found by nobody: neither the next start nor a backup.
    """

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self._opened = _identity(path)
        super().__init__(path, "writer", busy_timeout_s)

    async def call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work if the file is in its place, and wait for it.

        Raises:
            StoreError: As of every connection; or the file is no longer in its place.
        """
        return await super().call(partial(self._do_in_place, work))

    def _do_in_place(
        self, work: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection
    ) -> T:
        if _identity(self._path) != self._opened:
            raise StoreError(
                f"database {self._path} was deleted, moved or replaced while it was in use"
            )
        return work(connection)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file has this name now; None for none that can be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Piece:
    """A piece of work, and who waits for it."""

    __slots__ = ("answer", "work")

    def __init__(self, work: _Work, answer: "asyncio.Future[Any] | None") -> None:
        self.work = work
        self.answer = answer

    def tell(self, result: object, failure: BaseException | None) -> None:
        if self.answer is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self.answer.get_loop().call_soon_threadsafe(_settle, self.answer, result, failure)
        elif failure is not None:
            logger.error("what SQLite was to do on its own failed", exc_info=failure)


def _settle(answer: "asyncio.Future[Any]", result: object, failure: BaseException | None) -> None:
    if answer.cancelled():
        return
    if failure is None:
        answer.set_result(result)
    else:
        answer.set_exception(failure)
