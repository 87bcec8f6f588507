"""How long the event loop and the garbage collector keep everybody waiting."""

import asyncio
import gc
import time


class Stalls:
    """The longest time that the event loop kept everybody waiting.

    Attributes:
        longest_ms: By the clock on the wall, also where the processor was busy with other things.
        longest_cpu_ms: The longest time that the loop itself worked without a break.
    """

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self.longest_cpu_ms = 0.0
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> "Stalls":
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(0.01)  # a stall that ends now is seen as well
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            before, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            late_ms = (time.perf_counter() - before) * 1e3 - 1
            self.longest_ms = max(self.longest_ms, late_ms)
            self.longest_cpu_ms = max(self.longest_cpu_ms, (time.thread_time() - worked) * 1e3)


class Pauses:
    """The longest pause of the garbage collector while something runs."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._began = 0.0

    def __enter__(self) -> "Pauses":
        gc.callbacks.append(self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._hear)

    def _hear(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.longest_ms = max(self.longest_ms, (time.perf_counter() - self._began) * 1e3)
