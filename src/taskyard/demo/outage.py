"""The time in which the server is down on purpose: whoever calls it waits for the end of it."""

import asyncio


class Outage:
    """Whether the server is down, and how often it has been."""

    def __init__(self) -> None:
        self.number = 0
        """How many outages have begun. Who saw it grow while asking was cut off."""
        self._over = asyncio.Event()
        self._over.set()

    def begin(self) -> None:
        """From now on the server is down."""
        self.number += 1
        self._over.clear()

    def end(self) -> None:
        """The server answers again."""
        self._over.set()

    async def over(self) -> None:
        """Wait until the server answers again, if it is down."""
        await self._over.wait()
