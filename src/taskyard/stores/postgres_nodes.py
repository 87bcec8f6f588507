"""Nodes and leases in PostgreSQL: who is alive, and who serves what.

Whatever changes leases, but for an append, does so under one lock: it is rare, and nobody has to
think about two at once. An append holds its leases only against being moved before its commit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .postgres_connections import Connection, Connections
from .sharing import Lease, Node, Pulse, Standing

CHANNEL = "taskyard"
_LOCK = 0x54595245
_TELL_MANY = 20
"""Above so many leases it is told that leases have moved, and not which."""

_FORGET = "DELETE FROM nodes WHERE expires_ms <= store_ms() OR sid = $1 RETURNING sid"
_FREE = """\
UPDATE leases SET node_sid = NULL WHERE workspace_sid IN (
  SELECT workspace_sid FROM leases WHERE node_sid = ANY ($1) ORDER BY workspace_sid FOR UPDATE)"""
_CLEAR = """\
DELETE FROM leases WHERE node_sid IS NULL
  AND NOT EXISTS (SELECT 1 FROM workspaces WHERE sid = workspace_sid)"""
_BEAT = """\
INSERT INTO nodes (sid, account_sid, url, version, expires_ms)
VALUES ($1, $2, $3, $4, store_ms() + $5)
ON CONFLICT (sid) DO UPDATE SET url = excluded.url, version = excluded.version,
  expires_ms = excluded.expires_ms"""
_HELD = """\
SELECT node.sid, node.account_sid, node.url, node.version, count(entry.sid) AS held
FROM nodes AS node
LEFT JOIN leases AS lease ON lease.node_sid = node.sid
LEFT JOIN workspaces AS entry ON entry.sid = lease.workspace_sid
WHERE node.expires_ms > store_ms() GROUP BY node.sid ORDER BY node.sid"""
# A node may make a workspace when the others have forgotten it: that lease is nobody's.
_CLAIM = """\
WITH free AS (
  SELECT entry.sid FROM workspaces AS entry LEFT JOIN leases AS lease
    ON lease.workspace_sid = entry.sid AND lease.node_sid IN (SELECT sid FROM nodes)
  WHERE lease.workspace_sid IS NULL AND entry.account_sid = $4
    AND ($2::text[] IS NULL OR entry.sid = ANY ($2))
  ORDER BY entry.sid COLLATE "C" LIMIT $3)
INSERT INTO leases AS old (workspace_sid, node_sid, epoch) SELECT sid, $1, 1 FROM free
ON CONFLICT (workspace_sid) DO UPDATE SET node_sid = $1, epoch = old.epoch + 1
RETURNING workspace_sid, epoch"""
_RELEASE = """\
UPDATE leases SET node_sid = NULL WHERE workspace_sid IN (
  SELECT workspace_sid FROM leases WHERE node_sid = $1 AND workspace_sid = ANY ($2)
  ORDER BY workspace_sid FOR UPDATE)
