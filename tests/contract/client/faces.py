"""Both faces of the client, so that one test speaks for both."""

from collections.abc import Awaitable
from inspect import isawaitable
from typing import Any, TypeVar

from taskyard.client import aio, sync

T = TypeVar("T")


async def done(answer: Awaitable[T] | T) -> T:
    """What a call came to: the sync face has it at once, the other is awaited."""
    return await answer if isawaitable(answer) else answer  # type: ignore[return-value]


class Face:
    """One of the two, and the clients that a test made of it.

    Clients are made without a connection, so that a test can listen first.
    """

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self._clients: list[Any] = []

    def make(self, kind: str, token: str, **more: Any) -> Any:
        waiting = {"connect": False} if self.name == "sync" else {}
        made = getattr({"sync": sync, "aio": aio}[self.name], kind)(
            token, base_url=self.url, **waiting, **more
        )
        self._clients.append(made)
        return made

    async def ready(self, kind: str, token: str, **more: Any) -> Any:
        client = self.make(kind, token, **more)
        await done(client.connect())
        await done(client.wait_until_ready(60))
        return client

    async def every(self, items: Any) -> list[Any]:
        return list(items) if self.name == "sync" else [one async for one in items]

    async def close(self) -> None:
        for client in self._clients:
            await done(client.close())
