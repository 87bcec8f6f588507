"""One timer of the loop, which rings at the earliest moment that it was set to."""

import asyncio
from collections.abc import Callable


class Alarm:
    """Calls once, however often it is set; too early rather than too late."""

    __slots__ = ("_call", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
        """It is not set.

        Args:
            loop: Whose timer it is.
            call: What it calls. Nothing is set at that moment.
        """
        self._loop = loop
        self._call = call
        self._timer: asyncio.TimerHandle | None = None

    def set(self, in_s: float) -> None:
        """Ring after so many seconds, or earlier if that was said before."""
        when = self._loop.time() + in_s
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._ring)

    def cancel(self) -> None:
        """Do not ring."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self._call()
