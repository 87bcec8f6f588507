"""Reading one SQLite file from outside.

A file that nobody has open has no write-ahead log beside it. It is opened as immutable: SQLite
would otherwise leave files of its own behind. Beside a log it is opened as one more reader, which
reads a little at a time, so that it never holds up a checkpoint for long.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .interface import StoreError, WorkspaceEntry
from .reading import Extent, Reading
from .sqlite_file import is_there, schema_version, translated

_BUSY_TIMEOUT_S = 5.0
_FAULTS_OF_THE_SOURCE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_BUSY}
_HAS_SNAPSHOTS = "SELECT 1 FROM sqlite_master WHERE name = 'snapshots'"
"""Not in a file that no server has opened since there are snapshots."""
_SNAPSHOT_POSITIONS = "SELECT workspace_sid, position FROM snapshots ORDER BY position"


class SqliteReading(Reading):
    """One file."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        # In one transaction, so that the directory and the journals are of the same moment.
        with translated(path):
            connection.execute("BEGIN")
            entries = [
                WorkspaceEntry(sid=sid, account_sid=account_sid, created_ms=created_ms)
                for sid, account_sid, created_ms in connection.execute(
                    "SELECT sid, account_sid, created_ms FROM workspaces ORDER BY number"
                )
            ]
            snapshots: dict[str, list[int]] = {}
            if connection.execute(_HAS_SNAPSHOTS).fetchone():
                for sid, position in connection.execute(_SNAPSHOT_POSITIONS):
                    snapshots.setdefault(sid, []).append(position)
            extents = [
                Extent(sid, position, snapshots.get(sid, []))
                for sid, position in connection.execute(
                    "SELECT workspace_sid, MAX(first_position) FROM journal "
                    "GROUP BY workspace_sid ORDER BY MIN(number)"
                )
            ]
            connection.execute("COMMIT")
        super().__init__(entries, extents)

    def first_position(self, workspace_sid: str) -> int | None:
        """Where a journal begins now."""
        with translated(self.path):
            found = self._connection.execute(
                "SELECT MIN(first_position) FROM journal WHERE workspace_sid = ?", (workspace_sid,)
            ).fetchone()
        first: int | None = found[0]
        return first

    def damages(self) -> list[str]:
        """What SQLite itself finds wrong with the file."""
        with translated(self.path):
            found = self._connection.execute("PRAGMA quick_check(20)").fetchall()
        return [line for (text,) in found if text != "ok" for line in str(text).splitlines()]

    def copy_to(self, copy: Path) -> None:
        """Write all of the file, as it is at one moment, into another one that is empty.

        Commits go on meanwhile; the write-ahead log grows until this is done.

        Raises:
            StoreError: The one cannot be read or the other not written.
        """
        with translated(self.path), contextlib.closing(sqlite3.connect(copy)) as connection:
            # Nobody reads the copy before it is whole, so there is nothing to roll back.
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            try:
                self._connection.backup(connection)
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", None) in _FAULTS_OF_THE_SOURCE:
                    raise
                with translated(copy):
                    raise

    def _rows(self, extent: Extent, after: int, at_most: int) -> Sequence[Sequence[Any]]:
        with translated(self.path):
            return self._connection.execute(
                "SELECT first_position, last_position, at_ms, codec_version, body FROM journal "
                "WHERE workspace_sid = ? AND first_position > ? AND first_position <= ? "
                "ORDER BY first_position LIMIT ?",
                (extent.workspace_sid, after, extent.last_first_position, at_most),
            ).fetchall()

    def _snapshot(self, workspace_sid: str, position: int) -> Sequence[Any] | None:
        with translated(self.path):
            found: Sequence[Any] | None = self._connection.execute(
                "SELECT at_ms, codec_version, length, digest, body FROM snapshots "
                "WHERE workspace_sid = ? AND position = ?",
                (workspace_sid, position),
            ).fetchone()
        return found


@contextlib.contextmanager
def reading(path: Path) -> Iterator[SqliteReading]:
    """A file for as long as the context lasts.

    Raises:
        StoreError: It is not there, cannot be read, is none of ours, or is newer than this release;
            or it was still, and then somebody began to write.
    """
    path = path.absolute()
    if not is_there(path):
        raise StoreError(f"database {path} does not exist")
    is_still, before = not _has_log(path), _stamp(path)
    how = "immutable=1" if is_still else "mode=ro"
    with (
        _unchanged(path, before) if is_still else contextlib.nullcontext(),
        translated(path),
        contextlib.closing(
            sqlite3.connect(
                f"{path.as_uri()}?{how}",
                uri=True,
                timeout=_BUSY_TIMEOUT_S,
                isolation_level=None,
            )
        ) as connection,
    ):
        if schema_version(path, connection) == 0:
            raise StoreError(f"database {path} is empty: no server has used it yet")
        yield SqliteReading(path, connection)


def _has_log(path: Path) -> bool:
    """Whether somebody has the file open, or has died with it open."""
    return path.with_name(path.name + "-wal").exists()


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@contextlib.contextmanager
def _unchanged(path: Path, before: tuple[int, int]) -> Iterator[None]:
    """Whatever was found out within stands only if the file is still as it was.

    Raises:
        StoreError: It is not.
    """
    failure: StoreError | None = None
    try:
        yield
    except StoreError as error:
        failure = error
    if _has_log(path) or _stamp(path) != before:
        raise StoreError(f"database {path} was opened for writing meanwhile: try again")
    if failure is not None:
        raise failure
