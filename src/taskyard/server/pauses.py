"""How long the event loop and the garbage collector have kept everybody waiting."""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Self

_WINDOW_S = 60.0
_LOOK_EVERY_S = 0.05


class RecentLongest:
    """The longest of the last one to two minutes.

    A maximum that is reset when it is read would show each of two readers half of what happened,
    and one that is never reset would show the start-up for ever.
    """

    def __init__(self, seconds: Callable[[], float] = time.perf_counter) -> None:
        self._seconds = seconds
        self._began = seconds()
        self._before = 0.0
        self._now = 0.0

    def note(self, pause_s: float) -> None:
        """One pause is over."""
        self._turn_over()
        self._now = max(self._now, pause_s)

    @property
    def longest_s(self) -> float:
        """The longest that was noted."""
        self._turn_over()
        return max(self._before, self._now)

    def _turn_over(self) -> None:
        windows = int((self._seconds() - self._began) // _WINDOW_S)
        if windows:
            self._before = self._now if windows == 1 else 0.0
            self._now = 0.0
            self._began += windows * _WINDOW_S


class Pauses:
    """Watches the running loop and the collector, as a context manager.

    The loop's pauses are found by looking twenty times a second how late one is called: they are
    measured up to that twentieth of a second too short.
    """

    def __init__(self) -> None:
        self.loop = RecentLongest()
        self.collector = RecentLongest()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._collecting_since = 0.0

    def __enter__(self) -> Self:
        gc.callbacks.append(self._collector_works)
        self._set_timer()
        return self

    def __exit__(self, *error: object) -> None:
        gc.callbacks.remove(self._collector_works)
        if self._timer is not None:
            self._timer.cancel()

    def _set_timer(self) -> None:
        self._due = time.perf_counter() + _LOOK_EVERY_S
        self._timer = asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        self.loop.note(max(0.0, time.perf_counter() - self._due))
        self._set_timer()

    def _collector_works(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting_since = time.perf_counter()
        else:
            self.collector.note(time.perf_counter() - self._collecting_since)
