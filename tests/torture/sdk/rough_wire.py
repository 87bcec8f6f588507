"""A stretch of network that is bad by the dice: TCP on loopback, in a thread of its own."""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

_RESET = struct.pack("ii", 1, 0)
"""To linger for no time: whoever closes such a socket lets go of it with a reset."""


class Fate(StrEnum):
    """What becomes of one connection."""

    WHOLE = "left alone"
    SLOW = "a few bytes at a time"
    REFUSED = "dropped at once"
    REQUEST_CUT = "cut in a request"
    ANSWER_CUT = "cut in an answer or a frame"
    ANSWER_LOST = "cut before the next answer"
    STALLED = "stalled"


CHANCES = {
    Fate.WHOLE: 2,
    Fate.SLOW: 4,
    Fate.REFUSED: 2,
    Fate.REQUEST_CUT: 4,
    Fate.ANSWER_CUT: 5,
    Fate.ANSWER_LOST: 3,
    Fate.STALLED: 2,
}
STALLS_S = 1.5


class RoughWire:
    """Brings connections to a server, each with a fate of its own, until it is told to be good."""

    def __init__(self, server: str, seed: str, first: tuple[Fate, ...] = ()) -> None:
        """The first connections have the fates that are named; the dice decide on all others."""
        address = urlsplit(server)
        self.url = ""
        self.fates: Counter[Fate] = Counter()
        self.always: Fate | None = None
        """The fate of all connections from now on, if not that of the dice."""
        self._server = address.hostname, address.port
        self._seed = seed
        self._first = [*first]
        self._connections: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()

    def be_good(self) -> None:
        """What comes from now on is brought as it is; what is there already keeps its fate."""
        self.always = Fate.WHOLE

    def cut(self) -> None:
        """Whatever is under way just now breaks off."""
        for connection in tuple(self._connections):
            self._loop.call_soon_threadsafe(connection.cancel)

    def go_away(self) -> None:
        """Nobody listens any more: who connects is refused by the system itself."""
        self._done(self._stop_listening())

    def come_back(self) -> None:
        """Listen again, at the same address."""
        self._done(self._listen())

    @contextlib.contextmanager
    def running(self) -> Iterator["RoughWire"]:
        started, stop = threading.Event(), asyncio.Event()

        async def serve() -> None:
            await self._listen()
            started.set()
            await stop.wait()
            await self._stop_listening()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

        def run() -> None:
            try:
                self._loop.run_until_complete(serve())
            finally:
                started.set()
                self._loop.close()

        thread = threading.Thread(target=run)
        thread.start()
        started.wait()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(stop.set)
            thread.join()

    def _done(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        port = urlsplit(self.url).port or 0
        self._listener = await asyncio.start_server(self._accepted, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    async def _stop_listening(self) -> None:
        self._listener.close()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.get_running_loop().create_task(self._bring(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _bring(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dice = random.Random(f"{self._seed} {self.fates.total()}")
        drawn = dice.choices([*CHANCES], weights=[*CHANCES.values()])[0]
        fate = self.always or (self._first.pop(0) if self._first else drawn)
        self.fates[fate] += 1
        try:
            if fate is not Fate.REFUSED:
                there, back = await asyncio.open_connection(*self._server)
                try:
                    await self._both_ways(fate, dice, (reader, back), (there, writer))
                finally:
                    _close(back, dice)
        finally:
            _close(writer, dice)

    async def _both_ways(
        self,
        fate: Fate,
        dice: random.Random,
        up: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        down: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Until either side hangs up, or fate does."""
        up_after = dice.randrange(1, 8_000) if fate is Fate.REQUEST_CUT else None
        down_after = None
        if fate in (Fate.ANSWER_CUT, Fate.STALLED):
            down_after = dice.randrange(1, 8_000)
        elif fate is Fate.ANSWER_LOST:
            down_after = 0
        slowly = fate is Fate.SLOW
        pours = {
            asyncio.ensure_future(_pour(*up, up_after, dice, slowly)),
            asyncio.ensure_future(_pour(*down, down_after, dice, slowly)),
        }
        try:
            await asyncio.wait(pours, return_when=asyncio.FIRST_COMPLETED)
            if fate is Fate.STALLED:
                await asyncio.sleep(STALLS_S)
        finally:
            for one in pours:
                one.cancel()
            await asyncio.wait(pours)


async def _pour(
    source: asyncio.StreamReader,
    into: asyncio.StreamWriter,
    at_most: int | None,
    dice: random.Random,
    slowly: bool,
) -> None:
    """Bring so many bytes, wherever that cuts what they say."""
    left = at_most
    with contextlib.suppress(OSError):
        while data := await source.read(dice.randrange(1, 400) if slowly else 65_536):
            if left is not None:
                data, left = data[:left], left - len(data)
            into.write(data)
            await into.drain()
            if left is not None and left <= 0:
                return
            if slowly:
                await asyncio.sleep(dice.random() * 0.01)


def _close(writer: asyncio.StreamWriter, dice: random.Random) -> None:
    """In order, or with a reset."""
    if dice.random() < 0.5:
        with contextlib.suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()
    else:
        writer.close()
