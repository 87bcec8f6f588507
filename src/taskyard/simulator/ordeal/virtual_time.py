"""A clock that leaps to whatever comes next, for all programs of a simulation."""

import asyncio
import itertools
from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .program import Program

START_MS = 1_700_000_000_000
"""What the clocks on the wall show when a simulation begins."""
_STEPS_AT_ONE_INSTANT = 100_000

_Step = tuple["Program", asyncio.Handle]


class Standstill(AssertionError):
    """The programs keep each other busy, and time does not go on."""


class VirtualTime:
    """Whose turn it is: one program after another, in an order that a seed repeats.

    Attributes:
        now_s: Seconds since the beginning.
        wall_offset_ms: How far the clocks on the wall are off, because somebody has set them.
        entered: The program that does something at this moment.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        self.wall_offset_ms = 0
        self._ready: deque[_Step] = deque()
        self._later: list[tuple[float, int, Program, asyncio.Handle]] = []
        self._numbers = itertools.count()
        self.entered: Program | None = None

    def wall_ms(self) -> int:
        """What the clocks on the wall show, in milliseconds since the Unix epoch."""
        return START_MS + round(self.now_s * 1000) + self.wall_offset_ms

    def soon(self, program: "Program", handle: asyncio.Handle) -> None:
        """Have something done at this instant, after all that is to be done already."""
        self._ready.append((program, handle))

    def at(self, when_s: float, program: "Program", handle: asyncio.Handle) -> None:
        """Have something done at an instant."""
        heappush(self._later, (when_s, next(self._numbers), program, handle))

    def run_until(self, task: "asyncio.Task[None]") -> None:
        """Let time pass until a task is done.

        Raises:
            Standstill: Time has stopped, or nobody does anything any more.
        """
        try:
            self._run_until(task)
        finally:
            self.enter(None)

    def enter(self, program: "Program | None") -> None:
        """Whose doings follow: what asks for the running loop is given this one."""
        if program is not self.entered:  # the operating system is asked for more than one thing
            self.entered = program
            asyncio._set_running_loop(program)

    def _run_until(self, task: "asyncio.Task[None]") -> None:
        steps, since_s = 0, self.now_s
        while not task.done():
            if self._ready:
                program, handle = self._ready.popleft()
            elif self._later:
                when_s, _, program, handle = heappop(self._later)
                self.now_s = max(self.now_s, when_s)
            else:
                raise Standstill("everybody waits for something that never happens")
            if handle.cancelled() or program.is_closed():
                continue
            steps = steps + 1 if self.now_s == since_s else 0
            since_s = self.now_s
            if steps > _STEPS_AT_ONE_INSTANT:
                raise Standstill(f"{steps} steps, and it is still {self.now_s} s: now {handle}")
            self.enter(program)
            handle._run()
