"""Moving the write-ahead log into the database, off the path of a commit."""

import logging
import sqlite3
from pathlib import Path

from .sqlite_thread import ConnectionThread

_CHECKPOINT_EVERY_BYTES = 4 << 20
_PAGES_PER_ROW_BYTES = 12 << 10
"""What a small row alone costs in the log: a page of the table, one of the index, and the header
now and then."""
_COMMITS_BETWEEN_MIN = 2
"""One may have been counted late: it was in the log before the last checkpoint ended."""
_VERY_LONG = 4
"""So many times the bound: then the file is not only written over but cut off."""

logger = logging.getLogger(__name__)


class Checkpoints:
    """Checkpoints from a connection of its own.

    A passive checkpoint never stands in a commit's way, but it cannot start the log anew while
    commits keep coming: under steady load the log would grow without end. So beyond a bound the log
    is made to begin anew, right after a passive checkpoint, when next to nothing is left to move.

    It is written over then and not cut off, unless a reader has let it become very long. To cut it
    takes ten milliseconds for which commits are locked out, and every commit that makes a file
    longer has more to flush than one that writes where there was something.

    SQLite up to 3.51.2 loses commits if a commit starts the log anew while a checkpoint begins
    (its "WAL-reset bug"), and Python comes with whatever SQLite the system has. A log can be
    started anew only when all of it has been moved, and nobody but us moves it. So a passive
    checkpoint begins only after a commit has come since the last one ended, when there is
    something left to move; and one that restarts or truncates locks commits out before it looks.
    """

    def __init__(self, path: Path, *, log_limit_bytes: int) -> None:
        # It waits only briefly for others: whoever gets no checkpoint now gets one later.
        self._thread = ConnectionThread(path, "checkpoints", busy_timeout_s=0.5)
        self._log_limit_bytes = log_limit_bytes
        self._under_way = False
        self._count_anew()

    def count(self, rows: int, body_bytes: int) -> None:
        """Take note of a commit; called by the writer's thread after it."""
        if self._under_way:
            return
        self._commits += 1
        self._written_bytes += body_bytes + rows * _PAGES_PER_ROW_BYTES
        if self._written_bytes >= _CHECKPOINT_EVERY_BYTES and self._commits >= _COMMITS_BETWEEN_MIN:
            self._under_way = True
            self._thread.submit(self._checkpoint)

    async def close(self) -> None:
        """Finish the checkpoint under way."""
        await self._thread.close()

    def _count_anew(self) -> None:
        self._commits = 0
        self._written_bytes = 0

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        try:
            page_bytes: int = connection.execute("PRAGMA page_size").fetchone()[0]
            _, log_pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            log_bytes = log_pages * page_bytes
            if moved < log_pages:
                # A reader, such as a backup, holds the log back: what follows would lock commits
                # out and wait for it in vain.
                return
            if log_bytes > _VERY_LONG * self._log_limit_bytes:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            elif log_bytes > self._log_limit_bytes:
                connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        except sqlite3.Error as error:
            # Nothing is lost: the log holds everything, and the next checkpoint tries again.
            logger.warning("checkpoint failed: %s", error)
        finally:
            self._count_anew()
            self._under_way = False
