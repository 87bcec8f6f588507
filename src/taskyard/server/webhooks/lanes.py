"""Work for others, so that one who is slow or dead delays nobody but itself."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

LANE_MAX = 50
"""So much of one lane is under way at once."""
_LANE_MIN = 4
_ALL_ABOUT = 600
"""Shared among the lanes that are busy: every call holds a connection, of which few can be had."""
WAITING_MAX = 10_000

logger = logging.getLogger(__name__)


class _Lane(Generic[T]):
    __slots__ = ("busy", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[T] = deque()
        self.busy = 0


class Lanes(Generic[T]):
    """Serves what is put into it in the order of its coming, each lane for itself.

    A lane is there while something is in it.
    """

    def __init__(self, serve: Callable[[T], Awaitable[None]]) -> None:
        """Nothing is served yet.

        Args:
            serve: Does one piece of work, and sees to its own failures.
        """
        self._serve = serve
        self._lanes: dict[Hashable, _Lane[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def in_flight(self) -> int:
        """How much is under way."""
        return len(self._tasks)

    @property
    def waiting(self) -> int:
        """How much has not begun."""
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def put(self, key: Hashable, work: T) -> bool:
        """Have a piece of work done in its lane.

        Returns:
            Whether it will be; not if too much waits there already.
        """
        lane = self._lanes.setdefault(key, _Lane())
        if len(lane.waiting) >= WAITING_MAX:
            return False
        lane.waiting.append(work)
        self._go_on(key, lane)
        return True

    def is_empty(self, key: Hashable) -> bool:
        """Whether nothing waits in a lane."""
        lane = self._lanes.get(key)
        return lane is None or not lane.waiting

    async def close(self) -> None:
        """Begin nothing more, and cut what is under way."""
        self._lanes.clear()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _go_on(self, key: Hashable, lane: _Lane[T]) -> None:
        at_once = min(LANE_MAX, max(_LANE_MIN, _ALL_ABOUT // len(self._lanes)))
        while lane.waiting and lane.busy < at_once:
            lane.busy += 1
            task = asyncio.get_running_loop().create_task(self._one(lane.waiting.popleft()))
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._done(key, lane, done))

    async def _one(self, work: T) -> None:
        try:
            await self._serve(work)
        except Exception:
            logger.exception("a callback failed")

    def _done(self, key: Hashable, lane: _Lane[T], task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        lane.busy -= 1
        if self._lanes.get(key) is not lane:
            return  # closed
        self._go_on(key, lane)
        if not lane.busy and not lane.waiting:
            del self._lanes[key]
