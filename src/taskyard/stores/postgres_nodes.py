"""Nodes and leases in PostgreSQL: who is alive, and who serves what.

What changes leases is a function of the database's, called in one round trip: they wait for one
another, and a node that is halted between two of its own must keep nobody waiting.
"""

from collections.abc import Mapping, Sequence

from .postgres_connections import Connections
from .sharing import Lease, Node, Pulse, Standing

CHANNEL = "taskyard"
_BEAT = "SELECT * FROM say_alive($1, $2, $3, $4, $5, $6)"
_CLAIM = "SELECT * FROM claim_leases($1, $2, $3)"
_RELEASE = "SELECT release_leases($1, $2)"
_LEAVE = "SELECT forget_nodes($1)"
_ALIVE = """\
SELECT node.sid, node.account_sid, node.url, node.version, count(entry.sid)
FROM nodes AS node
LEFT JOIN leases AS lease ON lease.node_sid = node.sid
LEFT JOIN workspaces AS entry ON entry.sid = lease.workspace_sid
WHERE node.expires_ms > store_ms() GROUP BY node.sid ORDER BY node.sid"""
_LEASES = """\
SELECT lease.workspace_sid, lease.node_sid, node.url, lease.epoch
FROM leases AS lease JOIN nodes AS node ON node.sid = lease.node_sid
WHERE node.expires_ms > store_ms() AND ($1::text[] IS NULL OR lease.workspace_sid = ANY ($1))"""
_ENDS = """\
SELECT wanted.sid, tail.last_position FROM unnest($1::text[]) AS wanted (sid)
CROSS JOIN LATERAL (
  SELECT last_position FROM journal WHERE workspace_sid = wanted.sid
  ORDER BY first_position DESC LIMIT 1) AS tail"""


async def beat(connections: Connections, node: Node, for_ms: int, followed: Sequence[str]) -> Pulse:
    """Say that a node is alive; see `SharedStore.beat`."""
    found = await connections.fetchrow(
        _BEAT, node.sid, node.account_sid, node.url, node.version, for_ms, list(followed)
    )
    nodes = (found[name] for name in ("sids", "accounts", "addresses", "releases", "held"))
    standings = [_standing(*one) for one in zip(*nodes, strict=True)]
    mine = [one.held for one in standings if one.node.account_sid == node.account_sid]
    return Pulse(
        store_ms=found["now_ms"],
        nodes=standings,
        workspaces=found["workspaces"],
        unserved=found["workspaces"] - sum(mine),
        ends=dict(zip(found["ended"] or (), found["ends"] or (), strict=True)),
    )


async def nodes(connections: Connections) -> list[Standing]:
    """All nodes that are alive."""
    return [_standing(*one) for one in await connections.fetch(_ALIVE)]


async def leave(connections: Connections, node_sid: str) -> None:
    """Forget a node and its leases."""
    await connections.execute(_LEAVE, node_sid)


async def claim(
    connections: Connections, node_sid: str, workspace_sids: Sequence[str] | None, at_most: int
) -> list[Lease]:
    """Take leases of workspaces that no living node has."""
    wanted = None if workspace_sids is None else list(workspace_sids)
    return [
        Lease(workspace_sid=sid, node_sid=node_sid, url=url, epoch=epoch)
        for sid, url, epoch in await connections.fetch(_CLAIM, node_sid, wanted, at_most)
    ]


async def release(connections: Connections, node_sid: str, workspace_sids: Sequence[str]) -> None:
    """Give leases back."""
    await connections.execute(_RELEASE, node_sid, list(workspace_sids))


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


def _standing(sid: str, account_sid: str, url: str, version: str, held: int) -> Standing:
    return Standing(
        node=Node(sid=sid, account_sid=account_sid, url=url, version=version), held=held
    )
