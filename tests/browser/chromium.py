"""A real browser for the tests: Debian's chromium, driven by Playwright."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from playwright.async_api import Browser, async_playwright

GUARD_S = 30.0
# As root chromium has no sandbox of its own. Pages that are not in front are to be as quick.
FLAGS = (
    "--no-sandbox",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)


def executable() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path is not None, "there is no chromium here: make browser installs it where it may"
    return path


@contextlib.contextmanager
def process(folder: Path) -> Iterator[str]:
    """A browser of its own process, for many tests to connect to: its address."""
    arguments = ("--headless", "--no-first-run", "--remote-debugging-port=0")
    running = subprocess.Popen(
        [executable(), *FLAGS, *arguments, f"--user-data-dir={folder}", "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + GUARD_S
        told = folder / "DevToolsActivePort"
        while not (told.is_file() and "\n" in told.read_text()):
            assert running.poll() is None, "chromium has ended"
            assert time.monotonic() < until, "chromium does not say where it listens"
            time.sleep(0.02)
        port, path = told.read_text().splitlines()[:2]
        yield f"ws://127.0.0.1:{port}{path}"
    finally:
        running.terminate()
        running.wait()


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """One that runs for as long as the context lasts."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=executable(), args=FLAGS[:1])
        try:
            yield running
        finally:
            await running.close()


@contextlib.asynccontextmanager
async def connected(address: str) -> AsyncIterator[Browser]:
    """One that runs already; pages of its own."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.connect_over_cdp(address)
        try:
            yield running
        finally:
            await running.close()
