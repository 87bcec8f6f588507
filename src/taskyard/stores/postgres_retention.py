"""Snapshots in PostgreSQL, what it holds of each journal, and letting go of what is not kept."""

from typing import Any

from .interface import SNAPSHOTS_KEPT, JournalExtent, KeptSnapshot, SnapshotRow
from .postgres_connections import BULK_WITHIN_S, Connection, Connections

# The directory's entry is held until the commit, so that the workspace cannot leave in between.
_IS_LISTED = "SELECT 1 FROM workspaces WHERE sid = $1 FOR SHARE"
_KEEP = """\
INSERT INTO snapshots (workspace_sid, position, at_ms, codec_version, length, digest, body)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (workspace_sid, position) DO UPDATE SET at_ms = excluded.at_ms,
  codec_version = excluded.codec_version, length = excluded.length, digest = excluded.digest,
  body = excluded.body"""
_DROP_OLD_SNAPSHOTS = """\
DELETE FROM snapshots WHERE workspace_sid = $1 AND position NOT IN (
  SELECT position FROM snapshots WHERE workspace_sid = $1 ORDER BY position DESC LIMIT $2)
AND position IS DISTINCT FROM (
  SELECT max(position) FROM snapshots WHERE workspace_sid = $1 AND position <= (
    SELECT min(position) FROM view_positions WHERE workspace_sid = $1))"""
_DROP_MARKS = """\
DELETE FROM verified_snapshots WHERE workspace_sid = $1 AND position NOT IN (
  SELECT position FROM snapshots WHERE workspace_sid = $1)"""
_READ = """\
SELECT position, at_ms, codec_version, length, digest, body FROM snapshots
WHERE workspace_sid = $1 AND position < $2 ORDER BY position DESC LIMIT 1"""
_MARK = """\
INSERT INTO verified_snapshots (workspace_sid, position, digest)
SELECT workspace_sid, position, digest FROM snapshots
WHERE workspace_sid = $1 AND position = $2 AND digest = $3
ON CONFLICT (workspace_sid, position) DO UPDATE SET digest = excluded.digest"""
# From one workspace to the next by the key: a DISTINCT would walk over every row of every one.
WITH_SIDS = """\
WITH RECURSIVE sids (sid) AS (
  SELECT min(workspace_sid) FROM journal UNION ALL
  SELECT (SELECT min(workspace_sid) FROM journal WHERE workspace_sid > sid)
  FROM sids WHERE sid IS NOT NULL)
"""
"""The beginning of a query: the workspaces that have rows, and after them one that is null."""
_EXTENTS = f"""\
{WITH_SIDS}SELECT sid, EXISTS (SELECT 1 FROM workspaces WHERE workspaces.sid = sids.sid) AS listed,
  head.first_position, head.at_ms AS first_ms, tail.last_position, tail.at_ms AS last_ms
FROM sids
CROSS JOIN LATERAL (
  SELECT first_position, at_ms FROM journal WHERE workspace_sid = sid
  ORDER BY first_position LIMIT 1) AS head
CROSS JOIN LATERAL (
  SELECT last_position, at_ms FROM journal WHERE workspace_sid = sid
  ORDER BY first_position DESC LIMIT 1) AS tail"""
_SNAPSHOTS = """\
SELECT one.workspace_sid, one.position, one.at_ms, mark.digest IS NOT DISTINCT FROM one.digest
FROM snapshots AS one LEFT JOIN verified_snapshots AS mark USING (workspace_sid, position)
ORDER BY 1, 2"""
# The oldest rows without a gap: up to the first that has to stay. Of a workspace in the directory
# the last row stays, because the next row's place is known by it.
_PRUNE = """\
WITH oldest AS (
  SELECT first_position, last_position, at_ms FROM journal
  WHERE workspace_sid = $1 ORDER BY first_position LIMIT $4),
stays AS (
  SELECT min(first_position) AS first_position FROM oldest
  WHERE last_position > $2 OR at_ms >= $3 OR (
    EXISTS (SELECT 1 FROM workspaces WHERE sid = $1) AND first_position = (
      SELECT max(first_position) FROM journal WHERE workspace_sid = $1)))
DELETE FROM journal WHERE workspace_sid = $1
  AND first_position <= (SELECT max(first_position) FROM oldest)
  AND first_position < coalesce((SELECT first_position FROM stays), 9223372036854775807)"""
_ROWS_AT_ONCE = 1_000
"""A transaction that goes on for long keeps the server from tidying up behind everybody."""


async def keep_snapshot(connections: Connections, row: SnapshotRow) -> None:
    """Keep a snapshot of a workspace in the directory, and let go of those that it replaces."""
    sid = row.workspace_sid
    values = (sid, row.position, row.at_ms, row.codec_version, row.length, row.digest, row.body)
    async with connections.transaction(BULK_WITHIN_S) as connection:
        if await connection.fetchval(_IS_LISTED, sid) is None:
            return
        await connection.execute(_KEEP, *values)
        await connection.execute(_DROP_OLD_SNAPSHOTS, sid, SNAPSHOTS_KEPT)
        await connection.execute(_DROP_MARKS, sid)


async def read_snapshot(
    connections: Connections, workspace_sid: str, before: int
) -> SnapshotRow | None:
    """The newest snapshot before a position."""
    found = await connections.fetchrow(_READ, workspace_sid, before, within_s=BULK_WITHIN_S)
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


async def mark_verified(connections: Connections, row: SnapshotRow) -> None:
    """Note that this snapshot was found good, if it is still there."""
    await connections.execute(_MARK, row.workspace_sid, row.position, row.digest)


async def drop_snapshots(connections: Connections, workspace_sid: str, up_to: int) -> None:
    """Let go of the snapshots up to a position, and of the marks of those that are gone."""
    async with connections.transaction() as connection:
        await connection.execute(
            "DELETE FROM snapshots WHERE workspace_sid = $1 AND position <= $2",
            workspace_sid,
            up_to,
        )
        await connection.execute(_DROP_MARKS, workspace_sid)


async def read_extents(connections: Connections) -> list[JournalExtent]:
    """Every journal that has rows."""
    async with connections.lend(BULK_WITHIN_S) as connection:
        # The journals first: whatever snapshot is gone by the second look has a later one after it.
        extents = await connection.fetch(_EXTENTS)
        snapshots = await _snapshots(connection)
    return [
        JournalExtent(
            workspace_sid=one["sid"],
            listed=one["listed"],
            first_position=one["first_position"],
            first_ms=one["first_ms"],
            last_position=one["last_position"],
            last_ms=one["last_ms"],
            snapshots=tuple(snapshots.get(one["sid"], ())),
        )
        for one in extents
    ]


async def prune(
    connections: Connections, workspace_sid: str, up_to: int, before_ms: int, at_most: int
) -> int:
    """Let the oldest rows go; see `Store.prune`."""
    some = min(at_most, _ROWS_AT_ONCE)
    return await connections.execute(_PRUNE, workspace_sid, up_to, before_ms, some)


async def _snapshots(connection: Connection) -> dict[str, list[KeptSnapshot]]:
    found: dict[str, list[KeptSnapshot]] = {}
    rows: list[Any] = await connection.fetch(_SNAPSHOTS)
    for sid, position, at_ms, is_verified in rows:
        found.setdefault(sid, []).append(KeptSnapshot(position, at_ms, is_verified))
    return found
