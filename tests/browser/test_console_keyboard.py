"""The console without a mouse."""

from playwright.async_api import Page, expect

from taskyard.server.app import Running

from .centre import Centre
from .conftest import ACCOUNT_SID, AUTH_TOKEN
from .console import sign_in

FOCUSED = "() => document.activeElement?.textContent?.trim() ?? ''"
TABS_MAX = 40


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has these words is in focus."""
    for _ in range(TABS_MAX):
        await page.keyboard.press("Tab")
        if await page.evaluate(FOCUSED) == words:
            return
    raise AssertionError(f"{words} is not reached by Tab")


async def test_a_supervisor_needs_no_mouse(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        await page.goto(f"{server.url}/console/")
        for words in ("", ACCOUNT_SID, AUTH_TOKEN):
            await page.keyboard.type(words)
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Workspace")).to_be_visible()
        await tab_to(page, "Enter")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("row", name="Cakes")).to_be_visible()

        await tab_to(page, "waiting")
        await page.keyboard.press("Enter")
        waiting = page.get_by_role("columnheader", name="waiting")
        await expect(waiting).to_have_attribute("aria-sort", "descending")
        await tab_to(page, "Cakes")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Cakes", level=1)).to_be_visible()
        # The next key is for the page that was opened, not for the bar above it.
        await expect(page.get_by_role("main")).to_be_focused()
        await page.keyboard.press("Tab")
        assert await page.evaluate(FOCUSED) == "Floor"
        await page.get_by_label("Name").focus()
        await page.keyboard.press("End")
        await page.keyboard.type(" and pies")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Cakes and pies", level=1)).to_be_visible()
        kept = await centre.see(f"{centre.below}/TaskQueues/{centre.queue['sid']}")
        assert kept["friendly_name"] == "Cakes and pies"


async def test_an_agent_needs_no_mouse(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url, "agent", "Ada")
        await expect(page.get_by_role("button", name="Become Available")).to_be_visible()
        await tab_to(page, "Become Available")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Nothing is offered to you now.")).to_be_visible()
        await centre.make(f"{centre.below}/Tasks")
        for step in ("Accept", "Wrap up", "Complete"):
            await expect(page.get_by_role("button", name=step)).to_be_enabled()
            await tab_to(page, step)
            await page.keyboard.press("Enter")
        await expect(page.get_by_text("You are not at work on anything.")).to_be_visible()
