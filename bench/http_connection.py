"""HTTP/1.1 as thinly as a load generator can speak it, so that it is not what is measured."""

import asyncio
from typing import Self, cast

_LENGTH = b"\r\ncontent-length: "


class Connection(asyncio.Protocol):
    """One connection that is kept, and one request on it at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._whole = 0
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[bytes]

    @classmethod
    async def open(cls, host: str, port: int) -> Self:
        """Connect."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        """Send a request; its answer's body is to come.

        It fails with AssertionError if the answer is no success: a benchmark's calls are good.
        """
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        """Take in a part of the answer; the server names its length."""
        received = self._received = self._received + data if self._received else data
        if not self._whole:
            head = received.find(b"\r\n\r\n")
            if head < 0:
                return
            at = received.find(_LENGTH, 0, head)
            assert at > 0, received[:head]
            at += len(_LENGTH)
            self._whole = head + 4 + int(received[at : received.find(b"\r", at)])
        if len(received) < self._whole:
            return
        self._received, whole, self._whole = b"", self._whole, 0
        if self._answer.done():
            return  # whoever waited for it was cancelled
        if received[9:10] == b"2":
            self._answer.set_result(received[received.find(b"\r\n\r\n") + 4 : whole])
        else:
            self._answer.set_exception(AssertionError(received.decode()))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if hasattr(self, "_answer") and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server has hung up"))

    def close(self) -> None:
        """Hang up."""
        self._transport.close()
