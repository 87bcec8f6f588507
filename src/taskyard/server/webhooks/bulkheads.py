"""Work for others, apart by destination: one that is slow or dead delays nobody but itself."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

AT_ONCE = 50
"""So much behind one bulkhead is under way at once, if nothing else is said."""
_AT_ONCE_MIN = 4
_ALL_ABOUT = 600
"""Shared among those that are busy: every call holds a connection, of which few can be had."""
WAITING_MAX = 10_000

logger = logging.getLogger(__name__)


class _Compartment(Generic[T]):
    __slots__ = ("busy", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[T] = deque()
        self.busy = 0


class Bulkheads(Generic[T]):
    """Serves what is put into it in the order of its coming, each compartment for itself.

    A compartment is there while something is in it.
    """

    def __init__(self, serve: Callable[[T], Awaitable[None]], at_once: int = AT_ONCE) -> None:
        """Nothing is served yet.

        Args:
            serve: Does one piece of work, and sees to its own failures.
            at_once: So much of one compartment is under way at once, or less while many are busy.
        """
        self._serve = serve
        self._at_once = at_once
        self._compartments: dict[Hashable, _Compartment[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def in_flight(self) -> int:
        """How much is under way."""
        return len(self._tasks)

    @property
    def waiting(self) -> int:
        """How much has not begun."""
        return sum(len(compartment.waiting) for compartment in self._compartments.values())

    def put(self, key: Hashable, work: T) -> bool:
        """Have a piece of work done in its compartment.

        Returns:
            Whether it will be; not if too much waits there already.
        """
        compartment = self._compartments.setdefault(key, _Compartment())
        if len(compartment.waiting) >= WAITING_MAX:
            return False
        compartment.waiting.append(work)
        self._go_on(key, compartment)
        return True

    async def close(self) -> None:
        """Begin nothing more, and cut what is under way."""
        self._compartments.clear()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _go_on(self, key: Hashable, compartment: _Compartment[T]) -> None:
        fair = max(_AT_ONCE_MIN, _ALL_ABOUT // len(self._compartments))
        at_once = min(self._at_once, fair)
        while compartment.waiting and compartment.busy < at_once:
            compartment.busy += 1
            task = asyncio.get_running_loop().create_task(self._one(compartment.waiting.popleft()))
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._done(key, compartment, done))

    async def _one(self, work: T) -> None:
        try:
            await self._serve(work)
        except Exception:
            logger.exception("a callback failed")

    def _done(self, key: Hashable, compartment: _Compartment[T], task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        compartment.busy -= 1
        if self._compartments.get(key) is not compartment:
            return  # closed
        self._go_on(key, compartment)
        if not compartment.busy and not compartment.waiting:
            del self._compartments[key]
