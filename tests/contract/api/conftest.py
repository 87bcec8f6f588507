from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from taskyard.server.app import Running, running
from taskyard.server.config import Config

from .caller import SID, TOKEN, Caller, Centre, session_of


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    config = Config(
        database=f"sqlite:///{tmp_path}/taskyard.db", port=0, account_sid=SID, auth_token=TOKEN
    )
    async with running(config) as server:
        yield server


@pytest.fixture
async def caller(server: Running) -> AsyncIterator[Caller]:
    async with session_of(SID, TOKEN) as session:
        yield Caller(server.url, session)


@pytest.fixture
async def centre(caller: Caller) -> Centre:
    return await Centre(caller).open()
