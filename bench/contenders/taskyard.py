"""Taskyard over HTTP, as its callers use it: four requests a life cycle."""

import asyncio
import time
from itertools import count
from typing import Self

from cluster_floor import serving
from http_connection import Connection
from server_floor import OFFER, Traffic

from .contender import CALLERS, Round
from .entered import Entered

WORKERS = 200


class Taskyard(Entered):
    """One server, one workspace, a queue for each of twenty skills."""

    def __init__(self, key: str, says: str, database: str) -> None:
        """Nothing is started yet.

        Args:
            key: What the figures are named after.
            says: What it is, for people.
            database: The URL of an empty one.
        """
        super().__init__()
        self.key, self.says = key, says
        self._database = database
        self._traffic = Traffic()
        self._numbers = count()

    async def __aenter__(self) -> Self:
        self._traffic.goes_to(await self.contexts.enter_async_context(serving(self._database)))
        await self._traffic.furnish(WORKERS, 0)
        return self

    async def turn(self, for_s: float) -> Round:
        """Callers who never rest."""
        offers_ms: list[float] = []
        connections = [await self._traffic.connect() for _ in range(CALLERS)]

        def note(kind: str, ms: float) -> None:
            if kind == OFFER:
                offers_ms.append(ms)

        async def caller(connection: Connection, until: float) -> None:
            while (now := time.perf_counter()) < until:
                await self._traffic.life_cycle(connection, next(self._numbers), now, note)

        began = time.perf_counter()
        await asyncio.gather(*(caller(one, began + for_s) for one in connections))
        took_s = time.perf_counter() - began
        for one in connections:
            one.close()
        return Round(len(offers_ms) / took_s, offers_ms)
