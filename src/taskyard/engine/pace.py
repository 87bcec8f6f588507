"""Long work on the event loop, at a pace that leaves room for everybody else."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from taskyard.core.steps import Steps

T = TypeVar("T")

_AT_A_STRETCH_S = 0.002
_REST_S = 0.001


async def unhurried(
    steps: Steps[T],
    seconds: Callable[[], float] = time.perf_counter,
    *,
    at_a_stretch_s: float = _AT_A_STRETCH_S,
    rest_s: float = 0.0,
) -> T:
    """Take all steps, and let others have the loop every other millisecond.

    Args:
        steps: The work.
        seconds: The stopwatch.
        at_a_stretch_s: After so long others have the loop …
        rest_s: … for at least so long.
    """
    began = seconds()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        if seconds() - began >= at_a_stretch_s:
            await asyncio.sleep(rest_s)
            began = seconds()


async def leisurely(steps: Steps[T]) -> T:
    """Take each step by itself, a moment after the one before: nobody waits for the result."""
    return await unhurried(steps, at_a_stretch_s=0.0, rest_s=_REST_S)
