"""Long work on the event loop, at a pace that leaves room for everybody else."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from taskyard.core.steps import Steps

T = TypeVar("T")

_AT_A_STRETCH_S = 0.002


async def unhurried(steps: Steps[T], seconds: Callable[[], float] = time.perf_counter) -> T:
    """Take all steps, and let others have the loop every other millisecond.

    Args:
        steps: The work.
        seconds: The stopwatch.
    """
    began = seconds()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        if seconds() - began >= _AT_A_STRETCH_S:
            await asyncio.sleep(0)
            began = seconds()
