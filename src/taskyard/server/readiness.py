"""Whether requests can be served just now, for whoever sends them here or elsewhere."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE_S = 2.0
_KEEPS_S = 1.0


class Readiness:
    """Asks the store, at most once a second however many ask us: the page is open to all."""

    def __init__(
        self,
        probe: Callable[[], Awaitable[None]],
        *,
        patience_s: float = PATIENCE_S,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is asked yet.

        Args:
            probe: Raises what stands in the way of keeping a command.
            patience_s: After so long without an answer there is none.
            seconds: The stopwatch.
        """
        self._probe = probe
        self._patience_s = patience_s
        self._seconds = seconds
        self._asking: asyncio.Task[str | None] | None = None
        self._asked_s = 0.0
        self.closing = False

    async def obstacle(self) -> str | None:
        """What stands in the way, in one line; None for nothing."""
        if self.closing:
            return "the server is closing"
        if self._asking is None or (
            self._asking.done() and self._seconds() - self._asked_s >= _KEEPS_S
        ):
            self._asked_s = self._seconds()
            self._asking = asyncio.get_running_loop().create_task(self._ask())
        try:
            # The question is asked to its end: whoever comes next waits for the same answer.
            return await asyncio.wait_for(asyncio.shield(self._asking), self._patience_s)
        except TimeoutError:
            return f"the store has not answered for {self._patience_s:g} s"

    async def _ask(self) -> str | None:
        try:
            await self._probe()
        except Exception as error:
            return " ".join(str(error).split()) or type(error).__name__
        return None
