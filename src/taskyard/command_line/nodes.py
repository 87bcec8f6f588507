"""`taskyard nodes`: which nodes share a database, who serves what, and how far others follow."""

import asyncio
from typing import TYPE_CHECKING

import click
import msgspec

from .account import with_account
from .help import Command, examples
from .settings import fail, settings_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiohttp

    from taskyard.stores import Account
    from taskyard.stores.sharing import Node

    from .account import OpenAccount

_PATIENCE_S = 5.0
_WIDTH_IN_A_FILE = 200
"""So that no SID and no address is folded where programs look for them."""


class _Part(msgspec.Struct):
    workspace_sid: str
    serves: bool
    position: int
    behind: int


class _Said(msgspec.Struct):
    """What a node says of itself."""

    sid: str
    obstacle: str | None
    workspaces: list[_Part]


class NodeLine(msgspec.Struct, kw_only=True):
    """A node; without `problem` it has answered."""

    sid: str
    url: str
    version: str | None = None
    serves: int = 0
    follows: int = 0
    problem: str | None = None


class FollowerLine(msgspec.Struct):
    """A node that follows a workspace, and how many durable events it has yet to fold."""

    node_sid: str
    behind: int


class WorkspaceLine(msgspec.Struct):
    """A workspace, the node that serves it, and those that follow it."""

    sid: str
    served_by: str | None
    position: int | None
    followers: list[FollowerLine]


class Overview(msgspec.Struct):
    """All nodes and all workspaces."""

    nodes: list[NodeLine]
    workspaces: list[WorkspaceLine]


def nodes(as_json: bool, **options: str | None) -> None:
    """Show the nodes that share a PostgreSQL, who serves which workspace, and who is behind.

    The database says who serves what; every node is asked at its own address for the rest.
    """

    async def work(opened: "OpenAccount") -> None:
        overview = await _look(opened)
        if as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(overview)).decode())
        else:
            _show(overview)

    with_account(options, work)


async def _look(opened: "OpenAccount") -> Overview:
    from taskyard.stores.sharing import SharedStore

    store, account = opened.store, opened.credentials.account
    if not isinstance(store, SharedStore):
        fail(
            f"database {opened.settings.config.database} has one server: "
            "only nodes that share a PostgreSQL can be listed"
        )
    leases = await store.leases(None)
    listed = [one.sid for one in await store.workspaces() if one.account_sid == account.sid]
    alive = [one.node for one in await store.nodes()]
    lines, said = await _ask_all(alive, account)
    followers: dict[str, list[FollowerLine]] = {}
    ends = await store.end_of(listed)
    for node in said:
        for part in node.workspaces:
            sid = part.workspace_sid
            if not part.serves:
                behind = max(part.behind, ends.get(sid, 0) - part.position)
                followers.setdefault(sid, []).append(FollowerLine(node.sid, behind))
    return Overview(
        nodes=lines,
        workspaces=[
            WorkspaceLine(
                sid=sid,
                served_by=leases[sid].node_sid if sid in leases else None,
                position=ends.get(sid),
                followers=followers.get(sid, []),
            )
            for sid in listed
        ],
    )


async def _ask_all(
    alive: "Sequence[Node]", account: "Account"
) -> tuple[list[NodeLine], list[_Said]]:
    """Ask every node at its own address how things stand there."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    auth = aiohttp.encode_basic_auth(account.sid, account.auth_token)
    async with aiohttp.ClientSession(timeout=timeout, headers={"Authorization": auth}) as session:
        answers = await asyncio.gather(*(_ask(session, node, account.sid) for node in alive))
    lines: list[NodeLine] = []
    for node, answer in zip(alive, answers, strict=True):
        line = NodeLine(sid=node.sid, url=node.url, version=node.version)
        if isinstance(answer, str):
            line.problem = answer
        else:
            line.problem = answer.obstacle
            line.serves = sum(part.serves for part in answer.workspaces)
            line.follows = len(answer.workspaces) - line.serves
        lines.append(line)
    return lines, [answer for answer in answers if not isinstance(answer, str)]


async def _ask(session: "aiohttp.ClientSession", node: "Node", account_sid: str) -> _Said | str:
    """What a node says, or why it does not."""
    import aiohttp

    if node.account_sid != account_sid:
        return f"it serves account {node.account_sid}"
    try:
        async with session.get(f"{node.url}/taskyard/v1/Node", allow_redirects=False) as response:
            if response.status != 200:
                return f"it answers with {response.status}"
            said = msgspec.json.decode(await response.read(), type=_Said)
            return said if said.sid == node.sid else "another node answers there"
    except TimeoutError:
        return f"no answer within {_PATIENCE_S:g} s"
    except (aiohttp.ClientError, OSError, msgspec.DecodeError, ValueError) as error:
        return " ".join(str(error).split())[:200] or type(error).__name__


def _show(overview: Overview) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH_IN_A_FILE
    table = Table("node", "address", "release", "serves", "follows", "", title="Nodes")
    for node in overview.nodes:
        release = node.version or ""
        numbers = (str(node.serves), str(node.follows)) if node.problem is None else ("", "")
        table.add_row(node.sid, node.url, release, *numbers, node.problem or "")
    console.print(table)
    table = Table("workspace", "served by", "events", "followed by (behind)", title="Workspaces")
    for one in overview.workspaces:
        followed = ", ".join(f"{each.node_sid} ({each.behind})" for each in one.followers)
        events = "" if one.position is None else str(one.position)
        table.add_row(one.sid, one.served_by or "nobody", events, followed)
    console.print(table)


command = Command(
    "nodes",
    callback=nodes,
    params=[
        *settings_options(),
        click.Option(["--json", "as_json"], is_flag=True, help="Print JSON instead of tables."),
    ],
    help=nodes.__doc__,
    epilog=examples(
        "taskyard nodes --database postgresql://taskyard@db.example.com/taskyard",
        "taskyard nodes --config /etc/taskyard.toml --json",
    ),
)
