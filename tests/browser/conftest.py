from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from taskyard.server.app import Running, running
from taskyard.server.config import Config

from .chromium import browser

ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "a secret of thirty-two characters"


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    config = Config(database="memory://", port=0, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)
    async with running(config) as server:
        yield server


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with browser() as one:
        page = await one.new_page()
        yield page
        # Not before the server stops: a page that is open keeps its connection.
        await page.close()
