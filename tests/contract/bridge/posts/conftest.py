from collections.abc import AsyncIterator

import pytest

from contract.api.caller import SID, TOKEN, Caller, Centre, session_of
from taskyard.server.app import Running, running
from taskyard.server.config import Config

from .poster import KEY, SECRET, Posters


@pytest.fixture
def config() -> Config:
    return Config(
        database="memory://",
        port=0,
        account_sid=SID,
        auth_token=TOKEN,
        api_key_sid=KEY,
        api_key_secret=SECRET,
    )


@pytest.fixture
async def server(config: Config) -> AsyncIterator[Running]:
    async with running(config) as server:
        yield server


@pytest.fixture
async def caller(server: Running) -> AsyncIterator[Caller]:
    async with session_of(SID, TOKEN) as session:
        yield Caller(server.url, session)


@pytest.fixture
async def centre(caller: Caller) -> Centre:
    return await Centre(caller).open()


@pytest.fixture
def posters(centre: Centre) -> Posters:
    return Posters(centre)
