"""What the disk and the HTTP server give at most, with nobody who decides anything."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Self

from cluster_floor import bare_commits_a_second
from engine import bare_sqlite
from http_connection import Connection

from .contender import CALLERS, Round
from .entered import Entered

_REQUEST = b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n\r\n"


class SQLiteCommits(Entered):
    """Rows in SQLite, each a commit that waits for the disk."""

    key, says = "bare_sqlite", "bare commits of 600 bytes, SQLite"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    async def __aenter__(self) -> Self:
        return self

    async def turn(self, for_s: float) -> Round:
        """One after another."""
        path = self._folder / "bare.db"
        rate = await asyncio.to_thread(bare_sqlite, self._folder, for_s)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)  # noqa: ASYNC240 - between turns
        return Round(rate)


class PostgresCommits(Entered):
    """Rows in PostgreSQL, each a commit that waits for the disk."""

    key, says = "bare_postgres", "bare commits of 1 kB, PostgreSQL, one connection"

    def __init__(self, database: str) -> None:
        super().__init__()
        self._database = database

    async def __aenter__(self) -> Self:
        return self

    async def turn(self, for_s: float) -> Round:
        """One after another."""
        return Round(await bare_commits_a_second(self._database, 1, for_s))


class BareAnswers(Entered):
    """An ASGI application that always answers the same, in the HTTP server that Taskyard uses."""

    key, says = "bare_asgi", "bare answers of the same HTTP server"

    async def __aenter__(self) -> Self:
        script = Path(__file__).with_name("bare_asgi.py")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(script)), stdout=asyncio.subprocess.PIPE
        )
        self.contexts.push_async_callback(process.wait)
        self.contexts.callback(process.terminate)
        assert process.stdout is not None
        self._port = int(await process.stdout.readline())
        return self

    async def turn(self, for_s: float) -> Round:
        """Callers who never rest."""
        answers = 0
        connections = [await Connection.open("127.0.0.1", self._port) for _ in range(CALLERS)]

        async def caller(connection: Connection, until: float) -> None:
            nonlocal answers
            while time.perf_counter() < until:
                await connection.ask(_REQUEST)
                answers += 1

        began = time.perf_counter()
        await asyncio.gather(*(caller(one, began + for_s) for one in connections))
        took_s = time.perf_counter() - began
        for one in connections:
            one.close()
        return Round(answers / took_s)
