from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from taskyard.stores import Store, open_store


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/store.db"
    opened = await open_store(url)
    yield opened
    await opened.close()
