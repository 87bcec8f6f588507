"""The console in a browser: signing in, and what a page must never do."""

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Page, Route, ViewportSize, expect

from .conftest import ACCOUNT_SID, AUTH_TOKEN

GUARD_MS = 30_000
AXE = Path(__file__).parent.parent / "npm" / "node_modules" / "axe-core" / "axe.min.js"
TOKENS = "**/taskyard/v1/Tokens"
SERIOUS = {"serious", "critical"}
TELEPHONE: ViewportSize = {"width": 390, "height": 844}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

expect.set_options(timeout=GUARD_MS)


async def prove(page: Page, url: str, secret: str = AUTH_TOKEN) -> None:
    """Open the console, and type credentials into it."""
    await page.goto(f"{url}/console/")
    await page.get_by_label("Account SID or API key").fill(ACCOUNT_SID)
    await page.get_by_label("Auth token or secret").fill(secret)
    await page.get_by_role("button", name="Sign in").click()


async def sign_in(page: Page, url: str, role: str = "supervisor", worker: str = "") -> None:
    await prove(page, url)
    await page.get_by_label("As").select_option(role)
    if worker:
        await page.locator("select[name=worker]").select_option(label=worker)
    await page.get_by_role("button", name="Enter").click()
    await expect(page.get_by_text("live", exact=True)).to_be_visible()


async def shorten_tokens(page: Page, ttl_s: int) -> None:
    """Have the tokens that the page asks for hold for so long; until `lengthen_tokens`."""

    async def shorten(route: Route) -> None:
        await route.continue_(post_data=f"{route.request.post_data}&Ttl={ttl_s}")

    await page.route(TOKENS, shorten)


async def lengthen_tokens(page: Page) -> None:
    await page.unroute(TOKENS)


async def sign_in_again(page: Page) -> None:
    """Say once more who one is, over the page that was open when the token ended."""
    again = page.get_by_role("dialog", name="Your sign-in has expired")
    await expect(again).to_be_visible()
    await again.get_by_label("Account SID or API key").fill(ACCOUNT_SID)
    await again.get_by_label("Auth token or secret").fill(AUTH_TOKEN)
    await again.get_by_role("button", name="Sign in").click()
    await expect(again).to_be_hidden()


async def go(page: Page, hash_: str) -> None:
    await page.evaluate("(hash) => { location.hash = hash }", hash_)


async def width_of(page: Page) -> int:
    """How wide the page is with all that sticks out of it."""
    width: int = await page.evaluate("() => document.documentElement.scrollWidth")
    return width


@contextlib.contextmanager
def blameless(page: Page) -> Iterator[None]:
    """Nothing is thrown, nothing that the policy forbids is tried, nothing is asked of others."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda one: (
            faults.append(one.text)
            if one.type == "error" and "Failed to load resource" not in one.text
            else None
        ),
    )
    page.on(
        "request",
        lambda one: (
            faults.append(one.url)
            if not one.url.startswith(("http://127.0.0.1:", "data:"))
            else None
        ),
    )
    yield
    assert faults == []


async def serious_faults(page: Page) -> list[str]:
    """What axe finds that keeps people from using the page."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("() => axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {json.dumps([node['html'][:120] for node in one['nodes'][:3]])}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
    ]


@contextlib.asynccontextmanager
async def counting(page: Page, part: str) -> AsyncIterator[list[str]]:
    """The bodies of POSTs that hold a text."""
    seen: list[str] = []
    page.on(
        "request",
        lambda one: (
            seen.append(one.post_data or "")
            if one.method == "POST" and part in (one.post_data or "")
            else None
        ),
    )
    yield seen
