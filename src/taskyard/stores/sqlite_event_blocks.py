"""The event index in SQLite: each function is run in a thread of the store."""

import sqlite3
from collections.abc import Mapping, Sequence

import msgspec

from .interface import BlockSearch, EventBlock, StaleView
from .sqlite_transactions import transaction, unhurried

_COLUMNS = (
    "workspace_sid, first_position, last_position, first_ms, last_ms, count, codec_version, "
    "terms, body"
)
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ROWS_PER_STATEMENT = 100
"""Nine values each stay below the 999 that every build of SQLite takes."""
KEEP_POSITION = """\
INSERT INTO view_positions (view, workspace_sid, position) VALUES (?, ?, ?)
ON CONFLICT (view, workspace_sid) DO UPDATE SET position = excluded.position"""
_NOT_LONG_BEFORE = """\
first_position >= coalesce((
  SELECT max(first_position) FROM event_blocks
  WHERE workspace_sid = ? AND first_position <= ?), 0)"""
"""What `last_position > ?` means, in terms of the column that there is an index of."""
_DROP_OLD = """\
DELETE FROM event_blocks WHERE number IN (
  SELECT number FROM event_blocks WHERE last_ms < ? ORDER BY last_ms LIMIT ?)"""


def read_position(connection: sqlite3.Connection, view: str, workspace_sid: str) -> int:
    """How far a view has followed a journal."""
    found = connection.execute(
        "SELECT position FROM view_positions WHERE view = ? AND workspace_sid = ?",
        (view, workspace_sid),
    ).fetchone()
    return 0 if found is None else int(found[0])


def check_view(connection: sqlite3.Connection, view: str, after: Mapping[str, int]) -> None:
    """Make sure that nobody else has brought a view further.

    Raises:
        StaleView: Somebody has.
    """
    for workspace_sid, position in after.items():
        if read_position(connection, view, workspace_sid) > position:
            raise StaleView(view, workspace_sid, position)


def keep(
    connection: sqlite3.Connection,
    blocks: Sequence[EventBlock],
    instead_of: Sequence[EventBlock],
    positions: Mapping[str, int],
    view: str,
    after: Mapping[str, int],
) -> None:
    """Keep blocks and positions in one transaction.

    Raises:
        StaleView: Somebody else has done this already.
    """
    with unhurried(connection), transaction(connection):
        check_view(connection, view, after)
        for old in instead_of:
            gone = connection.execute(
                "DELETE FROM event_blocks WHERE workspace_sid = ? AND first_position = ?",
                (old.workspace_sid, old.first_position),
            )
            if not gone.rowcount:
                raise StaleView(view, old.workspace_sid, old.last_position)
        for start in range(0, len(blocks), _ROWS_PER_STATEMENT):
            some = blocks[start : start + _ROWS_PER_STATEMENT]
            rows = ", ".join([_ROW] * len(some))
            values = [value for block in some for value in _values(block)]
            connection.execute(f"INSERT INTO event_blocks ({_COLUMNS}) VALUES {rows}", values)
        for workspace_sid, position in positions.items():
            connection.execute(KEEP_POSITION, (view, workspace_sid, position))


def read_next(connection: sqlite3.Connection, search: BlockSearch) -> EventBlock | None:
    """The first block that is wanted, in the order that is."""
    has_terms = " AND instr(terms, ?) > 0" * len(search.terms)
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM event_blocks WHERE workspace_sid = ? AND first_position < ?"
        f" AND {_NOT_LONG_BEFORE} AND last_position > ?"
        f" AND last_ms >= ? AND first_ms <= ?{has_terms}"
        f" ORDER BY first_position {'ASC' if search.oldest_first else 'DESC'} LIMIT 1",
        (
            search.workspace_sid,
            search.before_position,
            search.workspace_sid,
            search.after_position,
            search.after_position,
            search.from_ms,
            search.to_ms,
            *search.terms,
        ),
    ).fetchone()
    if found is None:
        return None
    sid, first, last, first_ms, last_ms, count, version, terms, body = found
    return EventBlock(
        workspace_sid=sid,
        first_position=first,
        last_position=last,
        first_ms=first_ms,
        last_ms=last_ms,
        count=count,
        codec_version=version,
        terms=terms,
        body=body,
    )


def beyond(search: BlockSearch, block: EventBlock) -> BlockSearch:
    """What is still wanted once this block was read."""
    if search.oldest_first:
        return msgspec.structs.replace(search, after_position=block.last_position)
    return msgspec.structs.replace(search, before_position=block.first_position)


def drop_old(connection: sqlite3.Connection, before_ms: int, at_most: int) -> int:
    """Let go of some blocks that ended before this instant."""
    with unhurried(connection):
        return connection.execute(_DROP_OLD, (before_ms, at_most)).rowcount


def _values(block: EventBlock) -> tuple[str, int, int, int, int, int, int, bytes, bytes]:
    return (
        block.workspace_sid,
        block.first_position,
        block.last_position,
        block.first_ms,
        block.last_ms,
        block.count,
        block.codec_version,
        block.terms,
        block.body,
    )
