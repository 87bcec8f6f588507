"""A reader of the event stream, as a client would write one."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec


class Message(msgspec.Struct):
    id: int | None = None
    event: str | None = None
    data: Any = None


class Reader:
    """One connection; `last_id` outlives it."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.last_id = -1
        self.comments = 0

    async def message(self) -> Message | None:
        """The next message that has anything in it; None at the end."""
        message = Message()
        while line := (await self.response.content.readline()).decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if line == "\n":
                if message.id is not None:
                    self.last_id = message.id
                if message != Message():
                    return message
            elif line.startswith(":"):
                self.comments += 1
            elif name == "id":
                message.id = int(value)
            elif name == "event":
                message.event = value
            elif name == "data":
                message.data = json.loads(value)
        return None

    async def event(self) -> Message | None:
        """The next message with data."""
        while (message := await self.message()) is not None and message.data is None:
            pass
        return message

    async def events(self, count: int) -> list[Message]:
        found: list[Message] = []
        async with asyncio.timeout(60):  # against a hang only
            while len(found) < count:
                message = await self.event()
                assert message is not None, f"the stream ended after {len(found)} of {count}"
                found.append(message)
        return found


@asynccontextmanager
async def reading(
    session: aiohttp.ClientSession, url: str, path: str, query: str = "", **headers: str
) -> AsyncIterator[Reader]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    address = f"{url}/taskyard/v1{path}/EventStream{query}"
    async with session.get(address, headers=named) as response:
        assert response.status == 200, await response.text()
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        yield Reader(response)
