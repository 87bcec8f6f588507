"""The embedded store: one SQLite file, written by one thread.

A turn is one row, and the turns of all workspaces that wait are one statement and one commit: in a
thread beside a busy event loop, every further step of a statement waits for the interpreter.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from . import sqlite_callbacks, sqlite_event_blocks, sqlite_retention, sqlite_statistics
from .interface import (
    NOWHERE,
    Account,
    AlertRow,
    ApiKey,
    Append,
    BlockSearch,
    EventBlock,
    JournalExtent,
    JournalRow,
    KeptAnswer,
    KeyTaken,
    SnapshotRow,
    StalePosition,
    StatisticsPart,
    StatisticsRow,
    StatisticsSearch,
    StoreError,
    WorkspaceEntry,
)
from .packing import pack, unpack
from .sqlite_answers import drop_answers, insert_answers, read_answer, taken_key
from .sqlite_checkpoints import Checkpoints
from .sqlite_file import prepare, rewrite_header
from .sqlite_thread import ConnectionThread, WriterThread
from .sqlite_transactions import transaction, unhurried

_ROWS_PER_STATEMENT = 150
"""Six values each stay below the 999 that every build of SQLite takes."""
_ROWS_PER_READ = 200
_MAX_INTEGER = 2**63 - 1

# All rows or none: each must begin where its journal ends. Both are asked by the statement itself,
# under the lock that it writes with, so that no other process comes between.
_INSERT = """\
INSERT INTO journal
  (workspace_sid, first_position, last_position, at_ms, codec_version, body)
WITH new (workspace_sid, first_position, last_position, at_ms, codec_version, body) AS (VALUES {})
SELECT * FROM new WHERE NOT EXISTS (
  SELECT 1 FROM new AS one WHERE one.first_position <> 1 + COALESCE((
    SELECT last_position FROM journal WHERE workspace_sid = one.workspace_sid
    ORDER BY first_position DESC LIMIT 1), 0))"""
_READ = """\
SELECT workspace_sid, first_position, last_position, at_ms, codec_version, body FROM journal
WHERE workspace_sid = ? AND first_position > ? ORDER BY first_position LIMIT ?"""
_LIST = "INSERT INTO workspaces (sid, account_sid, created_ms) VALUES (?, ?, ?)"
_UNLIST = "DELETE FROM workspaces WHERE sid = ?"
_KEEP_SNAPSHOT = """\
INSERT OR REPLACE INTO snapshots
  (workspace_sid, position, at_ms, codec_version, length, digest, body)
