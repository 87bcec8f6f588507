"""What the demo's client does when the server dies under its requests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from taskyard.demo import wire
from taskyard.demo.api import Api, CutOff, Unanswered
from taskyard.demo.outage import Outage

ANSWER = b'{"sid": "WT1"}'


class Mortal:
    """A server that dies under the first request, and answers from then on."""

    def __init__(self, dies: Callable[[], None]) -> None:
        self._dies = dies
        self.requests = 0
        self.died = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        if self.requests == 1:
            self._dies()
            self.died.set()
        else:
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            writer.write(head % len(ANSWER) + ANSWER)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def against(mortal: Mortal, outage: Outage) -> AsyncIterator[Api]:
    server = await asyncio.start_server(mortal.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Api(f"http://127.0.0.1:{port}", "AC", "token", outage) as api:
        yield api


async def test_a_read_and_an_update_that_the_server_died_under_are_repeated_when_it_is_back() -> (
    None
):
    for method in ("get", "post"):
        outage = Outage()
        mortal = Mortal(outage.begin)
        async with against(mortal, outage) as api:
            asking = asyncio.create_task(
                api.get("Tasks/WT1", wire.Resource)
                if method == "get"
                else api.post("Tasks/WT1", wire.Resource, {"Priority": "1"})
            )
            await mortal.died.wait()
            assert not asking.done()
            outage.end()
            assert (await asking).sid == "WT1"
        assert mortal.requests == 2


async def test_a_creation_that_the_server_died_under_is_not_repeated() -> None:
    outage = Outage()
    mortal = Mortal(outage.begin)
    async with against(mortal, outage) as api:
        with pytest.raises(CutOff, match="the server died under it"):
            await api.create("Tasks", wire.Resource, {})
    assert mortal.requests == 1


async def test_a_server_that_dies_when_nobody_meant_it_to_is_trouble() -> None:
    mortal = Mortal(lambda: None)
    async with against(mortal, Outage()) as api:
        with pytest.raises(Unanswered):
            await api.post("Tasks/WT1", wire.Resource, {})
