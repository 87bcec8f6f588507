"""The event stream: whoever comes back misses nothing and gets nothing twice."""

import asyncio
import contextlib
import os
import random
import re
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from taskyard.engine import following
from taskyard.server.app import Running, running
from taskyard.server.config import Config

from .caller import SID, TOKEN, Caller, Centre, Reply, session_of
from .stream_reader import Message, Reader, reading


def follow(centre: Centre, query: str = "", **headers: str) -> Any:
    return reading(centre.caller.session, centre.caller.url, centre.path, query, **headers)


async def everything(centre: Centre) -> list[dict[str, Any]]:
    found = await centre.caller.every(f"{centre.path}/Events?PageSize=1000", "events")
    return found[::-1]


async def test_what_happens_is_told_as_the_events_resource_shows_it(centre: Centre) -> None:
    async with follow(centre) as reader:
        first = await reader.message()
        before = {one["sid"] for one in await everything(centre)}
        await centre.worker("Ann")
        await centre.task(Attributes='{"tiers":3}')
        now = [one for one in await everything(centre) if one["sid"] not in before]
        told = await reader.events(len(now))
    assert [one.data for one in told] == now
    assert [one.event for one in told] == [one["event_type"] for one in now]
    assert first is not None
    ids = [first.id, *(one.id for one in told)]
    assert ids == sorted(set(ids))


async def test_a_reader_may_begin_at_the_beginning(centre: Centre) -> None:
    await centre.worker("Ann")
    all_of_it = await everything(centre)
    async with follow(centre, "?after=0") as reader:
        told = await reader.events(len(all_of_it))
    assert [one.data for one in told] == all_of_it
    assert told[0].id == 1


async def test_a_reader_goes_on_where_it_stopped(centre: Centre) -> None:
    await centre.task()
    async with follow(centre, "?after=0") as reader:
        (*_, last) = await reader.events(5)
    all_of_it = await everything(centre)
    for query, headers in (
        (f"?after={last.id}", {}),
        ("?after=0", {"Last_Event_ID": str(last.id)}),
        ("", {"Last_Event_ID": str(last.id)}),
    ):
        async with follow(centre, query, **headers) as reader:
            told = await reader.events(len(all_of_it) - 5)
        assert [one.data for one in told] == all_of_it[5:]


async def test_a_reader_that_dies_again_and_again_misses_nothing(centre: Centre) -> None:
    dice = random.Random(3)
    seen: list[Message] = []
    last = 0

    async def work() -> None:
        while not enough.is_set():
            await centre.task()

    enough = asyncio.Event()
    working = asyncio.create_task(work())
    for _ in range(20):
        async with follow(centre, f"?after={last}") as reader:
            seen += await reader.events(dice.randrange(1, 9))
            last = seen[-1].id or 0
            assert reader.response.connection is not None
            reader.response.connection.close()  # in the middle of whatever comes
    enough.set()
    await working
    all_of_it = await everything(centre)
    async with follow(centre, f"?after={last}") as reader:
        seen += await reader.events(len(all_of_it) - len(seen))
    assert [one.data["sid"] for one in seen] == [one["sid"] for one in all_of_it]