SELECT ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM workspaces WHERE sid = ?)"""
_READ_SNAPSHOT = """\
SELECT position, at_ms, codec_version, length, digest, body FROM snapshots
WHERE workspace_sid = ? AND position < ? ORDER BY position DESC LIMIT 1"""
_KEEP_ACCOUNT = """\
INSERT INTO accounts (sid, auth_token) VALUES (?, ?)
ON CONFLICT (sid) DO UPDATE SET auth_token = excluded.auth_token"""
_KEEP_API_KEY = """\
INSERT INTO api_keys (sid, account_sid, secret, created_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (sid) DO UPDATE SET secret = excluded.secret"""


class SqliteStore:
    """Keeps every promise of `Store` in one file."""

    def __init__(self, path: Path, *, busy_timeout_s: float, log_limit_bytes: int) -> None:
        self._path = path
        self._writer = WriterThread(path, busy_timeout_s)
        self._reader = ConnectionThread(path, "reader", busy_timeout_s)
        self._checkpoints = Checkpoints(path, log_limit_bytes=log_limit_bytes)

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        create: bool = True,
        read_only: bool = False,
        busy_timeout_s: float = 5.0,
        log_limit_bytes: int = 16 << 20,
    ) -> "SqliteStore":
        """Open a file, and make it if it does not exist yet and may be made.

        Args:
            path: Where it is; its folder must exist.
            create: Whether it may be made.
            read_only: Whether nothing will be written, and so nobody is to be locked out by a try.
            busy_timeout_s: How long to wait while another process writes.
            log_limit_bytes: Above this the write-ahead log is begun anew.

        Raises:
            StoreError: It is no database or not ours, newer than this release, locked, or cannot
                be made or written.
        """
        prepared = await asyncio.to_thread(
            prepare, path, create=create, read_only=read_only, busy_timeout_s=busy_timeout_s
        )
        return cls(prepared, busy_timeout_s=busy_timeout_s, log_limit_bytes=log_limit_bytes)

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        """Keep these rows."""
        failures: dict[str, StoreError] = {}
        for start in range(0, len(appends), _ROWS_PER_STATEMENT):
            chunk = appends[start : start + _ROWS_PER_STATEMENT]
            try:
                failures |= await self._writer.call(partial(self._append, chunk))
            except StoreError as error:
                failures |= {one.row.workspace_sid: error for one in chunk}
        return failures

    async def rows(self, workspace_sid: str, after_position: int) -> AsyncIterator[JournalRow]:
        """The rows that begin after this position."""
        while True:
            some = await self._reader.call(partial(self._read, workspace_sid, after_position))
            for row in some:
                yield row
            if len(some) < _ROWS_PER_READ:
                return
            after_position = some[-1].first_position

    async def keep_snapshot(self, row: SnapshotRow) -> None:
        """Keep a snapshot."""
        await self._writer.call(partial(self._keep_snapshot, row))

    async def snapshots(self, workspace_sid: str) -> AsyncIterator[SnapshotRow]:
        """The snapshots of a workspace."""
        before = _MAX_INTEGER
        while True:
            row = await self._reader.call(partial(_read_snapshot, workspace_sid, before))
            if row is None:
                return
            yield row
            before = row.position

    async def view_position(self, view: str, workspace_sid: str) -> int:
        """How far a view has followed a workspace's journal."""
        return await self._reader.call(
            lambda connection: sqlite_event_blocks.read_position(connection, view, workspace_sid)
        )

    async def keep_event_blocks(
        self,
        blocks: Sequence[EventBlock],
        *,
        instead_of: Sequence[EventBlock] = (),
        positions: Mapping[str, int],
        view: str,
        after: Mapping[str, int] = NOWHERE,
    ) -> None:
        """Keep blocks and positions."""

        def keep(connection: sqlite3.Connection) -> None:
            sqlite_event_blocks.keep(connection, blocks, instead_of, positions, view, after)
            written = sum(len(block.terms) + len(block.body) for block in blocks)
            self._checkpoints.count(len(blocks), written)

        await self._writer.call(keep)

    async def event_blocks(self, search: BlockSearch) -> AsyncIterator[EventBlock]:
        """The blocks that are wanted."""
        while True:
            block = await self._reader.call(partial(_next_block, search))
            if block is None:
                return
            yield block
            search = sqlite_event_blocks.beyond(search, block)

    async def drop_event_blocks(self, before_ms: int, at_most: int) -> int:
        """Let go of old blocks."""
        return await self._writer.call(
            lambda connection: sqlite_event_blocks.drop_old(connection, before_ms, at_most)
        )

    async def callback_position(self, receiver: str) -> int | None:
        """Up to where a receiver has been told."""
        return await self._reader.call(
            lambda connection: sqlite_callbacks.read_position(connection, receiver)
        )

    async def keep_callback_position(self, receiver: str, position: int) -> None:
        """Note up to where a receiver has been told."""
        await self._writer.call(
            lambda connection: sqlite_callbacks.keep_position(connection, receiver, position)
        )

    async def keep_alerts(self, alerts: Sequence[AlertRow]) -> None:
        """Keep alerts."""
        await self._writer.call(lambda connection: sqlite_callbacks.keep_alerts(connection, alerts))

    async def alerts(self, workspace_sid: str | None, before: int, at_most: int) -> list[AlertRow]:
        """Alerts before a number."""
        return await self._reader.call(
            lambda connection: sqlite_callbacks.read_alerts(
                connection, workspace_sid, before, at_most
            )
        )

    async def keep_statistics(
        self,
        rows: Sequence[StatisticsRow],
        *,
        positions: Mapping[str, int],
        view: str,
        after: Mapping[str, int] = NOWHERE,
    ) -> None:
        """Keep rows of statistics and positions."""

        def keep(connection: sqlite3.Connection) -> None:
            written = sqlite_statistics.keep(connection, rows, positions, view, after)
            self._checkpoints.count(len(rows), written)

        await self._writer.call(keep)

    async def statistics(self, search: StatisticsSearch) -> list[StatisticsPart]:
        """One part of the rows that are wanted."""
        return await self._reader.call(
            lambda connection: sqlite_statistics.read(connection, self._path, search)
        )

    async def drop_statistics(self, before_ms: int, at_most: int) -> int:
        """Let go of old rows of statistics."""
        return await self._writer.call(
            lambda connection: sqlite_statistics.drop_old(connection, before_ms, at_most)
        )

    async def keep_answers(self, answers: Sequence[KeptAnswer]) -> None:
        """Keep the answers of a turn without a row."""
        await self._writer.call(partial(self._keep_answers, answers))

    async def answer(self, account_sid: str, key: str, after_ms: int) -> KeptAnswer | None:
        """The answer that was kept for a key."""
        return await self._reader.call(partial(read_answer, account_sid, key, after_ms))

    async def drop_answers(self, until_ms: int, at_most: int) -> int:
        """Drop answers that are too old."""
        return await self._writer.call(partial(self._drop_answers, until_ms, at_most))

    async def mark_verified(self, row: SnapshotRow) -> None:
        """Note that a snapshot is good."""
        await self._writer.call(partial(sqlite_retention.mark_verified, row))

    async def drop_snapshots(self, workspace_sid: str, up_to_position: int) -> None:
        """Let go of snapshots."""
        await self._writer.call(partial(self._drop_snapshots, workspace_sid, up_to_position))

    async def extents(self) -> list[JournalExtent]:
        """Every journal that has rows."""
        return await self._reader.call(sqlite_retention.read_extents)

    async def prune(
        self, workspace_sid: str, up_to_position: int, before_ms: int, at_most: int
    ) -> int:
        """Let go of a journal's oldest rows."""
        return await self._writer.call(
            partial(self._prune, workspace_sid, up_to_position, before_ms, at_most)
        )

    async def workspaces(self) -> list[WorkspaceEntry]:
        """The workspaces that exist."""
        found = await self._reader.call(
            lambda connection: connection.execute(
                "SELECT sid, account_sid, created_ms FROM workspaces ORDER BY number"
            ).fetchall()
        )
        return [
            WorkspaceEntry(sid=sid, account_sid=account_sid, created_ms=created_ms)
            for sid, account_sid, created_ms in found
        ]

    async def accounts(self) -> list[Account]:
        """The accounts that were kept."""
        found = await self._reader.call(
            lambda connection: connection.execute(
                "SELECT sid, auth_token FROM accounts ORDER BY number"
            ).fetchall()
        )
        return [Account(sid, auth_token) for sid, auth_token in found]

    async def keep_account(self, account: Account) -> None:
        """Keep an account."""
        values = (account.sid, account.auth_token)
        await self._writer.call(lambda connection: connection.execute(_KEEP_ACCOUNT, values))

    async def api_keys(self) -> list[ApiKey]:
        """The API keys that were kept."""
        found = await self._reader.call(
            lambda connection: connection.execute(
                "SELECT sid, account_sid, secret, created_ms FROM api_keys ORDER BY number"
            ).fetchall()
        )
        return [
            ApiKey(sid=sid, account_sid=account_sid, secret=secret, created_ms=created_ms)
            for sid, account_sid, secret, created_ms in found
        ]

    async def keep_api_key(self, key: ApiKey) -> None:
        """Keep an API key."""
        values = (key.sid, key.account_sid, key.secret, key.created_ms)
        await self._writer.call(lambda connection: connection.execute(_KEEP_API_KEY, values))

    async def delete_api_key(self, sid: str) -> None:
        """Forget an API key."""
        await self._writer.call(
            lambda connection: connection.execute("DELETE FROM api_keys WHERE sid = ?", (sid,))
        )

    async def probe(self) -> None:
        """Find out whether it can be read and written, by a durable write that changes nothing."""
        await self._reader.call(
            lambda connection: connection.execute("SELECT 1 FROM accounts LIMIT 1").fetchall()
        )
        await self._writer.call(rewrite_header)

    async def close(self) -> None:
        """Finish what was begun; the last to close empties the write-ahead log."""
        # The writer first: it is the one that still asks for checkpoints.
        await self._writer.close()
        await self._checkpoints.close()
        await self._reader.close()

    # --- in the writer's thread ---

    def _append(
        self, appends: Sequence[Append], connection: sqlite3.Connection
    ) -> dict[str, StoreError]:
        packed = [_values(one.row) for one in appends]
        answers = [answer for one in appends for answer in one.answers]
        failures: dict[str, StoreError] = {}
        # The usual case: one statement, and so one commit. It keeps nothing if one row is stale.
        if any(one.lists or one.unlists for one in appends) or not (
            _insert_with_answers(connection, packed, answers)
            if answers
            else _insert(connection, packed)
        ):
            failures = _append_one_by_one(connection, appends, packed)
        self._count(packed, answers)
        return failures

    def _count(self, packed: "Sequence[_Values]", answers: Sequence[KeptAnswer]) -> None:
        written = sum(len(values[5]) for values in packed) + sum(len(one.body) for one in answers)
        self._checkpoints.count(len(packed) + len(answers), written)

    def _keep_answers(self, answers: Sequence[KeptAnswer], connection: sqlite3.Connection) -> None:
        with transaction(connection):
            taken = taken_key(connection, answers)
            if taken is not None:
                raise KeyTaken(taken)
            insert_answers(connection, answers)
        self._count((), answers)

    def _drop_answers(self, until_ms: int, at_most: int, connection: sqlite3.Connection) -> int:
        dropped = drop_answers(until_ms, at_most, connection)
        self._checkpoints.count(dropped, 0)
        return dropped

    def _keep_snapshot(self, row: SnapshotRow, connection: sqlite3.Connection) -> None:
        sid = row.workspace_sid
        values = (sid, row.position, row.at_ms, row.codec_version, row.length, row.digest, row.body)
        with transaction(connection):
            connection.execute(_KEEP_SNAPSHOT, (*values, sid))
            sqlite_retention.drop_old_snapshots(sid, connection)
        self._checkpoints.count(1, len(row.body))

    def _drop_snapshots(
        self, workspace_sid: str, up_to_position: int, connection: sqlite3.Connection
    ) -> None:
        with unhurried(connection), transaction(connection):
            sqlite_retention.drop_snapshots(workspace_sid, up_to_position, connection)

    def _prune(
        self,
        workspace_sid: str,
        up_to_position: int,
        before_ms: int,
        at_most: int,
        connection: sqlite3.Connection,
    ) -> int:
        with unhurried(connection), transaction(connection):
            went = sqlite_retention.prune(
                workspace_sid, up_to_position, before_ms, at_most, connection
            )
        self._checkpoints.count(went, 0)
        return went

    # --- in the reader's thread ---

    def _read(
        self, workspace_sid: str, after_position: int, connection: sqlite3.Connection
    ) -> list[JournalRow]:
        found = connection.execute(_READ, (workspace_sid, after_position, _ROWS_PER_READ))
        return [self._row(*columns) for columns in found]

    def _row(
        self, sid: str, first: int, last: int, at_ms: int, version: int, body: bytes
    ) -> JournalRow:
        try:
            plain = unpack(body)
        except ValueError as error:
            raise StoreError(
                f"database {self._path}: the journal row of workspace {sid} at position {first} "
                f"cannot be unpacked ({error})"
            ) from error
        return JournalRow(
            workspace_sid=sid,
            first_position=first,
            last_position=last,
            at_ms=at_ms,
            codec_version=version,
            body=plain,
        )


_Values = tuple[str, int, int, int, int, bytes]


def _values(row: JournalRow) -> _Values:
    return (
        row.workspace_sid,
        row.first_position,
        row.last_position,
        row.at_ms,
        row.codec_version,
        pack(row.body),
    )


def _insert(connection: sqlite3.Connection, packed: Sequence[_Values]) -> bool:
    """Insert all rows, or none because one is stale."""
    statement = _INSERT.format(", ".join(["(?, ?, ?, ?, ?, ?)"] * len(packed)))
    values = [value for one in packed for value in one]
    return connection.execute(statement, values).rowcount == len(packed)


def _insert_with_answers(
    connection: sqlite3.Connection, packed: Sequence[_Values], answers: Sequence[KeptAnswer]
) -> bool:
    """Insert all rows with their answers, or none because one is stale or a key is taken."""
    with transaction(connection):
        if taken_key(connection, answers) is not None or not _insert(connection, packed):
            return False
        insert_answers(connection, answers)
        return True


def _append_one_by_one(
    connection: sqlite3.Connection, appends: Sequence[Append], packed: Sequence[_Values]
) -> dict[str, StoreError]:
    """Insert row by row in one transaction, each with what belongs to it."""
    failures: dict[str, StoreError] = {}
    with transaction(connection):
        for one, values in zip(appends, packed, strict=True):
            sid = one.row.workspace_sid
            taken = taken_key(connection, one.answers)
            if taken is not None:
                failures[sid] = KeyTaken(taken)
                continue
            if not _insert(connection, [values]):
                failures[sid] = StalePosition(sid, one.row.first_position)
                continue
            insert_answers(connection, one.answers)
            if one.lists is not None:
                listed = one.lists
                connection.execute(_LIST, (listed.sid, listed.account_sid, listed.created_ms))
            if one.unlists:
                connection.execute(_UNLIST, (sid,))
                sqlite_retention.drop_snapshots(sid, _MAX_INTEGER, connection)
    return failures


def _next_block(search: BlockSearch, connection: sqlite3.Connection) -> EventBlock | None:
    return sqlite_event_blocks.read_next(connection, search)


def _read_snapshot(
    workspace_sid: str, before: int, connection: sqlite3.Connection
) -> SnapshotRow | None:
    found = connection.execute(_READ_SNAPSHOT, (workspace_sid, before)).fetchone()
    if found is None:
        return None
    position, at_ms, version, length, digest, body = found
    return SnapshotRow(
        workspace_sid=workspace_sid,
        position=position,
        at_ms=at_ms,
        codec_version=version,
        length=length,
        digest=digest,
        body=body,
    )
