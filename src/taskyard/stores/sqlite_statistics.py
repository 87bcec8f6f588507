"""Statistics in SQLite: each function is run in a thread of the store."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from .interface import StatisticsPart, StatisticsRow, StatisticsSearch, StoreError
from .packing import pack, unpack
from .sqlite_event_blocks import KEEP_POSITION, check_view
from .sqlite_transactions import transaction, unhurried

_KEEP = """\
INSERT OR REPLACE INTO statistics
  (workspace_sid, span_ms, start_ms, first_position, last_position, codec_version,
   tasks, workers, spells, facts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
# Rows are added as time goes by, so the oldest have the smallest numbers, but for those that took
# the place of others and are at most an hour too young. No index by time is needed.
_DROP_OLD = """\
DELETE FROM statistics WHERE number IN (
  SELECT number FROM (SELECT number, start_ms FROM statistics ORDER BY number LIMIT ?)
  WHERE start_ms < ?)"""


def keep(
    connection: sqlite3.Connection,
    rows: Sequence[StatisticsRow],
    positions: Mapping[str, int],
    view: str,
    after: Mapping[str, int],
) -> int:
    """Keep rows and positions in one transaction.

    Returns:
        How many bytes the bodies came to.

    Raises:
        StaleView: Somebody else has done this already.
    """
    values = [_values(row) for row in rows]
    with unhurried(connection), transaction(connection):
        check_view(connection, view, after)
        connection.executemany(_KEEP, values)
        for workspace_sid, position in positions.items():
            connection.execute(KEEP_POSITION, (view, workspace_sid, position))
    return sum(len(body) for one in values for body in one[6:])


def read(
    connection: sqlite3.Connection, path: Path, search: StatisticsSearch
) -> list[StatisticsPart]:
    """One part of the rows that are wanted, the oldest first."""
    found = connection.execute(
        f"SELECT start_ms, last_position, codec_version, {search.part} FROM statistics"
        " WHERE workspace_sid = ? AND span_ms = ? AND start_ms >= ? AND start_ms < ?"
        " AND last_position > ? AND last_position < ? ORDER BY start_ms, first_position",
        (
            search.workspace_sid,
            search.span_ms,
            search.from_ms,
            search.before_ms,
            search.after_position,
            search.before_position,
        ),
    ).fetchall()
    try:
        return [
            StatisticsPart(start, last, version, unpack(body))
            for start, last, version, body in found
        ]
    except ValueError as error:
        raise StoreError(
            f"database {path}: the statistics of workspace {search.workspace_sid} cannot be "
            f"unpacked ({error})"
        ) from error


def drop_old(connection: sqlite3.Connection, before_ms: int, at_most: int) -> int:
    """Let go of some rows that began before this instant."""
    with unhurried(connection):
        return connection.execute(_DROP_OLD, (at_most, before_ms)).rowcount


def _values(
    row: StatisticsRow,
) -> tuple[str, int, int, int, int, int, bytes, bytes, bytes, bytes]:
    return (
        row.workspace_sid,
        row.span_ms,
        row.start_ms,
        row.first_position,
        row.last_position,
        row.codec_version,
        pack(row.tasks),
        pack(row.workers),
        pack(row.spells),
        pack(row.facts),
    )
