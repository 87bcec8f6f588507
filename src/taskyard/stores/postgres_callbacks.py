"""Callback positions and alerts in PostgreSQL."""

from collections.abc import Sequence

from .interface import ALERTS_KEPT, AlertRow
from .postgres_connections import Connections

_KEEP_POSITION = """\
INSERT INTO callback_positions (workspace_sid, position) VALUES ($1, $2)
ON CONFLICT (workspace_sid) DO UPDATE
  SET position = greatest(callback_positions.position, excluded.position)"""
_KEEP_ALERTS = """\
INSERT INTO alerts (workspace_sid, at_ms, body)
SELECT new.sid, new.at_ms, new.body
FROM unnest($1::text[], $2::bigint[], $3::bytea[]) WITH ORDINALITY
  AS new (sid, at_ms, body, ordinal)
ORDER BY new.ordinal"""
# Counted and not computed: a number that an undone transaction took is missing for good.
_DROP_ALERTS = """\
DELETE FROM alerts WHERE number <= (
  SELECT number FROM alerts ORDER BY number DESC OFFSET $1 LIMIT 1)"""
_READ = """\
SELECT number, workspace_sid, at_ms, body FROM alerts
WHERE number < $1 AND ($2::text IS NULL OR workspace_sid = $2) ORDER BY number DESC LIMIT $3"""


async def read_position(connections: Connections, workspace_sid: str) -> int | None:
    """Up to where a workspace's receiver has been told."""
    found = await connections.fetchrow(
        "SELECT position FROM callback_positions WHERE workspace_sid = $1", workspace_sid
    )
    return None if found is None else int(found[0])


async def keep_position(connections: Connections, workspace_sid: str, position: int) -> None:
    """Note up to where a workspace's receiver has been told."""
    await connections.execute(_KEEP_POSITION, workspace_sid, position)


async def keep_alerts(connections: Connections, alerts: Sequence[AlertRow]) -> None:
    """Keep alerts, and of all only the newest."""
    async with connections.transaction() as connection:
        await connection.execute(
            _KEEP_ALERTS,
            [one.workspace_sid for one in alerts],
            [one.at_ms for one in alerts],
            [one.body for one in alerts],
        )
        await connection.execute(_DROP_ALERTS, ALERTS_KEPT)


async def read_alerts(
    connections: Connections, workspace_sid: str | None, before: int, at_most: int
) -> list[AlertRow]:
    """Alerts before a number, the newest first."""
    found = await connections.fetch(_READ, before, workspace_sid, at_most)
    return [
        AlertRow(number=number, workspace_sid=sid, at_ms=at_ms, body=body)
        for number, sid, at_ms, body in found
    ]
