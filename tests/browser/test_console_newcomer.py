"""The first minutes with the console: a task made by hand, done at a desk, seen on the floor."""

from playwright.async_api import Page, expect

from taskyard.server.app import Running

from .centre import Centre
from .console import blameless, sign_in


async def test_a_task_made_by_hand_is_done_at_the_desk_and_seen_on_the_floor(
    server: Running, page: Page
) -> None:
    async with Centre(server.url):
        assert page.context.browser is not None
        desk = await page.context.browser.new_page()
        with blameless(page), blameless(desk):
            await sign_in(page, server.url)
            await sign_in(desk, server.url, "agent", "Ada")
            await desk.get_by_label("Activity").select_option("Available")
            await page.get_by_role("link", name="Try it").click()
            await page.get_by_label("Attributes").fill('{"order": "scones"}')
            await page.get_by_role("button", name="Create the task").click()
            way = page.get_by_role("region", name="Its way").get_by_role("listitem")
            await expect(way.filter(has_text="Offered to Ada")).to_be_visible()
            await expect(desk.get_by_text("scones")).to_be_visible()
            await desk.get_by_role("button", name="Accept").click()
            await expect(way.filter(has_text="Ada accepted")).to_be_visible()
            await desk.get_by_role("button", name="Complete").click()
            await expect(way.last).to_contain_text("Completed")
            await page.get_by_role("link", name="Floor").click()
            done = page.get_by_text("completed this hour").locator("xpath=..")
            await expect(done).to_contain_text("1")
            row = page.get_by_role("table", name="Workers").get_by_role("row", name="Ada")
            await expect(row).to_contain_text("Available")
            await expect(row).not_to_contain_text("accepted")
        await desk.close()
