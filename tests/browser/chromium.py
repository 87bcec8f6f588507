"""A real browser for the tests: Debian's chromium, driven by Playwright."""

import contextlib
import shutil
from collections.abc import AsyncIterator

from playwright.async_api import Browser, async_playwright


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """One that runs for as long as the context lasts."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path is not None, "there is no chromium here: make browser installs it where it may"
    async with async_playwright() as playwright:
        # As root chromium has no sandbox of its own.
        running = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield running
        finally:
            await running.close()
