"""Servers that share a database, and ten workspaces in which people work over HTTP."""

import asyncio
import contextlib
import copy
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence

import asyncpg
from floor import ACCOUNT
from http_connection import Connection
from server_floor import TOKEN, Traffic

from taskyard.demo.server_process import READY

WORKERS = 100
"""Of each workspace: for each of its callers there is one with the same skill."""


@contextlib.asynccontextmanager
async def serving(database: str) -> AsyncIterator[str]:
    """The address of one more server for this database."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")} | {
        "PYTHONUNBUFFERED": "1",
        "TASKYARD_CONFIG": os.devnull,
        "TASKYARD_ACCOUNT_SID": ACCOUNT,
        "TASKYARD_AUTH_TOKEN": TOKEN,
        "TASKYARD_PORT": "0",
        "TASKYARD_DATABASE": database,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "taskyard", "serve"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        assert line.startswith(READY), f"a server did not start: {line}"
        yield line.removeprefix(READY).strip()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


class Centres:
    """Workspaces that were made at each of the servers in turn, so that each serves its share."""

    def __init__(self, addresses: Sequence[str]) -> None:
        """Nothing is made yet.

        Args:
            addresses: Of the servers.
        """
        self._addresses = addresses
        self.at_holder: list[Traffic] = []
        """Each workspace at the server that serves it."""
        self.elsewhere: list[Traffic] = []
        """Each workspace at another one; the same server if there is no other."""

    async def furnish(self, workspaces: int) -> None:
        """Make so many."""
        for number in range(workspaces):
            holder = Traffic()
            holder.goes_to(self._addresses[number % len(self._addresses)])
            await holder.furnish(WORKERS, 0)
            other = copy.copy(holder)
            other.goes_to(self._addresses[(number + 1) % len(self._addresses)])
            self.at_holder.append(holder)
            self.elsewhere.append(other)

    async def life_cycles_a_second(
        self, callers: int, for_s: float, share_elsewhere: float
    ) -> float:
        """Complete as many as so many callers can, each of whom stays with one workspace.

        Args:
            callers: How many work at once, spread over the workspaces.
            for_s: How long.
            share_elsewhere: Of the callers who ask a server that does not serve their workspace.
        """
        dice = random.Random(1)
        done = 0
        traffics = [
            (self.elsewhere if dice.random() < share_elsewhere else self.at_holder)[
                number % len(self.at_holder)
            ]
            for number in range(callers)
        ]
        connections = [await one.connect() for one in traffics]
        began = time.perf_counter()

        async def work(traffic: Traffic, connection: Connection, number: int) -> None:
            nonlocal done
            while (now := time.perf_counter()) < began + for_s:
                await traffic.life_cycle(connection, number, now, _nobody_notes)
                done += 1
                number += callers

        people = zip(traffics, connections, range(callers), strict=True)
        await asyncio.gather(*(work(*one) for one in people))
        took_s = time.perf_counter() - began
        for connection in connections:
            connection.close()
        return done / took_s


async def offer_latencies(traffic: Traffic, times: int, numbers: int) -> list[float]:
    """Milliseconds from a task's arrival to its offer being read, one task after another."""
    taken: dict[str, list[float]] = {}
    connection = await traffic.connect()
    for number in range(times):
        await traffic.life_cycle(
            connection,
            numbers + number,
            time.perf_counter(),
            lambda kind, ms: taken.setdefault(kind, []).append(ms),
        )
    connection.close()
    return taken["offer"]


async def bare_commits_a_second(database: str, connections: int, for_s: float) -> float:
    """Rows of a kilobyte, each a transaction of its own, from so many connections at once."""
    there = [await asyncpg.connect(database) for _ in range(connections)]
    await there[0].execute("CREATE TABLE IF NOT EXISTS bare (row bytea)")
    row = os.urandom(1_000)
    began = time.perf_counter()

    async def commit(connection: asyncpg.Connection) -> int:
        done = 0
        while time.perf_counter() < began + for_s:
            await connection.execute("INSERT INTO bare VALUES ($1)", row)
            done += 1
        return done

    done = await asyncio.gather(*map(commit, there))
    took_s = time.perf_counter() - began
    for connection in there:
        await connection.close()
    return sum(done) / took_s


def settled(rates: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The middle of each series of rounds."""
    return {name: sorted(series)[len(series) // 2] for name, series in rates.items()}


def _nobody_notes(kind: str, ms: float) -> None:
    """Nobody asks how long one answer took."""