RETURNING workspace_sid"""
_LEASES = """\
SELECT lease.workspace_sid, lease.node_sid, node.url, lease.epoch
FROM leases AS lease JOIN nodes AS node ON node.sid = lease.node_sid
WHERE node.expires_ms > store_ms() AND ($1::text[] IS NULL OR lease.workspace_sid = ANY ($1))"""
_ENDS = """\
SELECT wanted.sid, tail.last_position FROM unnest($1::text[]) AS wanted (sid)
CROSS JOIN LATERAL (
  SELECT last_position FROM journal WHERE workspace_sid = wanted.sid
  ORDER BY first_position DESC LIMIT 1) AS tail"""


async def beat(connections: Connections, node: Node, for_ms: int) -> Pulse:
    """Say that a node is alive; see `SharedStore.beat`."""
    async with connections.transaction() as connection:
        await _lock(connection)
        await _forget(connection, None)
        await connection.execute(_BEAT, node.sid, node.account_sid, node.url, node.version, for_ms)
        standings = _standings(await connection.fetch(_HELD))
        workspaces, store_ms = await connection.fetchrow(
            "SELECT count(*), store_ms() FROM workspaces WHERE account_sid = $1", node.account_sid
        )
    mine = [one.held for one in standings if one.node.account_sid == node.account_sid]
    return Pulse(
        store_ms=store_ms,
        nodes=standings,
        workspaces=workspaces,
        unserved=workspaces - sum(mine),
    )


async def nodes(connections: Connections) -> list[Standing]:
    """All nodes that are alive."""
    return _standings(await connections.fetch(_HELD))


async def leave(connections: Connections, node_sid: str) -> None:
    """Forget a node and its leases."""
    async with connections.transaction() as connection:
        await _lock(connection)
        await _forget(connection, node_sid)


async def claim(
    connections: Connections, node_sid: str, workspace_sids: Sequence[str] | None, at_most: int
) -> list[Lease]:
    """Take leases of workspaces that no living node has."""
    async with connections.transaction() as connection:
        await _lock(connection)
        await _forget(connection, None)
        found = await connection.fetchrow(
            "SELECT url, account_sid FROM nodes WHERE sid = $1", node_sid
        )
        if found is None:
            return []
        url, account_sid = found
        wanted = None if workspace_sids is None else list(workspace_sids)
        taken = await connection.fetch(_CLAIM, node_sid, wanted, at_most, account_sid)
        await _tell(connection, [sid for sid, _ in taken])
    return [
        Lease(workspace_sid=sid, node_sid=node_sid, url=url, epoch=epoch) for sid, epoch in taken
    ]


async def release(connections: Connections, node_sid: str, workspace_sids: Sequence[str]) -> None:
    """Give leases back."""
    async with connections.transaction() as connection:
        await _lock(connection)
        given = await connection.fetch(_RELEASE, node_sid, list(workspace_sids))
        await _tell(connection, [sid for (sid,) in given])


async def leases(
    connections: Connections, workspace_sids: Sequence[str] | None
) -> Mapping[str, Lease]:
    """The leases of living nodes."""
    found = await connections.fetch(
        _LEASES, None if workspace_sids is None else list(workspace_sids)
    )
    return {
        sid: Lease(workspace_sid=sid, node_sid=node_sid, url=url, epoch=epoch)
        for sid, node_sid, url, epoch in found
    }


async def end_of(connections: Connections, workspace_sids: Sequence[str]) -> Mapping[str, int]:
    """The last position of each journal that has rows."""
    return dict(await connections.fetch(_ENDS, list(workspace_sids)))


async def cluster_secret(connections: Connections, proposed: str) -> str:
    """The secret that was kept first."""
    await connections.execute(
        "INSERT INTO cluster_secret (secret) VALUES ($1) ON CONFLICT DO NOTHING", proposed
    )
    (secret,) = await connections.fetchrow("SELECT secret FROM cluster_secret")
    return str(secret)


def _standings(rows: Sequence[Any]) -> list[Standing]:
    return [
        Standing(node=Node(sid=sid, account_sid=account_sid, url=url, version=version), held=held)
        for sid, account_sid, url, version, held in rows
    ]


async def _lock(connection: Connection) -> None:
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def _forget(connection: Connection, node_sid: str | None) -> None:
    """Forget the nodes whose time has passed, and this one."""
    gone = [sid for (sid,) in await connection.fetch(_FORGET, node_sid)]
    if gone:
        await connection.execute(_FREE, gone)
        await connection.execute(_CLEAR)
        await connection.execute("SELECT pg_notify($1, 'L')", CHANNEL)


async def _tell(connection: Connection, workspace_sids: Sequence[str]) -> None:
    if workspace_sids:
        many = len(workspace_sids) > _TELL_MANY
        told = "L" if many else ";".join(f"L {sid}" for sid in workspace_sids)
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, told)
