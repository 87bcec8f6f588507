"""What one stream sends while nothing is told, and how many there may be."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from taskyard.core.commands import CreateTask, CreateWorkspace
from taskyard.engine import Directory
from taskyard.engine.following import Tails
from taskyard.server.api.forms import parse
from taskyard.server.api.problems import Problem
from taskyard.server.own_api.event_stream import EventStream
from taskyard.stores.memory import MemoryStore

ACCOUNT = "AC" + "a" * 32
FIVE_MINUTES_MS = 300_000


class Place:
    """A workspace and a stream of it."""

    def __init__(self) -> None:
        self.now_ms = 1_700_000_000_000
        store = MemoryStore()
        self.directory = Directory(store, lambda: self.now_ms, random.Random(1).randbytes)
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.sid = ""

    async def open(self, **settings: Any) -> "Place":
        await self.directory.open(ACCOUNT, "token")
        command = CreateWorkspace(account_sid=ACCOUNT, friendly_name="place", template="FIFO")
        self.sid = await self.directory.create_workspace(
            command, lambda state, _: state.workspace.sid
        )
        self.stream = EventStream(
            self.directory,
            Tails(self.directory),
            clock=lambda: self.now_ms,
            unavailable=(),
            **settings,
        )
        return self

    def begin(self) -> asyncio.Task[None]:
        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                self.sent.put_nowait(message["body"])

        query = parse(b"after=0")
        serving = self.stream.serve(self.sid, query, None, "http://h/v1", (), receive, send)
        return asyncio.create_task(serving)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = await Place().open(heartbeat_s=0.01, streams_max=1)
    yield place
    place.stream.stop()
    await place.directory.close()


async def test_a_silence_is_filled(place: Place) -> None:
    place.begin()
    while await place.sent.get() != b": still here\n\n":
        pass


async def test_what_is_told_to_nobody_moves_the_position_of_who_listens(place: Place) -> None:
    engine = await place.directory.engine(place.sid)
    task_sid = await engine.ask(CreateTask(timeout_s=1), lambda _, decided: decided.sid)
    place.now_ms += 1_000
    await engine.ask(CreateTask(), lambda _, decided: decided.sid)
    assert task_sid.startswith("WT")
    place.begin()
    while await place.sent.get() != b": still here\n\n":
        pass
    before = engine.position
    place.now_ms += FIVE_MINUTES_MS
    await engine.read(lambda _state, _now: None)  # the canceled task is forgotten
    assert engine.position > before
    while (text := await place.sent.get()) == b": still here\n\n":
        pass
    assert text == b"id: %d\n\n" % engine.position


async def test_more_streams_than_there_may_be_are_refused(place: Place) -> None:
    place.begin()
    await place.sent.get()
    with pytest.raises(Problem) as refused:
        await place.begin()
    assert refused.value.status == 429
