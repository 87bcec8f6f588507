"""Reading a PostgreSQL database from outside; a copy that follows another server will do."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from .interface import WorkspaceEntry
from .postgres_address import address_of
from .postgres_connections import BULK_WITHIN_S, Connections
from .postgres_retention import WITH_SIDS
from .postgres_schema import look_at
from .reading import Extent, Reading

_ENTRIES = "SELECT sid, account_sid, created_ms FROM workspaces ORDER BY number"
_EXTENTS = f"""\
{WITH_SIDS}SELECT sid, (SELECT max(first_position) FROM journal WHERE workspace_sid = sid),
  ARRAY(SELECT position FROM snapshots WHERE workspace_sid = sid ORDER BY position)
FROM sids WHERE sid IS NOT NULL"""
_FIRST = "SELECT min(first_position) FROM journal WHERE workspace_sid = $1"
_ROWS = """\
SELECT first_position, last_position, at_ms, codec_version, body FROM journal
WHERE workspace_sid = $1 AND first_position > $2 AND first_position <= $3
ORDER BY first_position LIMIT $4"""
_SNAPSHOT = """\
SELECT at_ms, codec_version, length, digest, body FROM snapshots
WHERE workspace_sid = $1 AND position = $2"""


class PostgresReading(Reading):
    """One database, over a connection on which its server refuses to write."""

    def __init__(self, runner: asyncio.Runner, connections: Connections) -> None:
        self._runner = runner
        self._connections = connections
        entries, extents = runner.run(self._of_one_moment())
        super().__init__(entries, extents)

    async def _of_one_moment(self) -> tuple[list[WorkspaceEntry], list[Extent]]:
        async with (
            self._connections.lend(BULK_WITHIN_S) as connection,
            connection.transaction(isolation="repeatable_read"),
        ):
            entries = [
                WorkspaceEntry(sid=sid, account_sid=account_sid, created_ms=created_ms)
                for sid, account_sid, created_ms in await connection.fetch(_ENTRIES)
            ]
            extents = [Extent(*columns) for columns in await connection.fetch(_EXTENTS)]
        return entries, extents

    def first_position(self, workspace_sid: str) -> int | None:
        """Where a journal begins now."""
        first: int | None = self._fetch(_FIRST, workspace_sid)[0][0]
        return first

    def damages(self) -> list[str]:
        """None: PostgreSQL says what it finds damaged when that is read."""
        return []

    def _rows(self, extent: Extent, after: int, at_most: int) -> Sequence[Sequence[Any]]:
        return self._fetch(_ROWS, extent.workspace_sid, after, extent.last_first_position, at_most)

    def _snapshot(self, workspace_sid: str, position: int) -> Sequence[Any] | None:
        return next(iter(self._fetch(_SNAPSHOT, workspace_sid, position)), None)

    def _fetch(self, query: str, *values: object) -> Sequence[Any]:
        return self._runner.run(self._connections.fetch(query, *values, within_s=BULK_WITHIN_S))


@contextlib.contextmanager
def reading(url: str) -> Iterator[PostgresReading]:
    """A database for as long as the context lasts.

    Args:
        url: `postgresql://user:password@host:port/database`

    Raises:
        ValueError: The address is not understood.
        StoreError: It cannot be reached or read, is none of ours, or is older or newer than this
            release.
    """
    address = address_of(url)
    with asyncio.Runner() as runner:
        connections = Connections(address, at_most=1, read_only=True)
        try:
            runner.run(look_at(address, connections))
            yield PostgresReading(runner, connections)
        finally:
            runner.run(connections.close())
