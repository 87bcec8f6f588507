"""Celery on Redis, as its documentation has one set it up, and as durable as it can be.

Its worker takes tasks by itself: being offered one and accepting it are the same. A life cycle is
sending a task, its being begun, and its result, each kept by the server before it is answered.
"""

import asyncio
import importlib.util
import os
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any, Self

from .contender import CALLERS, QUEUES, Left, Round, payload
from .entered import Entered
from .redis_server import redis_server

_WITHIN_S = 30.0


class CeleryContender(Entered):
    """A worker with as many processes as there are cores; half of the tasks wait to be awaited."""

    key, says = "celery", "Celery on Redis"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._numbers = count()

    async def __aenter__(self) -> Self:
        for package in ("celery", "redis"):
            if importlib.util.find_spec(package) is None:
                raise Left(f"the package {package} is not installed")
        address = await self.contexts.enter_async_context(redis_server(self._folder))
        os.environ["TASKYARD_BENCH_REDIS"] = address
        from . import celery_tasks  # reads the address

        self._tasks = celery_tasks
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "celery", "-A", "contenders.celery_tasks", "worker"),
            *("--loglevel", "error", "--queues", ",".join(celery_tasks.QUEUE_NAMES)),
            cwd=Path(__file__).parents[1],
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self.contexts.push_async_callback(worker.wait)
        self.contexts.callback(worker.terminate)
        first = self._send()
        await asyncio.to_thread(first.get, timeout=_WITHIN_S)
        return self

    def _send(self) -> Any:
        number = next(self._numbers)
        queue = self._tasks.QUEUE_NAMES[number % QUEUES]
        return self._tasks.serve.apply_async(kwargs=payload(number), queue=queue)

    async def turn(self, for_s: float) -> Round:
        """Somebody who always has so many tasks under way."""
        return await asyncio.to_thread(self._work, for_s)

    def _work(self, for_s: float) -> Round:
        offers_ms: list[float] = []
        began = time.perf_counter()
        under_way: list[tuple[float, Any]] = []
        while under_way or time.perf_counter() < began + for_s:
            sent = []
            if time.perf_counter() < began + for_s:
                sent = [(time.perf_counter(), self._send()) for _ in range(CALLERS // 2)]
            for at, result in under_way:
                # The clock is the same for all processes of a machine.
                offers_ms.append((result.get(timeout=_WITHIN_S) - at) * 1e3)
            under_way = sent
        return Round(len(offers_ms) / (time.perf_counter() - began), offers_ms)
