"""Two servers as people run them, on one PostgreSQL, one of which only follows."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contract.api.caller import SID, TOKEN, session_of
from contract.api.stream_reader import reading
from contract.official_client.centre import Centre, expect
from contract.official_client.conftest import client_of
from postgres import RealPostgres, real_postgres
from torture.cluster.nodes import Node

LEASE = {"TASKYARD_LEASE_S": "10"}


class Two:
    """The first was there before the workspace was made through it; the second came later."""

    def __init__(self, server: RealPostgres, database: str, folder: Path) -> None:
        self.server = server
        self.database = database
        self.nodes = [Node(f"node {n}", database, folder / f"{n}.log", LEASE) for n in (1, 2)]

    def centre_at(self, number: int) -> Centre:
        return Centre(client_of(self.url(number), SID, TOKEN))

    def url(self, number: int) -> str:
        url = self.nodes[number].url
        assert url is not None
        return url


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    with real_postgres() as server:
        made = Two(server, await server.database(), tmp_path)
        async with contextlib.AsyncExitStack() as stack:
            for node in made.nodes:
                stack.push_async_callback(node.end)
                await node.start()
            yield made


async def command(two: Two, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "taskyard", *words, "--database", two.database),
        env={
            **os.environ,
            "TASKYARD_CONFIG": os.devnull,
            "TASKYARD_ACCOUNT_SID": SID,
            "TASKYARD_AUTH_TOKEN": TOKEN,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def stream_of(url: str, workspace: str, events: int) -> list[tuple[int | None, str]]:
    """The first events of a workspace's stream; what has addresses names the node asked."""
    path = f"/Workspaces/{workspace}"
    async with session_of(SID, TOKEN) as session, reading(session, url, path, "?after=0") as reader:
        return [(one.id, one.data["sid"]) for one in await reader.events(events)]


def a_task_from_its_creation_to_its_end(centre: Centre) -> None:
    worker = centre.worker("Ann", attributes='{"languages":["en"]}')
    expect(worker, friendly_name="Ann", available=True, attributes='{"languages":["en"]}')
    task = centre.task({"language": "en"})
    [offer] = centre.offers(task)
    expect(offer, worker_sid=worker.sid, reservation_status="pending")
    accepted = centre.workspace.tasks(task.sid).reservations(offer.sid)
    expect(accepted.update(reservation_status="accepted"), reservation_status="accepted")
    assert centre.status(task) == "assigned"
    done = centre.workspace.tasks(task.sid).update(assignment_status="completed", reason="done")
    expect(done, assignment_status="completed", reason="done")
    assert [one.sid for one in centre.workspace.workers.list()] == [worker.sid]
    unused = centre.workspace.task_queues.create(friendly_name="Nobody")
    assert centre.workspace.task_queues(unused.sid).delete()
    assert [one.sid for one in centre.workspace.task_queues.list()] == [centre.queue.sid]


def statistics_of(centre: Centre, url: str) -> dict[str, Any]:
    """What a node shows of a workspace and its queue, without the addresses."""
    workspace = client_of(url, SID, TOKEN).taskrouter.v1.workspaces(centre.sid)
    now = {"minutes": 15}
    return {
        "real-time": workspace.real_time_statistics().fetch().tasks_by_status,
        "cumulative": workspace.cumulative_statistics().fetch(**now).wait_duration_until_accepted,
        "created": workspace.cumulative_statistics().fetch(**now).tasks_created,
        "queue": workspace.task_queues(centre.queue.sid)
        .cumulative_statistics()
        .fetch(**now)
        .tasks_entered,
        "workers": workspace.workers.cumulative_statistics().fetch(**now).reservations_accepted,
        "events": [(one.sid, one.event_type) for one in workspace.events.list()],
    }


async def test_the_official_client_needs_not_know_which_node_serves(two: Two) -> None:
    [first, second] = [two.url(0), two.url(1)]
    centre = await asyncio.to_thread(two.centre_at, 0)
    overview = json.loads(await command(two, "nodes", "--json"))
    [workspace] = overview["workspaces"]
    serving = next(
        number
        for number in (0, 1)
        if workspace["served_by"]
        in [one["sid"] for one in overview["nodes"] if one["url"] == two.url(number)]
    )
    follower = two.url(1 - serving)
    through = client_of(follower, SID, TOKEN)
    centre.client, centre.workspace = through, through.taskrouter.v1.workspaces(centre.sid)
    await asyncio.to_thread(a_task_from_its_creation_to_its_end, centre)

    shown = await asyncio.gather(
        *(asyncio.to_thread(statistics_of, centre, url) for url in (first, second))
    )
    assert shown[0] == shown[1]
    assert shown[0]["created"] == shown[0]["workers"] == 1
    streams = await asyncio.gather(
        *(stream_of(url, centre.sid, len(shown[0]["events"])) for url in (first, second))
    )
    assert streams[0] == streams[1]

    overview = json.loads(await command(two, "nodes", "--json"))
    assert sorted(one["url"] for one in overview["nodes"]) == sorted([first, second])
    assert sorted((one["serves"], one["follows"]) for one in overview["nodes"]) == [(0, 1), (1, 0)]
    [workspace] = overview["workspaces"]
    [following] = workspace["followers"]
    assert following["behind"] == 0
    table = await command(two, "nodes")
    assert first in table
    assert second in table


async def test_nodes_are_shown_that_serve_nothing_yet(two: Two) -> None:
    overview = json.loads(await command(two, "nodes", "--json"))
    shown = [(one["url"], one["serves"], one["problem"]) for one in overview["nodes"]]
    assert sorted(shown) == sorted((two.url(number), 0, None) for number in (0, 1))


async def test_nodes_of_another_account_are_named_as_such(two: Two) -> None:
    other = "AC" + "f" * 32
    overview = json.loads(await command(two, "nodes", "--json", "--account-sid", other))
    assert {one["problem"] for one in overview["nodes"]} == {f"it serves account {SID}"}


async def test_a_node_is_not_ready_while_its_database_answers_nobody(two: Two) -> None:
    async with session_of(SID, TOKEN) as session:

        async def becomes(status: int) -> str:
            while True:
                async with session.get(f"{two.url(0)}/readyz") as response:
                    text = await response.text()
                    if response.status == status:
                        return text
                await asyncio.sleep(0.05)

        await becomes(200)
        two.server.freeze()
        try:
            async with asyncio.timeout(60):  # against a hang only
                said = await becomes(503)
        finally:
            two.server.thaw()
        assert "\n" not in said.strip()
        async with asyncio.timeout(60):
            assert await becomes(200) == "ok"
        async with session.get(f"{two.url(0)}/v1/Workspaces") as response:
            assert response.status == 200
