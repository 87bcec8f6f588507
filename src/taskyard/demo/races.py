"""Several things at once, of which the first to end ends the others."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def first_of(end: asyncio.Event, *work: Coroutine[Any, Any, Result]) -> Result | None:
    """Run the coroutines side by side until one ends or the event is set, and cancel the rest.

    Returns:
        What the first to end returned, or None if the event came first.

    Raises:
        Exception: What the first to end raised; of several at once, the earliest in the arguments.
    """
    asked = asyncio.ensure_future(end.wait())
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.wait({asked, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                return task.result()
        return None
    finally:
        asked.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(asked, *tasks, return_exceptions=True)
