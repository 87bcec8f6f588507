"""Two nodes at one store, and whoever listens to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from postgres import RealPostgres
from taskyard.stores import Append, JournalRow, open_store
from taskyard.stores.memory_sharing import SharedMemoryStore
from taskyard.stores.sharing import Change, Missed, Node, SharedStore

from .rows import ACCOUNT, entry, row

N1 = Node(sid="ND" + "1" * 32, account_sid=ACCOUNT, url="http://one.example:8080", version="1.0")
N2 = Node(sid="ND" + "2" * 32, account_sid=ACCOUNT, url="http://two.example:8080", version="1.1")


@dataclass
class Nodes:
    """One store as two processes have it open.

    Attributes:
        one: As the first has it.
        two: As the second has it; the same object where there is only one process.
        pass_ms: Lets so much time pass by the store's clock.
    """

    one: SharedStore
    two: SharedStore
    pass_ms: Callable[[int], Awaitable[None]]

    async def alive(self, for_ms: int = 60_000) -> None:
        """Both nodes say that they are alive."""
        await self.one.beat(N1, for_ms)
        await self.two.beat(N2, for_ms)

    async def begin(self, node: Node, *sids: str) -> None:
        """Workspaces begin on a node."""
        assert await self.one.append([begun(node, sid) for sid in sids]) == {}


@asynccontextmanager
async def memory_nodes() -> AsyncIterator[Nodes]:
    now_ms = 1_700_000_000_000

    async def pass_ms(ms: int) -> None:
        nonlocal now_ms
        now_ms += ms

    store = SharedMemoryStore(clock=lambda: now_ms)
    yield Nodes(store, store, pass_ms)
    await store.close()


@asynccontextmanager
async def postgres_nodes(server: RealPostgres) -> AsyncIterator[Nodes]:
    url = await server.database()

    async def pass_ms(ms: int) -> None:
        # The server's clock is the machine's: what it is compared with moves the other way.
        await server.execute(f"UPDATE taskyard.nodes SET expires_ms = expires_ms - {ms}", url=url)

    one, two = await open_store(url), await open_store(url)
    assert isinstance(one, SharedStore)
    assert isinstance(two, SharedStore)
    yield Nodes(one, two, pass_ms)
    await one.close()
    await two.close()


def begun(node: Node, sid: str) -> Append:
    return Append(row=row(sid, 1), lists=entry(sid), node_sid=node.sid)


def held(node: Node, one: JournalRow, epoch: int) -> Append:
    return Append(row=one, node_sid=node.sid, epoch=epoch)


class Ear:
    """What a store has told so far."""

    def __init__(self, store: SharedStore) -> None:
        self.heard: list[Change] = []
        self._something = asyncio.Event()
        self.stop = store.listen(self._hear)

    async def until(self, change: Change) -> None:
        """Wait until this was told."""
        async with asyncio.timeout(20):
            while change not in self.heard:
                self._something.clear()
                await self._something.wait()

    async def is_there(self, store: SharedStore) -> None:
        """Wait until what is kept from now on is told: a server says by `Missed` that it is."""
        if not isinstance(store, SharedMemoryStore):
            await self.until(Missed())
        self.heard.clear()

    def _hear(self, change: Change) -> None:
        self.heard.append(change)
        self._something.set()
