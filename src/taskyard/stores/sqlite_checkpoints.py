"""Moving the write-ahead log into the database, off the path of a commit."""

import logging
import sqlite3
from pathlib import Path

from .sqlite_thread import ConnectionThread

_CHECKPOINT_EVERY_BYTES = 4 << 20
_PAGES_PER_ROW_BYTES = 12 << 10
"""What a small row alone costs in the log: a page of the table, one of the index, and the header
now and then."""

logger = logging.getLogger(__name__)


class Checkpoints:
    """Checkpoints from a connection of its own.

    A passive checkpoint never stands in a commit's way, but it cannot start the log anew while
    commits keep coming: under steady load the log would grow without end. So beyond a bound the log
    is truncated, right after a passive checkpoint, when next to nothing is left to move.
    """

    def __init__(self, path: Path, *, log_limit_bytes: int) -> None:
        # It waits only briefly for others: whoever gets no checkpoint now gets one later.
        self._thread = ConnectionThread(path, "checkpoints", busy_timeout_s=0.5)
        self._log_limit_bytes = log_limit_bytes
        self._written_bytes = 0
        self._under_way = False

    def count(self, rows: int, body_bytes: int) -> None:
        """Take note of a commit; called by the writer's thread after it."""
        self._written_bytes += body_bytes + rows * _PAGES_PER_ROW_BYTES
        if self._written_bytes >= _CHECKPOINT_EVERY_BYTES and not self._under_way:
            self._under_way = True
            self._written_bytes = 0
            self._thread.submit(self._checkpoint)

    async def close(self) -> None:
        """Finish the checkpoint under way."""
        await self._thread.close()

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        try:
            page_bytes: int = connection.execute("PRAGMA page_size").fetchone()[0]
            _, log_pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if log_pages * page_bytes > self._log_limit_bytes:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            # Nothing is lost: the log holds everything, and the next checkpoint tries again.
            logger.warning("checkpoint failed: %s", error)
        finally:
            self._under_way = False
