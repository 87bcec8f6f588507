"""What it costs to tell many browsers something: `python bench/bridge.py [--quick]`.

So many workers are connected, each by a websocket of their own, and each is told one message at a
time. The server is a process of its own on one core; the browsers are thin protocols in this one.
The bound is a process that only writes a ready frame of the same size to each connection.
"""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import figures
import uvloop
from engine import show

CONNECTIONS = 5_000
QUICK_CONNECTIONS = 1_000
ROUNDS = 5
_AT_ONCE = 100
_SPARE_FILES = 200
_FRAME_BYTES = 1_730
"""As many as what is told of a worker who has changed."""
_HANDSHAKE = (
    "\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Crowd:
    """What all browsers have heard together; each frame comes whole, as these are small."""

    def __init__(self) -> None:
        self.heard = 0
        self.bytes = 0
        self._wanted = 0
        self._all = asyncio.Event()

    async def until(self, heard: int) -> None:
        """Wait until so many frames have been heard."""
        self._wanted = heard
        if self.heard < heard:
            self._all.clear()
            await self._all.wait()

    def hear(self, data: bytes) -> None:
        """One browser has read something."""
        if len(data) < 16:
            return  # a heart beat, or a ping
        self.heard += 1
        self.bytes += len(data)
        if self.heard == self._wanted:
            self._all.set()


class Browser(asyncio.Protocol):
    """One connection."""

    def __init__(self, crowd: Crowd, path: str) -> None:
        self._crowd = crowd
        self._path = path
        self.opened = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        request = f"GET {self._path or '/'} HTTP/1.1{_HANDSHAKE}"
        cast(asyncio.Transport, transport).write(request.encode())

    def data_received(self, data: bytes) -> None:
        """Count it."""
        if self.opened.done():
            self._crowd.hear(data)
        elif data.startswith(b"HTTP/1.1 101"):
            self.opened.set_result(None)
        else:
            self.opened.set_exception(AssertionError(data.decode()))


class Sender:
    """The other process."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def order(self, what: str) -> Any:
        """Have something done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n".encode())
        line = await self._process.stdout.readline()
        assert line, "the other process has ended"
        return json.loads(line)


@contextlib.asynccontextmanager
async def sender(part: str, number: int) -> AsyncIterator[Sender]:
    """The other process, for as long as the context lasts."""
    script = Path(__file__).with_name("bridge_server.py")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script), part, str(number)), stdin=PIPE, stdout=PIPE, limit=2**26
    )
    try:
        yield Sender(process)
    finally:
        process.kill()
        await process.wait()


async def measure(name: str, part: str, connections: int, orders: tuple[str, ...]) -> list[float]:
    """Connect everybody, have each told something a few times, and print what it took.

    Returns:
        Messages a second of the median round, for each of the orders.
    """
    rates: list[float] = []
    async with sender(part, connections if part == "server" else _FRAME_BYTES) as other:
        there = await other.order("open")
        address = urlsplit(there["url"])
        before = (await other.order("used"))["kb"]
        crowd = Crowd()
        loop = asyncio.get_running_loop()
        paths = there["paths"] or [""] * connections
        browsers: list[Browser] = []
        for start in range(0, connections, _AT_ONCE):
            some = [Browser(crowd, path) for path in paths[start : start + _AT_ONCE]]
            for browser in some:
                await loop.create_connection(
                    lambda browser=browser: browser, address.hostname, address.port
                )
            await asyncio.gather(*(browser.opened for browser in some))
            browsers += some
        kb = ((await other.order("used"))["kb"] - before) / connections
        show(f"{name}: KiB of memory for each connection", f"{kb:.1f}")
        says = f"memory of a websocket connection, {name}"
        figures.note(f"{part}_connection_kib", says, kb, "KiB", "down")
        for order in orders:
            walls: list[float] = []
            cpu: list[float] = []
            for _ in range(ROUNDS):
                used, began = await other.order("used"), time.perf_counter()
                await asyncio.gather(other.order(order), crowd.until(crowd.heard + connections))
                walls.append(time.perf_counter() - began)
                cpu.append((await other.order("used"))["cpu_s"] - used["cpu_s"])
            rate = connections / statistics.median(walls)
            rates.append(rate)
            cpu_us = statistics.median(cpu) / connections * 1e6
            show(f"  {order}: messages a second, CPU us of each", f"{rate:,.0f} {cpu_us:.1f}")
            says = f"messages to websockets, {name}: {order}"
            figures.note(f"{part}_{order}", says, rate, "a second", "up")
        show("  bytes of a message", f"{crowd.bytes / crowd.heard:.0f}")
    return rates


async def main(connections: int) -> None:
    """Measure the server and the bound, and compare them."""
    show("connections", f"{connections:,}")
    (bound,) = await measure("a bare writer", "bare", connections, ("tell",))
    _, told = await measure("the bridge", "server", connections, ("change", "tell"))
    show("told beside the bare writer, at least 0.50", f"{told / bound:.2f}")
    says = "messages told beside those of a bare websocket writer"
    figures.note("writer_ratio", says, told / bound, "ratio", "up", bound=0.5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="with a fifth of the connections")
    figures.option(parser)
    asked = parser.parse_args()
    wanted = QUICK_CONNECTIONS if asked.quick else CONNECTIONS
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and wanted + _SPARE_FILES > most:
        sys.exit(f"{wanted} connections need more open files than the {most} allowed: ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + _SPARE_FILES, most))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    uvloop.run(main(wanted))
    figures.write(asked.json)
