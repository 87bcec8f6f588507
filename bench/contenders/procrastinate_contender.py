"""procrastinate on PostgreSQL: jobs are rows, and workers lock the one they take.

As with Celery, being offered a job and accepting it are the same. A life cycle is adding a job, its
being taken, and its being done: three commits. Worker and sender share this process, without which
nobody could tell when a job is done except by asking the database all the time.
"""

import asyncio
import contextlib
import time
from itertools import count
from typing import Self

from .contender import CALLERS, QUEUES, Left, Round, payload
from .entered import Entered

CONNECTIONS = 20


class Procrastinate(Entered):
    """So many callers, each of whom adds a job when the last one has been worked on."""

    key, says = "procrastinate", "procrastinate on PostgreSQL"

    def __init__(self, database: str) -> None:
        super().__init__()
        self._database = database
        self._numbers = count()
        self._begun: dict[str, asyncio.Future[float]] = {}

    async def __aenter__(self) -> Self:
        try:
            from procrastinate import App, PsycopgConnector
        except ImportError as error:
            raise Left("the package procrastinate is not installed") from error
        connector = PsycopgConnector(conninfo=self._database, min_size=4, max_size=CONNECTIONS)
        self._app = app = App(connector=connector)

        @app.task(name="serve")
        async def serve(type: int, customer: str, language: str) -> None:
            self._begun.pop(customer).set_result(time.perf_counter())

        await self.contexts.enter_async_context(app.open_async())
        await app.schema_manager.apply_schema_async()
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=CALLERS, install_signal_handlers=False, delete_jobs="never"
            )
        )

        async def stop() -> None:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working

        self.contexts.push_async_callback(stop)
        return self

    async def _life_cycle(self) -> float:
        number = next(self._numbers)
        said = payload(number)
        begun = self._begun[str(said["customer"])] = asyncio.get_running_loop().create_future()
        created = time.perf_counter()
        job = self._app.configure_task("serve", queue=f"bench-{number % QUEUES}")
        await job.defer_async(**said)  # type: ignore[arg-type]
        return (await begun - created) * 1e3

    async def turn(self, for_s: float) -> Round:
        """Callers who never rest."""
        offers_ms: list[float] = []

        async def caller(until: float) -> None:
            while time.perf_counter() < until:
                offers_ms.append(await self._life_cycle())

        began = time.perf_counter()
        await asyncio.gather(*(caller(began + for_s) for _ in range(CALLERS)))
        return Round(len(offers_ms) / (time.perf_counter() - began), offers_ms)
