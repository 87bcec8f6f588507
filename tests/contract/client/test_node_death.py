"""The SDK behind a load balancer in front of two nodes, one of which dies."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from balancer import balanced
from postgres import real_postgres
from taskyard import ConnectionFailed
from torture.cluster.nodes import Node

from .bakery import Bakery
from .faces import Face, done
from .wire import until

LEASE = {"TASKYARD_LEASE_S": "2"}
FIRST_AND_AFTER_ITS_DEATH = ["connected", "ready", "disconnected", "connected", "ready"]


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[list[Node]]:
    with real_postgres() as server:
        database = await server.database()
        there = [Node(f"node {n}", database, tmp_path / f"node-{n}.log", LEASE) for n in (1, 2)]
        try:
            for node in there:
                await node.start()
            yield there
        finally:
            for node in there:
                await node.end()


def told_of(client: Any) -> list[str]:
    heard: list[str] = []
    for name in ("connected", "ready", "disconnected"):
        client.on(name, lambda *_, name=name: heard.append(name))
    return heard


def offered(offers: list[Any]) -> list[str]:
    return [one.task_sid for one in offers]


def without_repeats(heard: list[str]) -> list[str]:
    """Each attempt that finds nobody is one more `disconnected`."""
    return [one for place, one in enumerate(heard) if heard[place - 1 : place] != [one]]


async def test_a_worker_and_a_task_queue_ride_through_the_death_of_their_node(
    nodes: list[Node], face: Face
) -> None:
    with balanced(lambda: [one.url for one in nodes if one.url is not None]) as url:
        face.url = url
        bakery = await asyncio.to_thread(Bakery, url)
        ada = face.make("Worker", bakery.worker_token())
        queue = face.make("TaskQueue", bakery.queue_token())
        of_worker, of_queue = told_of(ada), told_of(queue)
        offers: list[Any] = []
        completed: list[str] = []
        ada.on("reservation.created", offers.append)
        ada.on("reservation.completed", lambda offer: completed.append(offer.task_sid))
        for client in (ada, queue):
            await done(client.connect())
            await done(client.wait_until_ready(60))

        async def baked(order: str) -> None:
            await until(lambda: order in offered(offers))
            await done(offers[-1].accept())
            await done(offers[-1].complete())
            await until(lambda: order in completed)

        before = (await asyncio.to_thread(bakery.order)).sid
        await baked(before)
        await nodes[0].kill()
        # What creates is not repeated by itself: the connection may be one to the dead node.
        try:
            during = (await asyncio.to_thread(bakery.order)).sid
        except ConnectionFailed:
            during = (await asyncio.to_thread(bakery.order)).sid
        await baked(during)
        await until(lambda: without_repeats(of_worker) == FIRST_AND_AFTER_ITS_DEATH)
        await until(lambda: without_repeats(of_queue) == FIRST_AND_AFTER_ITS_DEATH)
        await done(queue.update(friendly_name="Pies"))
        assert queue.friendly_name == "Pies"
        after = (await asyncio.to_thread(bakery.order)).sid
        await baked(after)
        assert offered(offers) == completed == [before, during, after]
        await asyncio.to_thread(bakery.workspace.close)
