"""What an SQLite file holds of each journal, and letting go of what is no longer to be kept."""

import sqlite3
from collections.abc import Sequence

from .interface import SNAPSHOTS_KEPT, JournalExtent, KeptSnapshot, SnapshotRow

_BYTES_AT_ONCE = 1 << 18
"""To free the pages of a body SQLite reads them, and a commit that waits meanwhile waits longer."""

# From one workspace to the next by the index: a DISTINCT would walk over every row of every one.
_EXTENTS = """\
WITH RECURSIVE sids (sid) AS (
  SELECT MIN(workspace_sid) FROM journal UNION ALL
  SELECT (SELECT MIN(workspace_sid) FROM journal WHERE workspace_sid > sid)
  FROM sids WHERE sid IS NOT NULL)
SELECT sid, EXISTS (SELECT 1 FROM workspaces WHERE workspaces.sid = sids.sid),
  head.first_position, head.at_ms, tail.last_position, tail.at_ms
FROM sids
JOIN journal AS head ON head.workspace_sid = sid AND head.first_position = (
  SELECT MIN(first_position) FROM journal WHERE workspace_sid = sid)
JOIN journal AS tail ON tail.workspace_sid = sid AND tail.first_position = (
  SELECT MAX(first_position) FROM journal WHERE workspace_sid = sid)"""
_SNAPSHOTS = """\
SELECT workspace_sid, position, at_ms, digest IS (
  SELECT digest FROM verified_snapshots AS mark
  WHERE mark.workspace_sid = snapshots.workspace_sid AND mark.position = snapshots.position)
FROM snapshots ORDER BY workspace_sid, position"""
_MARK = """\
INSERT OR REPLACE INTO verified_snapshots (workspace_sid, position, digest)
SELECT workspace_sid, position, digest FROM snapshots
WHERE workspace_sid = ? AND position = ? AND digest = ?"""
_DROP_OLD_SNAPSHOTS = """\
DELETE FROM snapshots WHERE workspace_sid = ?1 AND position NOT IN (
  SELECT position FROM snapshots WHERE workspace_sid = ?1 ORDER BY position DESC LIMIT ?2)
AND position IS NOT (
  SELECT MAX(position) FROM snapshots WHERE workspace_sid = ?1 AND position <= (
    SELECT MIN(position) FROM view_positions WHERE workspace_sid = ?1))"""
_DROP_SNAPSHOTS_UP_TO = "DELETE FROM snapshots WHERE workspace_sid = ? AND position <= ?"
_DROP_MARKS = """\
DELETE FROM verified_snapshots WHERE workspace_sid = ?1 AND position NOT IN (
  SELECT position FROM snapshots WHERE workspace_sid = ?1)"""
_OLDEST_ROWS = """\
SELECT first_position, last_position, at_ms, LENGTH(body) FROM journal
WHERE workspace_sid = ? ORDER BY first_position LIMIT ?"""
_PRUNE = "DELETE FROM journal WHERE workspace_sid = ? AND first_position <= ?"


def read_extents(connection: sqlite3.Connection) -> list[JournalExtent]:
    """Every journal that has rows."""
    # The journals first: whatever snapshot is gone by the second look has a later one after it.
    extents = connection.execute(_EXTENTS).fetchall()
    snapshots: dict[str, tuple[KeptSnapshot, ...]] = {}
    for sid, position, at_ms, is_verified in connection.execute(_SNAPSHOTS):
        one = KeptSnapshot(position, at_ms, bool(is_verified))
        snapshots[sid] = (*snapshots.get(sid, ()), one)
    return [
        JournalExtent(
            workspace_sid=sid,
            listed=bool(listed),
            first_position=first,
            first_ms=first_ms,
            last_position=last,
            last_ms=last_ms,
            snapshots=snapshots.get(sid, ()),
        )
        for sid, listed, first, first_ms, last, last_ms in extents
    ]


def mark_verified(row: SnapshotRow, connection: sqlite3.Connection) -> None:
    """Note that this snapshot was found good, if it is still there."""
    connection.execute(_MARK, (row.workspace_sid, row.position, row.digest))


def drop_old_snapshots(workspace_sid: str, connection: sqlite3.Connection) -> None:
    """Keep the newest few, and the newest of those that are not after the slowest view."""
    connection.execute(_DROP_OLD_SNAPSHOTS, (workspace_sid, SNAPSHOTS_KEPT))
    connection.execute(_DROP_MARKS, (workspace_sid,))


def drop_snapshots(workspace_sid: str, up_to_position: int, connection: sqlite3.Connection) -> None:
    """Let go of the snapshots up to a position, and of the marks of those that are gone."""
    connection.execute(_DROP_SNAPSHOTS_UP_TO, (workspace_sid, up_to_position))
    connection.execute(_DROP_MARKS, (workspace_sid,))


def prune(
    workspace_sid: str,
    up_to_position: int,
    before_ms: int,
    at_most: int,
    connection: sqlite3.Connection,
) -> int:
    """Let the oldest rows go, within a transaction; see `Store.prune`."""
    # Read first and deleted as a range: what goes is the journal's beginning, without a gap.
    oldest = connection.execute(_OLDEST_ROWS, (workspace_sid, at_most + 1)).fetchall()
    listed = connection.execute(
        "SELECT 1 FROM workspaces WHERE sid = ?", (workspace_sid,)
    ).fetchone()
    is_whole_journal = len(oldest) <= at_most
    if listed and is_whole_journal:
        oldest = oldest[:-1]  # the next row's place is known by the last one
    going = _going(oldest[:at_most], up_to_position, before_ms)
    if going:
        connection.execute(_PRUNE, (workspace_sid, going[-1]))
    return len(going)


def _going(oldest: Sequence[tuple[int, int, int, int]], up_to: int, before_ms: int) -> list[int]:
    """The first positions of the rows that go."""
    going: list[int] = []
    freed_bytes = 0
    for first, last, at_ms, length in oldest:
        if last > up_to or at_ms >= before_ms or freed_bytes >= _BYTES_AT_ONCE:
            break
        going.append(first)
        freed_bytes += length
    return going
