"""`/taskyard/v1/Node`: one of several nodes about itself, and about those that it knows."""

import msgspec

from taskyard.engine import Cluster, Directory


class NodeBody(msgspec.Struct):
    """A node that was alive at the last look, and how many workspaces it serves."""

    sid: str
    url: str
    version: str
    workspaces: int


class PartBody(msgspec.Struct):
    """A workspace in memory, and what this node has to do with it."""

    workspace_sid: str
    serves: bool
    position: int
    behind: int


class OwnNodeBody(msgspec.Struct):
    """The node that was asked."""

    sid: str
    url: str
    version: str
    obstacle: str | None
    workspaces: list[PartBody]
    nodes: list[NodeBody]


async def show_node(directory: Directory, cluster: Cluster) -> bytes:
    """The JSON of this node."""
    node = cluster.node
    return msgspec.json.encode(
        OwnNodeBody(
            sid=node.sid,
            url=node.url,
            version=node.version,
            obstacle=await cluster.obstacle(),
            workspaces=[
                PartBody(
                    workspace_sid=engine.workspace_sid,
                    serves=engine.serves,
                    position=engine.position,
                    behind=engine.behind,
                )
                for engine in directory.engines()
            ],
            nodes=[
                NodeBody(
                    sid=one.node.sid,
                    url=one.node.url,
                    version=one.node.version,
                    workspaces=one.held,
                )
                for one in cluster.nodes
            ],
        )
    )