async def test_who_does_not_read_keeps_nobody_waiting_and_gets_all_in_the_end(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_KEPT", 20)
    async with follow(centre, "?after=0") as slow, follow(centre, "?after=0") as quick:
        for number in range(150):
            await centre.task(Attributes='{"text":"' + "x" * 3_900 + f'","n":{number}}}')
        all_of_it = await everything(centre)
        assert len(all_of_it) > 500  # some megabytes: far more than sockets hold
        for reader in (quick, slow):
            told = await reader.events(len(all_of_it))
            assert [one.data["sid"] for one in told] == [one["sid"] for one in all_of_it]


async def test_a_reader_of_what_is_no_longer_kept_is_told_so(
    server: Running, centre: Centre
) -> None:
    await everything(centre)  # so that all of it is in the index
    await server.directory._store.drop_event_blocks(2**53, 1_000)
    engine = await server.directory.engine(centre.path.rpartition("/")[2])
    end = engine.position
    task = await centre.task()
    async with follow(centre, "?after=3") as reader:
        gap, created = await reader.events(2)
        assert gap.event == "taskyard.gap"
        assert gap.data["missing_from"] == 4
        assert gap.data["resumes_after"] == gap.id == end
        assert created.data["resource_sid"] == task["sid"]
    async with follow(centre, f"?after={end}") as reader:
        (created,) = await reader.events(1)
        assert created.event == "task.created"


async def test_a_deleted_workspace_ends_its_stream_after_saying_so(centre: Centre) -> None:
    async with follow(centre) as reader:
        await reader.message()
        assert (await centre.caller.delete(centre.path)).status == 204
        (deleted,) = await reader.events(1)
        assert deleted.event == "workspace.deleted"
        assert await reader.event() is None


async def refused(centre: Centre, path: str, status: int, code: int, **more: Any) -> str:
    url = f"{centre.caller.url}/taskyard/v1{path}"
    method = more.pop("method", "GET")
    session = more.pop("session", centre.caller.session)
    async with session.request(method, url, **more) as response:
        reply = Reply(response.status, response.headers, await response.text())
    return reply.refused(status, code)


@pytest.mark.parametrize(
    ("query", "headers", "said"),
    [
        ("?after=-1", {}, "after must be the id of an event"),
        ("?after=x", {}, "after must be the id of an event"),
        ("?after=99999999999999999999", {}, "after must be the id of an event"),
        ("", {"Last-Event-ID": "EV12"}, "Last-Event-ID must be the id of an event"),
        ("?after=100000", {}, "there is nothing after 100000"),
    ],
)
async def test_a_position_that_cannot_be_is_refused(
    centre: Centre, query: str, headers: dict[str, str], said: str
) -> None:
    path = f"{centre.path}/EventStream{query}"
    assert said in await refused(centre, path, 400, 20001, headers=headers)


async def test_who_may_not_and_what_is_not_there_are_refused(centre: Centre) -> None:
    path = f"{centre.path}/EventStream"
    for sid, secret in ((None, ""), (SID, "wrong")):
        async with session_of(sid, secret) as session:
            await refused(centre, path, 401, 20003, session=session)
    await refused(centre, f"/Workspaces/WS{'0' * 32}/EventStream", 404, 20404)
    await refused(centre, "/Nothing", 404, 20404)
    await refused(centre, path, 405, 20004, method="POST")


async def test_a_server_that_stops_ends_its_streams_in_order(tmp_path: Path) -> None:
    config = Config(
        database=f"sqlite:///{tmp_path}/taskyard.db", port=0, account_sid=SID, auth_token=TOKEN
    )
    async with session_of(SID, TOKEN) as session:
        async with running(config) as server:
            centre = await Centre(Caller(server.url, session)).open()
            following_it = follow(centre)
            reader: Reader = await following_it.__aenter__()
            await reader.message()
        assert await reader.message() is None
        await following_it.__aexit__(None, None, None)


class Mortal:
    """A server process on one database that is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        known = {"TASKYARD_ACCOUNT_SID": SID, "TASKYARD_AUTH_TOKEN": TOKEN}
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "taskyard", "serve", "--port", "0"),
            *("--database", f"sqlite:///{self.folder}/mortal.db"),
            cwd=self.folder,
            env=os.environ | known,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        address = re.fullmatch(r"taskyard: listening on (\S+)\n", line)
        assert address is not None, line
        self.url = address[1]

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


async def test_a_killed_server_loses_nothing_for_who_comes_back(tmp_path: Path) -> None:
    server = Mortal(tmp_path)
    seen: list[Message] = []
    async with session_of(SID, TOKEN) as session:
        try:
            await server.start()
            centre = await Centre(Caller(server.url, session)).open()
            for _ in range(2):
                at = f"?after={seen[-1].id if seen else 0}"
                async with follow(centre, at) as reader:
                    working = asyncio.create_task(_work(centre))
                    seen += await reader.events(15)
                    await server.kill()
                    with contextlib.suppress(aiohttp.ClientError):
                        while (message := await reader.event()) is not None:
                            seen.append(message)
                await working
                await server.start()
                centre.caller.url = server.url
            all_of_it = await everything(centre)
            async with follow(centre, f"?after={seen[-1].id}") as reader:
                seen += await reader.events(len(all_of_it) - len(seen))
        finally:
            await server.kill()
    assert [one.data["sid"] for one in seen] == [one["sid"] for one in all_of_it]


async def _work(centre: Centre) -> None:
    with contextlib.suppress(aiohttp.ClientError):
        for _ in range(2_000):
            await centre.task()
