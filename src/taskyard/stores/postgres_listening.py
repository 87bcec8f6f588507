"""What PostgreSQL tells of changes, on a connection of its own that comes back when it broke."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator

import asyncpg

from .interface import StoreError
from .postgres_address import Address
from .postgres_connections import Connection, connect
from .postgres_errors import translated
from .postgres_nodes import CHANNEL
from .sharing import Appended, Change, LeaseMoved, Missed, WorkspaceListed

logger = logging.getLogger(__name__)

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0
_LOOK_EVERY_S = 5.0
"""A network that is gone does not say so: now and then the connection has to answer."""
_ANSWERS_WITHIN_S = 3.0


class Listening:
    """Passes on what is told for as long as somebody listens."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._listeners: list[Callable[[Change], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Be told from now on; gives back what ends it."""
        if self._closed:
            raise StoreError(f"database {self._address.name} is closed")
        self._listeners.append(listener)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        return lambda: self._listeners.remove(listener)

    async def close(self) -> None:
        """Tell nobody any more."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        broken = False
        while True:
            try:
                async with self._connection() as connection:
                    if broken:
                        logger.info("database %s tells of changes again", self._address.name)
                    pause_s, broken = _FIRST_PAUSE_S, False
                    # Told only from now on, whatever was before.
                    self._tell(Missed())
                    await self._follow(connection)
            except StoreError as error:
                if not broken:
                    logger.warning("changes by other nodes are not told now: %s", error)
                broken = True
            except Exception:  # a listener's: the others are still to be told
                logger.exception("a listener failed")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection = await connect(self._address)
        try:
            with translated(self._address):
                await connection.add_listener(CHANNEL, self._heard)
                yield connection
        finally:
            # At once: who tells is left waiting for nobody.
            with contextlib.suppress(asyncpg.InterfaceError, OSError):
                connection.terminate()

    async def _follow(self, connection: Connection) -> None:
        """Wait until the connection is of no use any more, and raise."""
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await ended.wait()
            if connection.is_closed():
                raise StoreError(f"database {self._address.name} has ended the connection")
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                await connection.execute("SELECT 1")

    def _heard(self, _connection: Connection, _pid: int, _channel: str, payload: str) -> None:
        for change in _changes(payload):
            self._tell(change)

    def _tell(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)


def _changes(payload: str) -> Iterator[Change]:
    """`A sid position`, `W sid` and `L sid` or `L`, with `;` between them."""
    for one in payload.split(";"):
        match one.split(" "):
            case ["A", sid, position]:
                yield Appended(sid, int(position))
            case ["W", sid]:
                yield WorkspaceListed(sid)
            case ["L", sid]:
                yield LeaseMoved(sid)
            case ["L"]:
                yield LeaseMoved(None)
            case _:  # of a later release, or too much for one notification
                yield Missed()
