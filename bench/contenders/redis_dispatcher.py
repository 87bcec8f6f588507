"""The dispatcher that one would write on Redis in an afternoon.

A task is a hash, and its number lies in the list of its queue. Whoever works there moves a number
to a list of their own, which is the offer; accepting and completing are a script each, which looks
at the status before it changes it, so that no task is accepted twice. Four answers a life cycle, as
with Taskyard, but straight to the database: an HTTP server in front of it is not part of this.
"""

import asyncio
import json
import time
from itertools import count
from pathlib import Path
from typing import Self

from .contender import CALLERS, QUEUES, Left, Round, payload
from .entered import Entered
from .redis_server import redis_server

_CHANGE = """
if redis.call('HGET', KEYS[1], 'status') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[2])
if ARGV[2] == 'completed' then redis.call('LREM', KEYS[2], 1, ARGV[3]) end
return 1
"""


class RedisDispatcher(Entered):
    """So many callers, each of whom creates a task and works on the next one of its queue."""

    key, says = "redis", "a home-made dispatcher on Redis"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._numbers = count()

    async def __aenter__(self) -> Self:
        try:
            from redis.asyncio import BlockingConnectionPool, Redis
        except ImportError as error:
            raise Left("the package redis is not installed") from error
        address = await self.contexts.enter_async_context(redis_server(self._folder))
        pool = BlockingConnectionPool.from_url(address, max_connections=CALLERS)
        self._redis = Redis(connection_pool=pool)
        self.contexts.push_async_callback(pool.aclose)
        self._change = self._redis.register_script(_CHANGE)
        return self

    async def _create(self, number: int) -> None:
        said = json.dumps(payload(number), separators=(",", ":"))
        async with self._redis.pipeline(transaction=True) as both:
            task = {"attributes": said, "status": "pending"}
            both.hset(f"task:{number}", mapping=task)
            both.lpush(f"queue:{number % QUEUES}", number)
            await both.execute()

    async def _life_cycle(self, worker: int, number: int) -> float:
        """A task comes in; the next one of its queue is offered, accepted and completed.

        Returns:
            Milliseconds from creating one until one was offered, which may be another's.
        """
        created = time.perf_counter()
        await self._create(number)
        offers = f"offers:{worker}"
        found = await self._redis.blmove(f"queue:{number % QUEUES}", offers, 5, "RIGHT", "LEFT")
        offered_ms = (time.perf_counter() - created) * 1e3
        keys = [f"task:{int(found)}", offers]
        for before, after in (("pending", "accepted"), ("accepted", "completed")):
            changed = await self._change(keys=keys, args=[before, after, int(found)])
            assert changed, "nobody else was offered it"
        return offered_ms

    async def turn(self, for_s: float) -> Round:
        """Callers who never rest."""
        offers_ms: list[float] = []

        async def caller(worker: int, until: float) -> None:
            while time.perf_counter() < until:
                offers_ms.append(await self._life_cycle(worker, next(self._numbers)))

        began = time.perf_counter()
        await asyncio.gather(*(caller(worker, began + for_s) for worker in range(CALLERS)))
        return Round(len(offers_ms) / (time.perf_counter() - began), offers_ms)
