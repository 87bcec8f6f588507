"""The way between clients and the server: slow, forgetful, and at times it says things twice."""

import asyncio
from collections.abc import Callable

from .faults import Faults
from .messages import UNAVAILABLE, Reply, Request
from .program import Program
from .server import Server

_DELAY_S = (0.001, 0.05)
_HELD_UP_S = (0.5, 45.0)


class Network:
    """Carries requests to whichever server is up, and answers back.

    Attributes:
        server: The one that is up; None while there is none.
    """

    def __init__(self, clients: Program, faults: Faults) -> None:
        self.server: Server | None = None
        self._clients = clients
        self._faults = faults

    async def ask(self, request: Request, patience_s: float) -> Reply | None:
        """Send a request, and wait for its answer; None if none has come in this time."""
        answered: asyncio.Future[Reply] = self._clients.create_future()
        self._send(request, answered)
        if request.key is not None and self._faults.strike("request sent twice"):
            self._send(request, answered)
        try:
            async with asyncio.timeout(patience_s):
                return await answered
        except TimeoutError:
            return None

    def push(self, wake: Callable[[], None]) -> None:
        """Let a client know of something, if it gets through."""
        if not self._faults.strike("answer lost"):
            self._clients.call_later(self._delay_s(), wake)

    def _send(self, request: Request, answered: asyncio.Future[Reply]) -> None:
        if not self._faults.strike("request lost"):
            self._clients.call_later(self._delay_s(), self._arrive, request, answered)

    def _arrive(self, request: Request, answered: asyncio.Future[Reply]) -> None:
        server = self.server
        if server is None or server.is_over:
            _settle(answered, Reply(UNAVAILABLE, b"nobody listens"))
            return

        def deliver(reply: Reply) -> None:
            if not self._faults.strike("answer lost"):
                self._clients.call_later(self._delay_s(), _settle, answered, reply)

        server.take(request, deliver)

    def _delay_s(self) -> float:
        held_up = self._faults.strike("message held up")
        return self._faults.dice.uniform(*(_HELD_UP_S if held_up else _DELAY_S))


def _settle(answered: asyncio.Future[Reply], reply: Reply) -> None:
    if not answered.done():
        answered.set_result(reply)
