"""Statistics in PostgreSQL."""

import asyncio
from collections.abc import Mapping, Sequence

from .interface import StatisticsPart, StatisticsRow, StatisticsSearch, StoreError
from .packing import pack, unpack
from .postgres_connections import Connections
from .postgres_event_blocks import keep_positions

_KEEP = """\
INSERT INTO statistics
  (workspace_sid, span_ms, start_ms, first_position, last_position, codec_version,
   tasks, workers, spells, facts)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
  $6::integer[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[])
ON CONFLICT (workspace_sid, span_ms, start_ms, first_position) DO UPDATE SET
  last_position = excluded.last_position, codec_version = excluded.codec_version,
  tasks = excluded.tasks, workers = excluded.workers, spells = excluded.spells,
  facts = excluded.facts"""
_DROP_OLD = """\
DELETE FROM statistics WHERE (workspace_sid, span_ms, start_ms, first_position) IN (
  SELECT workspace_sid, span_ms, start_ms, first_position FROM statistics
  WHERE start_ms < $1 ORDER BY start_ms LIMIT $2)"""


async def keep(
    connections: Connections,
    rows: Sequence[StatisticsRow],
    positions: Mapping[str, int],
    view: str,
    after: Mapping[str, int],
) -> None:
    """Keep rows and positions in one transaction.

    Raises:
        StaleView: Somebody else has done this already.
    """
    # A row that is given twice: the later one counts, as if they had come one by one.
    last = {(row.workspace_sid, row.span_ms, row.start_ms, row.first_position): row for row in rows}
    columns = await asyncio.to_thread(_columns, list(last.values()))
    async with connections.transaction() as connection:
        await keep_positions(connection, view, positions, after)
        if rows:
            await connection.execute(_KEEP, *columns)


async def read(
    connections: Connections, name: str, search: StatisticsSearch
) -> list[StatisticsPart]:
    """One part of the rows that are wanted, the oldest first."""
    found = await connections.fetch(
        f"SELECT start_ms, last_position, codec_version, {search.part} FROM statistics"
        " WHERE workspace_sid = $1 AND span_ms = $2 AND start_ms >= $3 AND start_ms < $4"
        " AND last_position > $5 AND last_position < $6 ORDER BY start_ms, first_position",
        search.workspace_sid,
        search.span_ms,
        search.from_ms,
        search.before_ms,
        search.after_position,
        search.before_position,
    )

    def parts() -> list[StatisticsPart]:
        return [
            StatisticsPart(start, last, version, unpack(body))
            for start, last, version, body in found
        ]

    try:
        return await asyncio.to_thread(parts)
    except ValueError as error:
        raise StoreError(
            f"database {name}: the statistics of workspace {search.workspace_sid} cannot be "
            f"unpacked ({error})"
        ) from error


async def drop_old(connections: Connections, before_ms: int, at_most: int) -> int:
    """Let go of some rows that began before this instant."""
    return await connections.execute(_DROP_OLD, before_ms, at_most)


def _columns(rows: Sequence[StatisticsRow]) -> tuple[list[object], ...]:
    return (
        [row.workspace_sid for row in rows],
        [row.span_ms for row in rows],
        [row.start_ms for row in rows],
        [row.first_position for row in rows],
        [row.last_position for row in rows],
        [row.codec_version for row in rows],
        [pack(row.tasks) for row in rows],
        [pack(row.workers) for row in rows],
        [pack(row.spells) for row in rows],
        [pack(row.facts) for row in rows],
    )
