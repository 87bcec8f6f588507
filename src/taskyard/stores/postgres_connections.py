"""Connections to one PostgreSQL database: made when they are needed, and again when they broke."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg

from .interface import StoreError
from .postgres_address import Address
from .postgres_errors import is_over, is_passing, translated

SCHEMA = "taskyard"
"""Our tables lie in a schema of their own, so that they meet no other program's."""
WITHIN_S = 5.0
"""What the hot path asks is answered by then, or it is a failure."""
BULK_WITHIN_S = 30.0
"""For bodies of many megabytes and walks over whole journals."""
_CONNECT_WITHIN_S = 3.0
"""So long is a server that is just starting waited for, all tries together."""
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 0.5
_CLOSE_WITHIN_S = 2.0
_GRACE_S = 0.5
"""The server gives up first, so that what it has not done is known."""

Connection = Any  # the driver has no types of its own


_SETTINGS = {
    "search_path": SCHEMA,
    "application_name": "taskyard",
    "jit": "off",
    # What a node that vanished has locked is let go of.
    "idle_in_transaction_session_timeout": "10000",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
# There are ways stricter than "on", which are the operator's business; "off" is ours to forbid, for
# views as well: they outlive a server that dies, and go on from where they know that they are. A
# commit of theirs that the server's recovery takes back would never be made again.
_DURABLE = """\
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off'"""


async def connect(
    address: Address, *, bounded: bool = False, read_only: bool = False
) -> Connection:
    """A connection of its own, waiting a little for a server that is starting.

    Args:
        address: To where.
        bounded: Whether the server gives up what takes it almost `WITHIN_S`.
        read_only: Whether the server refuses what would write.

    Raises:
        StoreError: There is none; one line says why.
    """
    settings = dict(_SETTINGS)
    if bounded:
        settings["statement_timeout"] = f"{(WITHIN_S - _GRACE_S) * 1000:.0f}"
        # What is always asked alike need not be thought over each time, for arrays of any length.
        settings["plan_cache_mode"] = "force_generic_plan"
    if read_only:
        settings["default_transaction_read_only"] = "on"
    loop = asyncio.get_running_loop()
    until = loop.time() + _CONNECT_WITHIN_S
    pause_s = _FIRST_PAUSE_S
    refusal: Exception | None = None
    with translated(address):
        while True:
            try:
                async with asyncio.timeout_at(until):
                    connection = await asyncpg.connect(address.url, server_settings=settings)
                    await connection.execute(_DURABLE)
                    return connection
            except (OSError, asyncpg.PostgresError) as error:
                if isinstance(error, TimeoutError) and refusal is not None:
                    raise refusal from None  # which says more than that the last try was cut short
                refusal = error
                if not is_passing(error) or loop.time() + pause_s >= until:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


class Connections:
    """At most so many connections, each lent to one at a time."""

    def __init__(
        self, address: Address, *, at_most: int, bounded: bool = False, read_only: bool = False
    ) -> None:
        self._address = address
        self._bounded = bounded
        self._read_only = read_only
        self._idle: list[Connection] = []
        self._places = asyncio.Semaphore(at_most)
        self._closed = False
        self._lent = 0
        self._all_back = asyncio.Event()
        self._all_back.set()

    @contextlib.asynccontextmanager
    async def lend(self, within_s: float = WITHIN_S) -> AsyncIterator[Connection]:
        """A connection for as long as the context lasts, without a transaction.

        Raises:
            StoreError: Something within failed, or took longer than this.
        """
        self._check_open()
        with translated(self._address):
            async with asyncio.timeout(within_s):
                await self._places.acquire()
        self._lent += 1
        self._all_back.clear()
        connection: Connection | None = None
        try:
            with translated(self._address):
                self._check_open()
                connection = await self._ready()
                async with asyncio.timeout(within_s):
                    yield connection
        except BaseException as error:
            if connection is not None and not _is_at_rest(error):
                connection.terminate()
            raise
        finally:
            if connection is not None and not connection.is_closed():
                self._idle.append(connection)
            self._places.release()
            self._lent -= 1
            if not self._lent:
                self._all_back.set()

    @contextlib.asynccontextmanager
    async def transaction(self, within_s: float = WITHIN_S) -> AsyncIterator[Connection]:
        """The same, with all of what is within kept or nothing."""
        async with self.lend(within_s) as connection, connection.transaction():
            yield connection

    async def fetch(self, query: str, *values: object, within_s: float = WITHIN_S) -> Sequence[Any]:
        """The rows that a statement gives back."""
        async with self.lend(within_s) as connection:
            found: Sequence[Any] = await connection.fetch(query, *values)
            return found

    async def fetchrow(self, query: str, *values: object, within_s: float = WITHIN_S) -> Any:
        """The first of them, or None."""
        async with self.lend(within_s) as connection:
            return await connection.fetchrow(query, *values)

    async def execute(self, query: str, *values: object, within_s: float = WITHIN_S) -> int:
        """Run a statement; gives back how many rows it changed."""
        async with self.lend(within_s) as connection:
            return changed(await connection.execute(query, *values))

    async def close(self) -> None:
        """Wait for what is under way, and let go of all of them."""
        if self._closed:
            return
        self._closed = True
        await self._all_back.wait()
        idle, self._idle = self._idle, []
        for connection in idle:
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError):
                await connection.close(timeout=_CLOSE_WITHIN_S)

    async def _ready(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await connect(self._address, bounded=self._bounded, read_only=self._read_only)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"database {self._address.name} is closed")


def changed(status: str) -> int:
    """How many rows the server says that it changed, such as `DELETE 3`."""
    return int(status.rpartition(" ")[2] or 0)


def _is_at_rest(error: BaseException) -> bool:
    """Whether a connection can be used again after this: the server refused, or a caller."""
    cause = error.__cause__
    if isinstance(cause, asyncpg.PostgresError):
        return not is_over(cause)
    return isinstance(error, StoreError) and cause is None
