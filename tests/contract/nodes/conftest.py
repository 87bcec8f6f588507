"""Two servers of one process that share a passing store."""

from collections.abc import AsyncIterator

import pytest

from contract.api.caller import SID, TOKEN, Caller, Centre, session_of
from contract.bridge.clients import KEY, SECRET
from taskyard.server import app
from taskyard.server.app import Running, now_ms, running
from taskyard.server.config import Config
from taskyard.stores.memory_sharing import SharedMemoryStore


class Lasting(SharedMemoryStore):
    """Stays open when one of those who share it is done with it."""

    async def close(self) -> None:
        pass


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> SharedMemoryStore:
    shared = Lasting(now_ms)

    async def open_store(url: str) -> SharedMemoryStore:
        return shared

    monkeypatch.setattr(app, "open_store", open_store)
    return shared


@pytest.fixture
def config() -> Config:
    return Config(
        port=0,
        account_sid=SID,
        auth_token=TOKEN,
        api_key_sid=KEY,
        api_key_secret=SECRET,
        lease_s=30,  # nobody waits for it to end, and a machine may stand still for long
        bridge_hold_ms=1_000,  # much longer than a busy machine may stand still
    )


@pytest.fixture
async def first(store: SharedMemoryStore, config: Config) -> AsyncIterator[Running]:
    async with running(config) as server:
        yield server


@pytest.fixture
async def second(first: Running, config: Config) -> AsyncIterator[Running]:
    async with running(config) as server:
        yield server


@pytest.fixture
async def at_first(first: Running) -> AsyncIterator[Caller]:
    async with session_of(SID, TOKEN) as session:
        yield Caller(first.url, session)


@pytest.fixture
async def at_second(second: Running) -> AsyncIterator[Caller]:
    async with session_of(SID, TOKEN) as session:
        yield Caller(second.url, session)


@pytest.fixture
async def centre(at_first: Caller, at_second: Caller) -> Centre:
    """A workspace that the first node serves; its caller calls the second."""
    centre = await Centre(at_first).open()
    centre.caller = at_second
    return centre
