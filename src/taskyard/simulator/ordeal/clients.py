"""What all clients do: ask, wait, and ask again with the same key."""

import asyncio
from random import Random
from typing import Any

import msgspec

from taskyard.core.commands import Command, DeleteWorkspace

from .messages import Picture, Reply, Request
from .network import Network

_PATIENCE_S = (2.0, 12.0)
_ATTEMPTS = 6
_REST_S = (0.5, 20.0)
_WITHOUT_KEY = 0.12


class Callers:
    """Numbers the requests of all clients, and lets them through or makes them wait.

    Attributes:
        gate: Open while clients may ask.
        asked: How many requests were made, repetitions not counted.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = 0

    def next_number(self) -> int:
        """That of the next request."""
        self.asked += 1
        return self.asked


class Client:
    """A program with some dice of its own. It remembers nothing once it has died.

    Attributes:
        workspace: The SID of where it works.
    """

    def __init__(self, callers: Callers, dice: Random, workspace: str) -> None:
        self._callers = callers
        self.dice = dice
        self.workspace = workspace

    async def ask(self, command: Command, attempts: int = _ATTEMPTS) -> Picture | None:
        """Have something done, and say it again until an answer comes.

        Returns:
            The noun that it is about; None if it was refused, or nobody knows what became of it.
        """
        # Only what an engine answers is kept under its key: not that the engine is no more.
        is_last = isinstance(command, DeleteWorkspace)
        has_key = self.dice.random() >= _WITHOUT_KEY and not is_last
        number = self._callers.next_number()
        request = Request(
            number=number,
            workspace=self.workspace,
            command=command,
            key=f"key {number}" if has_key else None,
        )
        reply = await self._send(request, attempts if has_key else 1)
        if reply is None or not reply.is_done:
            return None
        picture: Picture = msgspec.json.decode(reply.body)
        return picture

    async def look(self, whose: str = "") -> list[Picture] | None:
        """See what there is, which is nothing where there is no workspace.

        Returns:
            Nouns; None if nobody answers.
        """
        request = Request(number=self._callers.next_number(), workspace=self.workspace, look=whose)
        reply = await self._send(request, 1)
        if reply is not None and reply.is_refusal:
            return []
        if reply is None or not reply.is_done:
            return None
        pictures: list[Picture] = msgspec.json.decode(reply.body)
        return pictures

    async def rest(self, low_s: float, high_s: float) -> None:
        """Let some time pass."""
        await asyncio.sleep(self.dice.uniform(low_s, high_s))

    async def _send(self, request: Request, attempts: int) -> Reply | None:
        for attempt in range(attempts):
            await self._callers.gate.wait()
            reply = await self._callers.network.ask(request, self.dice.uniform(*_PATIENCE_S))
            if reply is not None and (reply.is_done or reply.is_refusal):
                return reply
            if attempt + 1 < attempts:
                await self.rest(*_REST_S)
        return None


def one_of(dice: Random, pictures: list[Picture], prefix: str) -> Any:
    """The SID of one of them; None if there is none of the kind."""
    sids = [one["sid"] for one in pictures if one["sid"].startswith(prefix)]
    return dice.choice(sids) if sids else None
