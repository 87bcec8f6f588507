"""`taskyard nodes`: which nodes share a database, who serves what, and how far others follow."""

import asyncio
from typing import TYPE_CHECKING

import click
import msgspec

from .account import with_account
from .help import Command, examples
from .settings import fail, settings_options

if TYPE_CHECKING:
    import aiohttp

    from .account import OpenAccount

_PATIENCE_S = 5.0
_WIDTH_IN_A_FILE = 200
"""So that no SID and no address is folded where programs look for them."""


class _Part(msgspec.Struct):
    workspace_sid: str
    serves: bool
    position: int
    behind: int


class _Known(msgspec.Struct):
    sid: str
    url: str
    version: str


class _Said(_Known):
    """What a node says of itself."""

    workspaces: list[_Part]
    nodes: list[_Known]


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
    lines, said = await _ask_all(
        {one.node_sid: one.url for one in leases.values()}, (account.sid, account.auth_token)
    )
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
    known: dict[str, str], credentials: tuple[str, str]
) -> tuple[list[NodeLine], list[_Said]]:
    """Ask every node, those that others know of too: one that serves nothing has no lease."""
    import aiohttp

    lines: dict[str, NodeLine] = {}
    said: list[_Said] = []
    waiting = dict(known)
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    auth = aiohttp.encode_basic_auth(*credentials)
    async with aiohttp.ClientSession(timeout=timeout, headers={"Authorization": auth}) as session:
        while waiting:
            asked, waiting = waiting, {}
            answers = await asyncio.gather(*(_ask(session, url) for url in asked.values()))
            for (sid, url), answer in zip(asked.items(), answers, strict=True):
                if isinstance(answer, str) or answer.sid != sid:
                    why = answer if isinstance(answer, str) else "another node answers there"
                    lines[sid] = NodeLine(sid=sid, url=url, problem=why)
                    continue
                said.append(answer)
                serves = sum(part.serves for part in answer.workspaces)
                lines[sid] = NodeLine(
                    sid=sid,
                    url=url,
                    version=answer.version,
                    serves=serves,
                    follows=len(answer.workspaces) - serves,
                )
                waiting |= {one.sid: one.url for one in answer.nodes}
            waiting = {sid: url for sid, url in waiting.items() if sid not in lines}
    return list(lines.values()), said


async def _ask(session: "aiohttp.ClientSession", url: str) -> _Said | str:
    """What a node says, or why it does not."""
    import aiohttp

    try:
        async with session.get(f"{url}/taskyard/v1/Node", allow_redirects=False) as response:
            if response.status != 200:
                return f"it answers with {response.status}"
            return msgspec.json.decode(await response.read(), type=_Said)
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
