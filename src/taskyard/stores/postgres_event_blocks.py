"""The event index in PostgreSQL, and how far each view has followed each journal."""

from collections.abc import Mapping, Sequence

from .interface import BlockSearch, EventBlock, StaleView
from .postgres_connections import Connection, Connections

_COLUMNS = (
    "workspace_sid, first_position, last_position, first_ms, last_ms, count, codec_version, "
    "terms, body"
)
# In the order of the workspaces, so that no two of these wait for each other in a ring. Where
# nobody has a row yet, who comes second waits for the first, and then finds it further than known.
_KEEP_POSITIONS = """\
INSERT INTO view_positions AS old (view, workspace_sid, position)
SELECT $1, new.sid, new.position
FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS new (sid, position, after)
ORDER BY new.sid
ON CONFLICT (view, workspace_sid) DO UPDATE SET position = excluded.position
WHERE old.position <= (
  SELECT new.after FROM unnest($2::text[], $4::bigint[]) AS new (sid, after)
  WHERE new.sid = old.workspace_sid)
RETURNING workspace_sid"""
_FURTHER = """\
SELECT new.sid FROM unnest($2::text[], $3::bigint[]) AS new (sid, after)
JOIN view_positions AS old ON old.view = $1 AND old.workspace_sid = new.sid
WHERE old.position > new.after"""
_INSERT = f"""\
INSERT INTO event_blocks ({_COLUMNS}) SELECT * FROM unnest(
  $1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[],
  $7::integer[], $8::bytea[], $9::bytea[])"""
_REMOVE = """\
DELETE FROM event_blocks USING unnest($1::text[], $2::bigint[]) AS gone (sid, first)
WHERE workspace_sid = gone.sid AND first_position = gone.first
RETURNING workspace_sid, first_position"""
_NOT_LONG_BEFORE = """\
first_position >= coalesce((
  SELECT max(first_position) FROM event_blocks
  WHERE workspace_sid = $1 AND first_position <= $3), 0)"""
"""What `last_position > $3` means, in terms of the column that there is an index of."""
_DROP_OLD = """\
DELETE FROM event_blocks WHERE (workspace_sid, first_position) IN (
  SELECT workspace_sid, first_position FROM event_blocks WHERE last_ms < $1
  ORDER BY last_ms LIMIT $2)"""
_ANYWHERE = 2**63 - 1


async def read_position(connections: Connections, view: str, workspace_sid: str) -> int:
    """How far a view has followed a journal."""
    found = await connections.fetchrow(
        "SELECT position FROM view_positions WHERE view = $1 AND workspace_sid = $2",
        view,
        workspace_sid,
    )
    return 0 if found is None else int(found[0])


async def keep_positions(
    connection: Connection, view: str, positions: Mapping[str, int], after: Mapping[str, int]
) -> None:
    """Note within a transaction how far a view has come.

    Raises:
        StaleView: Somebody else has brought it further than that which this follows.
    """
    followed = sorted(after)
    if any(sid not in positions for sid in followed):
        found = await connection.fetch(_FURTHER, view, followed, [after[sid] for sid in followed])
        for (sid,) in found:
            raise StaleView(view, sid, after[sid])
    sids = sorted(positions)
    kept = await connection.fetch(
        _KEEP_POSITIONS,
        view,
        sids,
        [positions[sid] for sid in sids],
        [after.get(sid, _ANYWHERE) for sid in sids],
    )
    further = set(sids) - {sid for (sid,) in kept}
    if further:
        sid = min(further)
        raise StaleView(view, sid, after[sid])


async def keep(
    connections: Connections,
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
    async with connections.transaction() as connection:
        await keep_positions(connection, view, positions, after)
        if instead_of:
            gone = await connection.fetch(
                _REMOVE,
                [old.workspace_sid for old in instead_of],
                [old.first_position for old in instead_of],
            )
            there = {(sid, first) for sid, first in gone}
            for old in instead_of:
                if (old.workspace_sid, old.first_position) not in there:
                    raise StaleView(view, old.workspace_sid, old.last_position)
        if blocks:
            await connection.execute(
                _INSERT,
                [block.workspace_sid for block in blocks],
                [block.first_position for block in blocks],
                [block.last_position for block in blocks],
                [block.first_ms for block in blocks],
                [block.last_ms for block in blocks],
                [block.count for block in blocks],
                [block.codec_version for block in blocks],
                [block.terms for block in blocks],
                [block.body for block in blocks],
            )


async def read_next(connections: Connections, search: BlockSearch) -> EventBlock | None:
    """The first block that is wanted, in the order that is."""
    has_terms = "".join(
        f" AND position(${number}::bytea IN terms) > 0"
        for number in range(6, 6 + len(search.terms))
    )
    found = await connections.fetchrow(
        f"SELECT {_COLUMNS} FROM event_blocks WHERE workspace_sid = $1 AND first_position < $2"
        f" AND {_NOT_LONG_BEFORE} AND last_position > $3"
        f" AND last_ms >= $4 AND first_ms <= $5{has_terms}"
        f" ORDER BY first_position {'ASC' if search.oldest_first else 'DESC'} LIMIT 1",
        search.workspace_sid,
        search.before_position,
        search.after_position,
        search.from_ms,
        search.to_ms,
        *search.terms,
    )
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


async def drop_old(connections: Connections, before_ms: int, at_most: int) -> int:
    """Let go of some blocks that ended before this instant."""
    return await connections.execute(_DROP_OLD, before_ms, at_most)
