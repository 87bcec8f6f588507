"""A Redis server of its own, which waits for the disk before it answers a write."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from .contender import Left

_WITHIN_S = 10.0


@contextlib.asynccontextmanager
async def redis_server(folder: Path) -> AsyncIterator[str]:
    """Its address, for as long as the context lasts.

    Args:
        folder: Where it may keep its file.

    Raises:
        Left: No such program is installed, or it does not start.
    """
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        raise Left("there is no redis-server here; Debian's package redis-server has it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    process = await asyncio.create_subprocess_exec(
        *(program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
        *("--appendonly", "yes", "--appendfsync", "always", "--save", ""),
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_it_listens(process, port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_it_listens(process: asyncio.subprocess.Process, port: int) -> None:
    until = asyncio.get_running_loop().time() + _WITHIN_S
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        if process.returncode is not None or asyncio.get_running_loop().time() > until:
            raise Left("redis-server did not start")
        await asyncio.sleep(0.02)
