"""A worker's page behind a load balancer in front of two nodes, one of which dies."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from balancer import balanced
from postgres import real_postgres
from torture.cluster.nodes import Node

from .centre import Centre
from .conftest import ACCOUNT_SID, AUTH_TOKEN
from .pages import site

SETTINGS = {
    "TASKYARD_LEASE_S": "2",
    "TASKYARD_ACCOUNT_SID": ACCOUNT_SID,
    "TASKYARD_AUTH_TOKEN": AUTH_TOKEN,
}
PAGE = """<!doctype html><title>Worker</title>
<script src="{server}/js/taskrouter/v1.21/taskrouter.min.js"></script>
<script>
  var events = [], offers = [];
  function open(token) {{
    window.worker = new Twilio.TaskRouter.Worker(token);
    ["ready", "connected", "disconnected"].forEach(function (name) {{
      worker.on(name, function () {{ events.push(name); }});
    }});
    worker.on("error", function () {{}});
    worker.on("reservation.created", function (offer) {{ offers.push(offer.taskSid); }});
  }}
</script>"""


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[list[Node]]:
    with real_postgres() as server:
        database = await server.database()
        there = [Node(f"node {n}", database, tmp_path / f"node-{n}.log", SETTINGS) for n in (1, 2)]
        try:
            for node in there:
                await node.start()
            yield there
        finally:
            for node in there:
                await node.end()


async def test_a_page_rides_through_the_death_of_its_node_and_misses_no_offer(
    nodes: list[Node], page: Page
) -> None:
    with balanced(lambda: [one.url for one in nodes if one.url is not None]) as address:
        async with Centre(address) as centre, site({"/": PAGE.format(server=address)}) as url:
            channel = f"{centre.below}/Workers/{centre.ada['sid']}"
            await centre.make(f"{channel}/Channels/default", Capacity="5")
            await centre.make(channel, ActivitySid=centre.activities["Available"])
            await page.goto(url)
            await page.evaluate("(token) => open(token)", centre.token(centre.ada["sid"]))
            before = await centre.make(f"{centre.below}/Tasks", Attributes="{}")
            await page.wait_for_function("() => offers.length == 1")
            await nodes[0].kill()
            during = await centre.make_at_last(f"{centre.below}/Tasks", Attributes="{}")
            await page.wait_for_function("() => events.filter((n) => n == 'ready').length == 2")
            await page.wait_for_function("() => offers.length == 2")
            after = await centre.make(f"{centre.below}/Tasks", Attributes="{}")
            await page.wait_for_function("() => offers.length == 3")
            told = [one for one, _ in itertools.groupby(await page.evaluate("() => events"))]
            assert told == ["connected", "ready", "disconnected", "connected", "ready"]
            offers = await page.evaluate("() => offers")
            assert offers == [one["sid"] for one in (before, during, after)]
        await page.close()
