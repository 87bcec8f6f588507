"""Reading a workspace's events, from one node to its end or from whichever is there for ever."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

from .history import Told


async def messages(
    session: aiohttp.ClientSession, url: str, workspace: str, after: int | None
) -> AsyncIterator[dict[str, str]]:
    address = f"{url}/taskyard/v1/Workspaces/{workspace}/EventStream"
    # An answer may begin late, and a stream may be silent for fifteen seconds.
    patience = aiohttp.ClientTimeout(total=None, sock_read=5)
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with session.get(address, timeout=patience, headers=headers) as response:
        response.raise_for_status()
        message: dict[str, str] = {}
        # An event may be longer than the line that the session would read.
        pending = b""
        async for chunk in response.content.iter_any():
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                if line:
                    name, _, value = line.decode().partition(": ")
                    message[name] = value
                elif message:
                    yield message
                    message = {}


def told_by(message: dict[str, str]) -> Told | None:
    """None for a message without an event."""
    if "event" not in message:
        return None
    body: dict[str, Any] = json.loads(message["data"])
    data = body.get("event_data") or {}
    return Told(
        place=int(message.get("id", 0)),
        sid=body.get("sid", ""),
        type=message["event"],
        task=data.get("task_sid"),
        reservation=data.get("reservation_sid"),
    )


async def end_of(session: aiohttp.ClientSession, url: str, workspace: str) -> int:
    async for message in messages(session, url, workspace, None):
        if "id" in message:
            return int(message["id"])
    raise aiohttp.ClientError("the stream ended without a word")


async def whole(session: aiohttp.ClientSession, url: str, workspace: str, until: int) -> list[Told]:
    """All events from the beginning; at most up to the given place if it goes on."""
    found: list[Told] = []
    async for message in messages(session, url, workspace, 0):
        told = told_by(message)
        if told is not None:
            found.append(told)
        if int(message.get("id", 0)) >= until:
            break
    return found


class Follower:
    """Reads a workspace's stream for ever, and goes to another node whenever one fails it."""

    def __init__(
        self, session: aiohttp.ClientSession, workspace: str, url: Callable[[], str | None]
    ) -> None:
        self.heard: list[Told] = []
        self.place = 0
        self.turns = 0
        """How often it had to begin again."""
        self._session = session
        self._workspace = workspace
        self._url = url

    async def follow(self) -> None:
        while True:
            url = self._url()
            if url is not None:
                with contextlib.suppress(aiohttp.ClientError, ConnectionError, TimeoutError):
                    await self._listen(url)
                self.turns += 1
            await asyncio.sleep(0.1)

    async def _listen(self, url: str) -> None:
        async for message in messages(self._session, url, self._workspace, self.place):
            told = told_by(message)
            if told is not None:
                self.heard.append(told)
            self.place = int(message.get("id", self.place))
