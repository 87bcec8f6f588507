from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from postgres import RealPostgres, real_postgres
from taskyard.stores import Store, open_store


@pytest.fixture(scope="session")
def postgres() -> Iterator[RealPostgres]:
    """One server for all tests of a process, which leave it running."""
    with real_postgres() as server:
        yield server


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        server: RealPostgres = request.getfixturevalue("postgres")
        return await server.database()
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await open_store(url)
    yield opened
    await opened.close()
