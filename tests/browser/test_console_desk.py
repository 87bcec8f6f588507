"""An agent's day at the desk of the console."""

import asyncio

from playwright.async_api import Page, Route, WebSocketRoute, expect

from taskyard.server.app import Running

from .centre import Centre
from .console import (
    blameless,
    counting,
    lengthen_tokens,
    serious_faults,
    shorten_tokens,
    sign_in,
    sign_in_again,
)


async def work_for(centre: Centre, order: str, **form: str) -> str:
    attributes = f'{{"order": "{order}"}}'
    return str((await centre.make(f"{centre.below}/Tasks", Attributes=attributes, **form))["sid"])


TONES_OF_AN_OFFER = 2
COUNT_TONES = """
window.tones = 0;
const { start } = AudioScheduledSourceNode.prototype;
AudioScheduledSourceNode.prototype.start = function (...when) {
    window.tones += 1;
    return start.apply(this, when);
};
"""


async def test_the_whole_day_of_an_agent(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        with blameless(page):
            await page.add_init_script(COUNT_TONES)
            await sign_in(page, server.url, "agent", "Ada")
            await expect(page.get_by_text("You are not available")).to_be_visible()
            assert await page.evaluate("() => window.tones") == 0
            await page.get_by_role("button", name="Become Available").click()
            await expect(page.get_by_label("Activity")).to_have_value(
                centre.activities["Available"]
            )
            await expect(page.get_by_text("Nothing is offered to you now.")).to_be_visible()
            await work_for(centre, "scones")
            offers = page.get_by_role("region", name="Offers")
            await expect(offers.get_by_text("scones")).to_be_visible()
            await expect(offers.get_by_text("left")).to_be_visible()
            await expect(page).to_have_title("(1) New offer · Taskyard")
            assert await page.evaluate("() => window.tones") > 0
            assert await serious_faults(page) == []
            async with page.expect_response(lambda one: "rejected" in str(one.request.post_data)):
                await offers.get_by_role("button", name="Reject").click()

            # Nobody else is there, so what was rejected is offered again, and taken this time.
            await expect(offers.get_by_role("button", name="Accept")).to_be_enabled()
            await offers.get_by_role("button", name="Accept").click()
            own = page.get_by_role("region", name="Your work")
            await expect(own.get_by_text("scones")).to_be_visible()
            await expect(page.get_by_text("1 / 1")).to_be_visible()
            await expect(page).to_have_title("Ada · Taskyard")
            await own.get_by_role("button", name="Wrap up").click()
            await expect(own.get_by_text("wrapping")).to_be_visible()
            await own.get_by_role("button", name="Complete").click()
            await expect(page.get_by_text("You are not at work on anything.")).to_be_visible()
        tasks = (await centre.see(f"{centre.below}/Tasks"))["tasks"]
        (task,) = tasks
        assert task["assignment_status"] == "completed"
        path = f"{centre.below}/Tasks/{task['sid']}/Reservations"
        statuses = [one["reservation_status"] for one in (await centre.see(path))["reservations"]]
        assert sorted(statuses) == ["completed", "rejected"]


async def test_several_channels_are_worked_on_at_once(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url, "agent", "Ada")
        await page.get_by_label("Activity").select_option("Available")
        await work_for(centre, "tart")
        await work_for(centre, "pie", TaskChannel="chat")
        offers = page.get_by_role("region", name="Offers").get_by_role("button", name="Accept")
        await expect(offers).to_have_count(2)
        await offers.first.click()
        await expect(offers).to_have_count(1)
        await offers.first.click()
        own = page.get_by_role("region", name="Your work")
        await expect(own.get_by_role("button", name="Complete")).to_have_count(2)


async def test_an_offer_sounds_once_although_a_reading_finds_it_before_its_event(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        await page.add_init_script(COUNT_TONES)
        await page.route_web_socket("**/wschannels/**", without_offers)
        await sign_in(page, server.url, "agent", "Ada")
        await page.get_by_role("button", name="Become Available").click()
        await expect(page.get_by_label("Activity")).to_have_value(centre.activities["Available"])
        await work_for(centre, "scones", TaskChannel="voice")
        await page.reload()
        offers = page.get_by_role("region", name="Offers")
        scones = offers.get_by_role("article").filter(has_text="scones")
        await expect(scones).to_be_visible()
        assert await page.evaluate("() => window.tones") == TONES_OF_AN_OFFER
        await work_for(centre, "tarts", TaskChannel="chat")
        await scones.get_by_role("button", name="Accept").click()
        await expect(offers.get_by_text("tarts")).to_be_visible()
        assert await page.evaluate("() => window.tones") == 2 * TONES_OF_AN_OFFER


def without_offers(page_side: WebSocketRoute) -> None:
    """What the server says, but for its events of new offers."""

    def forward(frame: str | bytes) -> None:
        if "reservation.created" not in str(frame):
            page_side.send(frame)

    page_side.connect_to_server().on_message(forward)


async def test_an_offer_that_was_answered_can_not_be_answered_again_by_what_was_read_before(
    server: Running, page: Page
) -> None:
    lists: list[asyncio.Event] = []
    asked = asyncio.Condition()
    is_over = asyncio.Event()

    async def hold_lists(route: Route) -> None:
        sent = route.request.post_data_json
        is_list = sent["method"] == "GET" and sent["url"].endswith("/Reservations")
        if is_over.is_set() or not is_list:
            await route.continue_()
            return
        answer = await route.fetch()
        may_go_on = asyncio.Event()
        lists.append(may_go_on)
        async with asked:
            asked.notify_all()
        await may_go_on.wait()
        await route.fulfill(response=answer)

    async def list_is_asked_for() -> None:
        async with asked:
            await asked.wait_for(lambda: len(lists) > 0)

    async with Centre(server.url) as centre:
        await sign_in(page, server.url, "agent", "Ada")
        await page.get_by_label("Activity").select_option("Available")
        task = await work_for(centre, "scones")
        accept = page.get_by_role("button", name="Accept")
        await expect(accept).to_be_enabled()
        await page.route("**/wschannels/**", hold_lists)
        await centre.make(f"{centre.below}/Tasks/{task}", Priority="5")
        await list_is_asked_for()
        async with page.expect_response(lambda one: "rejected" in str(one.request.post_data)):
            await page.get_by_role("button", name="Reject").click()
        lists.pop().set()
        await list_is_asked_for()
        await expect(accept).to_be_disabled()
        is_over.set()
        lists.pop().set()
        await expect(accept).to_be_enabled()


async def test_a_double_click_answers_once(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url, "agent", "Ada")
        await page.get_by_label("Activity").select_option("Available")
        await work_for(centre, "scones")
        async with counting(page, 'ReservationStatus":"accepted"') as asked:
            await page.get_by_role("button", name="Accept").dblclick()
            await expect(page.get_by_role("button", name="Complete")).to_be_visible()
        assert len(asked) == 1


async def test_an_answer_over_a_lost_connection_says_so_and_can_be_repeated(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        await sign_in(page, server.url, "agent", "Ada")
        await page.get_by_label("Activity").select_option("Available")
        await work_for(centre, "scones")
        accept = page.get_by_role("button", name="Accept")
        await expect(accept).to_be_enabled()
        await page.context.set_offline(True)
        await accept.click()
        await expect(page.get_by_role("alert").first).to_contain_text("cannot be reached")
        await page.context.set_offline(False)
        await expect(accept).to_be_enabled()
        await accept.click()
        await expect(page.get_by_role("button", name="Complete")).to_be_visible()


async def test_an_agent_whose_token_ends_signs_in_again_and_goes_on(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        await page.clock.install()
        await shorten_tokens(page, 600)
        await sign_in(page, server.url, "agent", "Ada")
        await lengthen_tokens(page)
        await page.get_by_label("Activity").select_option("Available")
        await expect(page.get_by_text("Nothing is offered to you now.")).to_be_visible()
        # Loaded anew, the page has its token and no credentials to get another one with.
        await page.reload()
        await work_for(centre, "scones")
        await page.get_by_role("button", name="Accept").click()
        await expect(page.get_by_role("button", name="Complete")).to_be_visible()
        await page.clock.fast_forward(600_000)
        await sign_in_again(page)
        await page.get_by_role("button", name="Complete").click()
        await expect(page.get_by_text("You are not at work on anything.")).to_be_visible()
        await work_for(centre, "a tart")
        await expect(page.get_by_text("a tart")).to_be_visible()


async def test_an_offer_that_lapses_goes_away(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        workflow = (await centre.see(f"{centre.below}/Workflows"))["workflows"][0]
        await centre.make(f"{centre.below}/Workflows/{workflow['sid']}", TaskReservationTimeout="3")
        await sign_in(page, server.url, "agent", "Ada")
        await page.get_by_label("Activity").select_option("Available")
        await work_for(centre, "scones")
        await expect(page.get_by_role("button", name="Accept")).to_be_visible()
        await expect(page.get_by_role("button", name="Accept")).to_be_hidden()
