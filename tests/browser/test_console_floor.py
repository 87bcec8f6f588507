"""The floor: live without a reload, late queues, many rows, and a server that goes away."""

import json
from pathlib import Path

import msgspec
from playwright.async_api import Page, expect

from taskyard.server.app import Running, running
from taskyard.server.config import Config

from .centre import Centre
from .conftest import ACCOUNT_SID, AUTH_TOKEN
from .console import SCHEMES, TELEPHONE, blameless, go, serious_faults, sign_in, width_of


async def test_what_happens_shows_without_a_reload(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        with blameless(page):
            await sign_in(page, server.url, "viewer")
            row = page.get_by_role("table", name="Task queues").get_by_role("row", name="Cakes")
            await expect(row.get_by_role("cell").nth(1)).to_have_text("0")
            task = await centre.make(f"{centre.below}/Tasks")
            await expect(row.get_by_role("cell").nth(1)).to_have_text("1")
            await expect(row.get_by_label("tasks in the last hour: 1")).to_be_visible()

            workers = page.get_by_role("table", name="Workers")
            await expect(workers.get_by_role("row", name="Ada")).to_contain_text("Offline")
            await centre.make(
                f"{centre.below}/Workers/{centre.ada['sid']}",
                ActivitySid=centre.activities["Available"],
            )
            await expect(workers.get_by_role("row", name="Ada")).to_contain_text("pending")
            reservations = f"{centre.below}/Tasks/{task['sid']}/Reservations"
            (offer,) = (await centre.see(reservations))["reservations"]
            await centre.make(f"{reservations}/{offer['sid']}", ReservationStatus="accepted")
            await expect(workers.get_by_role("row", name="Ada")).to_contain_text("accepted Cakes")
            # Who comes later reads what the others were told of.
            await page.reload()
            await expect(workers.get_by_role("row", name="Ada")).to_contain_text("accepted Cakes")
            await expect(row.get_by_role("cell").nth(3)).to_have_text("100 %")
            await centre.make(f"{centre.below}/Workers", FriendlyName="Ben")
            await expect(workers.get_by_role("row", name="Ben")).to_be_visible()


async def test_a_queue_that_is_late_raises_an_alarm(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url)
        await page.get_by_label("late after").fill("1")
        await page.get_by_label("late after").press("Tab")
        await centre.make(f"{centre.below}/Tasks")
        await expect(page.get_by_text("1 queue is late:")).to_be_visible()
        await page.get_by_role("status").get_by_role("link", name="Cakes").click()
        await expect(page.get_by_role("heading", name="Cakes")).to_be_visible()


async def test_a_queue_may_be_late_sooner_or_later_than_the_others(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url)
        await centre.make(f"{centre.below}/Tasks")
        await go(page, f"#/queues/{centre.queue['sid']}")
        own = page.get_by_label("late after")
        await own.fill("1")
        await own.press("Tab")
        # Wherever the supervisor is, and also if they look at another tab.
        await expect(page.get_by_role("link", name="1 queue is late")).to_be_visible()
        await expect(page).to_have_title("(1 late) Taskyard")
        await expect(page.get_by_text("within 1 s")).to_be_visible()
        await page.reload()
        await expect(own).to_have_value("1")
        await page.get_by_role("link", name="1 queue is late").click()
        await expect(page.get_by_text("1 queue is late:")).to_be_visible()
        await expect(page.get_by_label("late after")).to_have_value("60")
        await page.get_by_role("status").get_by_role("link", name="Cakes").click()
        await own.fill("")
        await own.press("Tab")
        await expect(page.get_by_role("link", name="1 queue is late")).to_have_count(0)
        await expect(page.get_by_text("within 60 s")).to_be_visible()


async def test_a_thousand_workers_are_a_screenful_of_rows(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        for number in range(60):
            await centre.make(f"{centre.below}/TaskQueues", FriendlyName=f"Queue {number}")
        attributes = json.dumps({"skills": ["cake"]})
        for number in range(999):
            await centre.make(
                f"{centre.below}/Workers", FriendlyName=f"Worker {number}", Attributes=attributes
            )
        with blameless(page):
            await sign_in(page, server.url)
            table = page.get_by_role("table", name="Workers")
            await expect(table).to_have_attribute("aria-rowcount", "1000")
            assert await table.locator(".windowed-all .row").count() < 60
            await table.evaluate("(table) => { table.scrollTop = table.scrollHeight }")
            await expect(table.get_by_role("row", name="Worker 998")).to_be_visible()
            assert await table.locator(".windowed-all .row").count() < 60
            await page.get_by_label("Find a worker").fill("Worker 500")
            await expect(table.locator(".windowed-all .row")).to_have_count(1)


async def test_the_floor_is_usable_on_a_telephone_and_in_the_dark(
    server: Running, page: Page
) -> None:
    async with Centre(server.url):
        await sign_in(page, server.url)
        await expect(page.get_by_role("row", name="Ada")).to_be_visible()
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            assert await serious_faults(page) == []
        await page.set_viewport_size(TELEPHONE)
        assert await width_of(page) <= TELEPHONE["width"]


async def test_a_server_that_restarts_is_followed_again(tmp_path: Path, page: Page) -> None:
    config = Config(
        database=f"sqlite:///{tmp_path}/taskyard.db",
        port=0,
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
    )
    async with running(config) as first, Centre(first.url) as centre:
        assert page.context.browser is not None
        desk = await page.context.browser.new_page()  # keeps a sign-in of its own
        await sign_in(page, first.url)
        await expect(page.get_by_role("row", name="Ada")).to_be_visible()
        await sign_in(desk, first.url, "agent", "Ada")
        await desk.get_by_label("Activity").select_option("Available")
        await expect(desk.get_by_text("Nothing is offered to you now.")).to_be_visible()
        below = centre.below
    for one in (page, desk):
        await expect(one.get_by_text("reconnecting")).to_be_visible()
    port = int(first.url.rpartition(":")[2])
    async with running(msgspec.structs.replace(config, port=port)) as second:
        for one in (page, desk):
            await expect(one.get_by_text("live", exact=True)).to_be_visible()
        async with Centre(second.url) as another:
            await another.make(f"{below}/Workers", FriendlyName="Zoe")
            await another.make(f"{below}/Tasks", Attributes='{"order": "scones"}')
        await expect(page.get_by_role("row", name="Zoe")).to_be_visible()
        await desk.get_by_role("button", name="Accept").click()
        await expect(desk.get_by_role("button", name="Complete")).to_be_visible()
        await expect(page.get_by_role("row", name="Ada")).to_contain_text("accepted")
        for one in (page, desk):
            await one.close()  # an open stream would hold the server up
