"""What happens to the contact centre as a whole: a fire drill, and the death of its server."""

import asyncio
import time
from collections.abc import Iterator
from enum import Enum

from .ledger import Ledger
from .losses import losses
from .outage import Outage
from .server_process import ServerProcess
from .survey import Survey

DRILL_LASTS_S = 5.0
"""Longer than an offer waits: whatever was offered at its beginning lapses before its end."""
ENCORE_EVERY_S = 60.0


class Happening(Enum):
    """The numbers of the programme."""

    DRILL = "fire drill"
    RESTART = "server killed"


def schedule(seconds: float | None) -> Iterator[tuple[float, Happening]]:
    """When what happens, in seconds from the beginning.

    Args:
        seconds: How long the show goes on; None for without end, and then all comes again.
    """
    if seconds is not None:
        yield 0.25 * seconds, Happening.DRILL
        yield 0.6 * seconds, Happening.RESTART
        return
    start_s = 0.0
    while True:
        yield start_s + 15.0, Happening.DRILL
        yield start_s + 35.0, Happening.RESTART
        start_s += ENCORE_EVERY_S


class Programme:
    """Has it all happen."""

    def __init__(
        self, server: ServerProcess, survey: Survey, ledger: Ledger, outage: Outage
    ) -> None:
        self._server = server
        self._survey = survey
        self._ledger = ledger
        self._outage = outage
        self._restarting: asyncio.Task[None] | None = None

    async def play(self, seconds: float | None) -> None:
        """Play until cancelled; see `schedule`.

        Raises:
            ServerFailed: The server did not come back.
        """
        for at_s, happening in schedule(seconds):
            await asyncio.sleep(self._ledger.started_s + at_s - time.monotonic())
            self._ledger.happening = happening.value
            match happening:
                case Happening.DRILL:
                    await self._drill(DRILL_LASTS_S if seconds is None else 0.3 * seconds)
                case Happening.RESTART:
                    self._restarting = asyncio.create_task(self._restart())
                    # The show may end meanwhile, but not with a server half started.
                    await asyncio.shield(self._restarting)
            self._ledger.happening = ""
        await asyncio.Event().wait()

    async def finish(self) -> None:
        """Wait for the server to be back, if it is not.

        Raises:
            ServerFailed: It did not come back.
        """
        if self._restarting is not None:
            await self._restarting

    async def _drill(self, seconds_max: float) -> None:
        """Everybody leaves their desk without a word: what they are offered lapses."""
        self._ledger.news.append("The fire alarm rings: everybody leaves their desk")
        self._ledger.alarm_rings = True
        try:
            await asyncio.sleep(min(DRILL_LASTS_S, seconds_max))
        finally:
            self._ledger.alarm_rings = False

    async def _restart(self) -> None:
        """Kill the server without warning, start it again, and look whether it knows everything."""
        ledger = self._ledger
        killed_s = time.monotonic()
        acknowledged = ledger.acknowledged(killed_s)
        ledger.news.append("The server is killed, and started again on the same database")
        self._outage.begin()
        await self._server.restart()
        await self._server.address()
        self._outage.end()
        ledger.restarts += 1
        ledger.down_s += time.monotonic() - killed_s
        check(ledger, acknowledged, await self._survey.audit())


def check(ledger: Ledger, acknowledged: dict[str, str], found: dict[str, str] | None) -> None:
    """Note what the server has lost.

    Args:
        ledger: Where it is noted.
        acknowledged: What the server had answered, before `found` was asked for.
        found: What it answers; None if a part of it could not be read.
    """
    if found is None:
        ledger.unchecked += 1
    else:
        ledger.checked += len(acknowledged)
        ledger.lost += losses(acknowledged, found)
