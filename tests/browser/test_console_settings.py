"""What the whole workspace goes by, changed in the console: itself, activities, task channels."""

from playwright.async_api import Page, expect

from taskyard.server.app import Running

from .centre import Centre
from .console import blameless, go, sign_in


async def test_the_workspace_is_renamed_and_its_activities_chosen(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        with blameless(page):
            await sign_in(page, server.url)
            await page.get_by_role("link", name="Settings").click()
            await page.get_by_label("Name").fill("Bakery & Sons")
            await page.get_by_label("New workers begin in").select_option("Available")
            await page.get_by_label("Workers hold as many tasks").uncheck()
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_role("banner")).to_contain_text("Bakery & Sons")
            await expect(page.get_by_role("button", name="Delete")).to_have_count(0)
        kept = await centre.see(centre.below)
        assert kept["friendly_name"] == "Bakery & Sons"
        assert kept["default_activity_name"] == "Available"
        assert kept["multi_task_enabled"] is False


async def test_an_activity_is_made_and_deleted_but_not_while_a_worker_is_in_it(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url)
        await go(page, "#/activities/new")
        await page.get_by_label("Name").fill("Kneading")
        await page.get_by_label("Workers in it are offered tasks").check()
        await page.get_by_role("button", name="Create").click()
        activities = page.get_by_role("region", name="Activities")
        await activities.get_by_role("link", name="Kneading").click()
        sid = page.url.rpartition("/")[2]
        made = await centre.see(f"{centre.below}/Activities/{sid}")
        assert made["available"] is True

        await centre.make(f"{centre.below}/Workers/{centre.ada['sid']}", ActivitySid=sid)
        await expect(page.get_by_role("region", name="Workers in it")).to_contain_text("Ada")
        await page.get_by_role("button", name="Delete").click()
        await page.get_by_role("button", name="Yes, delete it").click()
        await expect(page.get_by_role("alert")).to_contain_text(sid)

        offline = centre.activities["Offline"]
        await centre.make(f"{centre.below}/Workers/{centre.ada['sid']}", ActivitySid=offline)
        await page.get_by_role("button", name="Delete").click()
        await page.get_by_role("button", name="Yes, delete it").click()
        await expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
        await expect(activities.get_by_role("link", name="Offline")).to_be_visible()
        await expect(activities.get_by_role("link", name="Kneading")).to_have_count(0)


async def test_a_task_channel_is_made_and_a_worker_given_room_on_it(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url)
        await go(page, "#/channels/new")
        await page.get_by_label("Name", exact=True).fill("Post")
        await page.get_by_label("Name for programs").fill("9 post")
        await page.get_by_role("button", name="Create").click()
        await expect(page.get_by_role("alert")).to_contain_text("UniqueName")
        await page.get_by_label("Name for programs").fill("post")
        await page.get_by_role("button", name="Create").click()
        channels = page.get_by_role("region", name="Task channels")
        await expect(channels.get_by_role("link", name="Post")).to_be_visible()

        await go(page, f"#/workers/{centre.ada['sid']}")
        room = page.get_by_label("Capacity for post")
        await room.fill("4")
        await room.press("Tab")
        await expect(page.get_by_label("post: 0 of 4")).to_be_visible()
        async with page.expect_response(lambda one: "Available" in str(one.request.post_data)):
            await page.get_by_label("takes post").uncheck()
        await expect(page.get_by_label("takes post")).not_to_be_checked()
        kept = await centre.see(f"{centre.below}/Workers/{centre.ada['sid']}/Channels/post")
        assert (kept["configured_capacity"], kept["available"]) == (4, False)
        await room.fill("51")
        await room.press("Tab")
        await expect(page.get_by_role("alert")).to_contain_text("Capacity")
        await expect(room).to_have_value("4")
