from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Page

from taskyard.server.app import Running, running
from taskyard.server.config import Config

from .chromium import connected, process

ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "a secret of thirty-two characters"


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    config = Config(database="memory://", port=0, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)
    async with running(config) as server:
        yield server


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with process(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
async def page(chromium: str) -> AsyncIterator[Page]:
    async with connected(chromium) as one:
        page = await one.new_page()
        yield page
        # Not before the server stops: a page that is open keeps its connection.
        await page.close()
