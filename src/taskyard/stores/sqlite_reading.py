"""Reading one SQLite file from outside: beside a running server, and without changing anything.

A file that nobody has open has no write-ahead log beside it. It is opened as immutable: SQLite
would otherwise leave files of its own behind. Beside a log it is opened as one more reader, which
reads a little at a time, so that it never holds up a checkpoint for long.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from .interface import JournalRow, SnapshotRow, StoreError, WorkspaceEntry
from .packing import unpack
from .sqlite_file import schema_version, translated

_ROWS_PER_READ = 200
_BUSY_TIMEOUT_S = 5.0
_FAULTS_OF_THE_SOURCE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_BUSY}
_HAS_SNAPSHOTS = "SELECT 1 FROM sqlite_master WHERE name = 'snapshots'"
"""Not in a file that no server has opened since there are snapshots."""
_SNAPSHOT_POSITIONS = "SELECT workspace_sid, position FROM snapshots ORDER BY position"


class Extent(msgspec.Struct, frozen=True):
    """How far a journal reaches, as its last row has it, and where its snapshots are."""

    workspace_sid: str
    last_first_position: int
    snapshot_positions: list[int]


class BadRow(msgspec.Struct, frozen=True):
    """A row that cannot be read, and why, in one line."""

    first_position: int
    last_position: int
    why: str


class SqliteReading:
    """One file as it was when it was opened; what is appended later is not looked at."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        # In one transaction, so that the directory and the journals are of the same moment.
        with translated(path):
            connection.execute("BEGIN")
            self.entries = [
                WorkspaceEntry(sid=sid, account_sid=account_sid, created_ms=created_ms)
                for sid, account_sid, created_ms in connection.execute(
                    "SELECT sid, account_sid, created_ms FROM workspaces ORDER BY number"
                )
            ]
            snapshots: dict[str, list[int]] = {}
            if connection.execute(_HAS_SNAPSHOTS).fetchone():
                for sid, position in connection.execute(_SNAPSHOT_POSITIONS):
                    snapshots.setdefault(sid, []).append(position)
            self.extents = [
                Extent(sid, position, snapshots.get(sid, []))
                for sid, position in connection.execute(
                    "SELECT workspace_sid, MAX(first_position) FROM journal "
                    "GROUP BY workspace_sid ORDER BY MIN(number)"
                )
            ]
            connection.execute("COMMIT")

    def rows(self, extent: Extent) -> Iterator[JournalRow | BadRow]:
        """The rows of a journal in order.

        Raises:
            StoreError: Nothing further can be read.
        """
        after = -(2**63)  # positions below 1 are wrong, and shall be seen
        while True:
            with translated(self.path):
                found = self._connection.execute(
                    "SELECT first_position, last_position, at_ms, codec_version, body FROM journal "
                    "WHERE workspace_sid = ? AND first_position > ? AND first_position <= ? "
                    "ORDER BY first_position LIMIT ?",
                    (extent.workspace_sid, after, extent.last_first_position, _ROWS_PER_READ),
                ).fetchall()
            for first, last, at_ms, version, body in found:
                yield _row(extent.workspace_sid, first, last, at_ms, version, body)
            if len(found) < _ROWS_PER_READ:
                return
            after = found[-1][0]

    def first_position(self, workspace_sid: str) -> int | None:
        """Where a journal begins now; None if it has no row any more. A server may be pruning."""
        with translated(self.path):
            found = self._connection.execute(
                "SELECT MIN(first_position) FROM journal WHERE workspace_sid = ?", (workspace_sid,)
            ).fetchone()
        first: int | None = found[0]
        return first

    def snapshots(self, extent: Extent) -> Iterator[SnapshotRow]:
        """The snapshots of a workspace, the oldest first, but for those that are gone meanwhile."""
        for position in extent.snapshot_positions:
            with translated(self.path):
                found = self._connection.execute(
                    "SELECT at_ms, codec_version, length, digest, body FROM snapshots "
                    "WHERE workspace_sid = ? AND position = ?",
                    (extent.workspace_sid, position),
                ).fetchone()
            if found is not None:
                at_ms, version, length, digest, body = found
                yield SnapshotRow(
                    workspace_sid=extent.workspace_sid,
                    position=position,
                    at_ms=at_ms,
                    codec_version=version,
                    length=length,
                    digest=digest,
                    body=body,
                )

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

    def damages(self) -> list[str]:
        """What SQLite itself finds wrong with the file."""
        with translated(self.path):
            found = self._connection.execute("PRAGMA quick_check(20)").fetchall()
        return [line for (text,) in found if text != "ok" for line in str(text).splitlines()]


@contextlib.contextmanager
def reading(path: Path) -> Iterator[SqliteReading]:
    """A file for as long as the context lasts.

    Raises:
        StoreError: It is not there, cannot be read, is none of ours, or is newer than this release;
            or it was still, and then somebody began to write.
    """
    path = path.absolute()
    if not path.exists():
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


def _row(
    sid: str, first: int, last: int, at_ms: int, version: int, body: bytes
) -> JournalRow | BadRow:
    where = f"workspace {sid}: the journal row at position {first}"
    if not all(isinstance(number, int) for number in (first, last, at_ms, version)):
        return BadRow(first, first, f"{where} has text where a number belongs")
    if not isinstance(body, bytes):
        return BadRow(first, last, f"{where} has text where bytes belong")
    try:
        plain = unpack(body)
    except ValueError as error:
        return BadRow(first, last, f"{where} cannot be unpacked ({error})")
    return JournalRow(
        workspace_sid=sid,
        first_position=first,
        last_position=last,
        at_ms=at_ms,
        codec_version=version,
        body=plain,
    )
