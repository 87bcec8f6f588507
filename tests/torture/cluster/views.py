"""What each node shows when everything is over."""

import asyncio
import time
from typing import Any

import aiohttp

from .checker import disagreements
from .history import View
from .nodes import Node
from .streams import end_of, whole

AGREE_WITHIN_S = 20.0


async def views_of(
    session: aiohttp.ClientSession, nodes: list[Node], workspace: str
) -> dict[str, View]:
    """The views of all nodes, as soon as they agree; the last that were seen if they never do."""
    until = time.monotonic() + AGREE_WITHIN_S
    while True:
        ends = [await end_of(session, str(one.url), workspace) for one in nodes]
        seen = [await view_of(session, str(one.url), workspace, max(ends)) for one in nodes]
        views = {one.name: view for one, view in zip(nodes, seen, strict=True)}
        if not list(disagreements(workspace, views)) or time.monotonic() > until:
            return views
        await asyncio.sleep(0.3)


async def view_of(session: aiohttp.ClientSession, url: str, workspace: str, until: int) -> View:
    path = f"{url}/v1/Workspaces/{workspace}"
    workers = await every(session, f"{path}/Workers?PageSize=1000", "workers")
    reservations: dict[str, dict[str, Any]] = {}
    for worker in workers:
        offers = f"{path}/Workers/{worker}/Reservations?PageSize=1000"
        reservations |= await every(session, offers, "reservations")
    return View(
        tasks=await every(session, f"{path}/Tasks?PageSize=1000", "tasks"),
        reservations=reservations,
        workers=workers,
        sequence=await whole(session, url, workspace, until),
    )


async def every(
    session: aiohttp.ClientSession, address: str, key: str
) -> dict[str, dict[str, Any]]:
    items: dict[str, dict[str, Any]] = {}
    following: str | None = address
    while following is not None:
        async with session.get(following) as response:
            page = await response.json()
            assert response.status == 200, page
        for one in page[key]:
            assert one["sid"] not in items, f"{one['sid']} is on two pages of {address}"
            items[one["sid"]] = one
        following = page["meta"]["next_page_url"]
    return items
