"""The side of the event bridge's benchmark that sends: the real server, or a bare writer.

A process of its own, told what to do by lines on standard input; a line of JSON answers each.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import uvloop
from floor import ACCOUNT

from taskyard.client.tokens import WorkerCapability
from taskyard.core.commands import CreateWorker, CreateWorkspace, UpdateWorker
from taskyard.core.limits import Limits
from taskyard.engine import TurnRecord, WorkspaceEngine
from taskyard.server.app import Running, running
from taskyard.server.bridge.frames import Frames
from taskyard.server.bridge.wire import text_frame
from taskyard.server.config import Config

_TOKEN = "t" * 32
Orders = dict[str, Callable[[], Awaitable[object]]]


def resident_kb() -> int:
    """What this process has in memory."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


async def obey(orders: Orders) -> None:
    """Carry out what is ordered, until nobody orders any more."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().strip():
        print(json.dumps(await orders[line]()), flush=True)


async def used() -> dict[str, float]:
    """What the process has taken by now."""
    return {"kb": resident_kb(), "cpu_s": time.process_time()}


class Desks:
    """A workspace of the server whose workers are told something."""

    def __init__(self, server: Running, workers: int) -> None:
        self._server = server
        self._workers = workers
        self._engine: WorkspaceEngine
        self._sids: list[str] = []
        self._heard: list[TurnRecord] = []
        self._number = 0

    async def open(self) -> dict[str, object]:
        """Make the workspace; whoever connects is told where, and with which tokens."""
        directory = self._server.directory
        sid = await directory.create_workspace(
            CreateWorkspace(account_sid=ACCOUNT, friendly_name="bench"), lambda _, made: made.sid
        )
        self._engine = engine = await directory.engine(sid)
        self._sids = await asyncio.gather(
            *(
                engine.ask(CreateWorker(friendly_name=f"worker {k}"), lambda _, made: made.sid)
                for k in range(self._workers)
            )
        )
        directory.follow(lambda _, turn: self._heard.append(turn))
        tokens = [
            WorkerCapability(ACCOUNT, _TOKEN, sid, worker).to_jwt(3600) for worker in self._sids
        ]
        paths = [
            f"/v1/wschannels/{ACCOUNT}/{worker}?token={token}&closeExistingSessions=false"
            for worker, token in zip(self._sids, tokens, strict=True)
        ]
        return {"url": self._server.url, "paths": paths}

    async def change(self) -> None:
        """Change every worker, each by a command: decided, kept in memory, and told."""
        self._number += 1
        self._heard.clear()
        attributes = json.dumps({"number": self._number, "languages": ["en", "fr"]})
        await asyncio.gather(
            *(
                self._engine.ask(
                    UpdateWorker(worker_sid=sid, attributes=attributes), lambda _s, _d: None
                )
                for sid in self._sids
            )
        )

    async def tell(self) -> None:
        """Tell of the same changes again: what making and sending the frames costs by itself."""
        owners = (getattr(one, "__self__", None) for one in self._server.directory._followers)
        frames = next(one for one in owners if isinstance(one, Frames))
        for turn in self._heard:
            frames.note(self._engine, turn)
            await asyncio.sleep(0)


async def serve(workers: int) -> None:
    """Be the server."""
    config = Config(
        database="memory://",
        port=0,
        account_sid=ACCOUNT,
        auth_token=_TOKEN,
        limits=Limits(workers=20_000, online_workers=20_000),
    )
    async with running(config) as server:
        desks = Desks(server, workers)
        await obey({"open": desks.open, "change": desks.change, "tell": desks.tell, "used": used})


class Bare(asyncio.Protocol):
    """Writes, and knows nothing else."""

    everybody: list[asyncio.Transport] = []  # noqa: RUF012

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self.everybody.append(cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        """Answer what looks like a handshake."""
        if data.endswith(b"\r\n\r\n"):
            self.everybody[-1].write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")


async def write(size: int) -> None:
    """Be the bare writer, of frames of this size."""
    frame = text_frame(b"x" * size)
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0, backlog=2_048)
    port = server.sockets[0].getsockname()[1]

    async def where() -> dict[str, object]:
        return {"url": f"http://127.0.0.1:{port}", "paths": []}

    async def tell() -> None:
        for transport in Bare.everybody:
            transport.write(frame)

    await obey({"open": where, "tell": tell, "used": used})


if __name__ == "__main__":
    os.sched_setaffinity(0, {os.cpu_count() - 1})
    part, number = sys.argv[1], int(sys.argv[2])
    uvloop.run(serve(number) if part == "server" else write(number))
