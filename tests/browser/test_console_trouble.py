"""What the console does with what it should not meet: markup, bad tokens, a server that goes."""

import json
from pathlib import Path

import jwt
import msgspec
from playwright.async_api import Dialog, Page, expect

from taskyard.client.tokens import TaskRouterCapability
from taskyard.server.app import Running, running
from taskyard.server.config import Config

from .centre import Centre
from .conftest import ACCOUNT_SID, AUTH_TOKEN
from .console import (
    SCHEMES,
    TELEPHONE,
    blameless,
    go,
    prove,
    serious_faults,
    sign_in,
    width_of,
)

EVIL = "<img src=x onerror=\"document.title='run'\"><b>Bob</b>"


async def test_markup_is_shown_and_never_run_on_any_page(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        below = centre.below
        activity = (await centre.make(f"{below}/Activities", FriendlyName=EVIL))["sid"]
        workflow = (await centre.see(f"{below}/Workflows"))["workflows"][0]["sid"]
        routing = {
            "filters": [
                {
                    "filter_friendly_name": EVIL,
                    "expression": "1==1",
                    "targets": [
                        {"queue": centre.queue["sid"], "expression": "name == '<b>Bob</b>'"}
                    ],
                }
            ]
        }
        configuration = json.dumps({"task_routing": routing})
        await centre.make(
            f"{below}/Workflows/{workflow}", FriendlyName=EVIL, Configuration=configuration
        )
        attributes = json.dumps({EVIL: EVIL})
        await centre.make(f"{below}/Workers/{centre.ada['sid']}", Attributes=attributes)
        task = (await centre.make(f"{below}/Tasks", Attributes=attributes))["sid"]
        with blameless(page):
            await sign_in(page, server.url)
            for place in (
                f"#/tasks/{task}",
                "#/tasks",
                f"#/workflows/{workflow}",
                "#/workflows",
                f"#/activities/{activity}",
                "#/settings",
                "#/",
            ):
                await go(page, place)
                await expect(
                    page.get_by_text("<b>Bob</b>").filter(visible=True).first
                ).to_be_visible()
            await go(page, f"#/workers/{centre.ada['sid']}")
            field = page.get_by_label("Attributes")
            assert json.loads(await field.input_value()) == {EVIL: EVIL}
            assert await page.locator("main img, main b:text('Bob')").count() == 0
        assert await page.title() == "Taskyard"


async def test_a_token_that_the_server_refuses_opens_nothing_and_is_told(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        forged = TaskRouterCapability(ACCOUNT_SID, "f" * 32, centre.sid, centre.sid, ttl=600)
        await page.goto(f"{server.url}/console/#token={forged.to_jwt()}")
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.get_by_role("table")).to_have_count(0)
        assert "Bakery" not in await page.locator("body").inner_text()


async def test_a_token_that_is_none_or_over_is_told_at_the_sign_in(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        whole = jwt.decode(centre.token(centre.ada["sid"]), options={"verify_signature": False})
        past = jwt.encode(whole | {"exp": whole["nbf"]}, AUTH_TOKEN)
        await page.goto(f"{server.url}/console/")
        await page.get_by_text("I was given a token").click()
        for text, said in (
            ("eyJ.no.token", "This is no token."),
            (past, "This token has expired."),
        ):
            await page.get_by_label("Token", exact=True).fill(text)
            await page.get_by_role("button", name="Use the token").click()
            await expect(page.get_by_role("alert")).to_have_text(said)


async def test_what_is_typed_outlives_a_server_that_restarts(tmp_path: Path, page: Page) -> None:
    config = Config(
        database=f"sqlite:///{tmp_path}/taskyard.db",
        port=0,
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
    )
    async with running(config) as first, Centre(first.url) as centre:
        await sign_in(page, first.url)
        await go(page, f"#/queues/{centre.queue['sid']}")
        await page.get_by_label("Name").fill("Pies")
    await expect(page.get_by_text("reconnecting")).to_be_visible()
    await page.get_by_role("button", name="Save").click()
    await expect(
        page.get_by_text("The server cannot be reached.", exact=True).first
    ).to_be_visible()
    port = int(first.url.rpartition(":")[2])
    async with running(msgspec.structs.replace(config, port=port)):
        await expect(page.get_by_text("live", exact=True)).to_be_visible()
        await expect(page.get_by_label("Name")).to_have_value("Pies")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="Pies", level=1)).to_be_visible()
        await page.close()  # an open stream would hold the server up


async def test_signing_in_and_the_desk_have_no_serious_fault(server: Running, page: Page) -> None:
    async def faultless() -> None:
        for scheme in SCHEMES:
            # An offer that is still coming into sight is hard to read on purpose.
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert await serious_faults(page) == [], scheme

    async with Centre(server.url) as centre:
        await page.goto(f"{server.url}/console/")
        await page.get_by_text("I was given a token").click()
        await faultless()
        await prove(page, server.url, secret="not the secret")
        await expect(page.get_by_role("alert")).to_be_visible()
        await faultless()
        await prove(page, server.url)
        await page.get_by_label("As").select_option("agent")
        await faultless()
        await page.locator("select[name=worker]").select_option(label="Ada")
        await page.get_by_role("button", name="Enter").click()
        await expect(page.get_by_text("You are not available")).to_be_visible()
        await faultless()
        for _ in range(2):
            await centre.make(f"{centre.below}/Tasks", Attributes='{"order": "scones"}')
        await page.get_by_label("Activity").select_option("Available")
        await expect(page.get_by_role("button", name="Accept")).to_be_visible()
        await faultless()
        await page.get_by_role("button", name="Accept").click()
        await expect(page.get_by_role("button", name="Wrap up")).to_be_visible()
        await faultless()
        await page.set_viewport_size(TELEPHONE)
        assert await width_of(page) <= TELEPHONE["width"]


async def test_what_is_typed_and_not_saved_is_left_only_by_those_who_say_so(
    server: Running, page: Page
) -> None:
    asked: list[str] = []
    answers = [False, True]

    async def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await (dialog.accept() if answers.pop(0) else dialog.dismiss())

    page.on("dialog", answer)
    async with Centre(server.url) as centre:
        await sign_in(page, server.url)
        place = f"#/queues/{centre.queue['sid']}"
        name = page.get_by_label("Name")
        floor = page.get_by_role("link", name="Floor").first
        await go(page, place)
        await name.fill("Cakes")
        await floor.click()
        await expect(name).to_have_value("Cakes")
        assert page.url.endswith(place)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved at")).to_be_visible()
        await floor.click()
        await expect(name).to_have_count(0)
        assert asked == ["What you typed here is not saved. Leave it?"]
        await go(page, place)
        await name.fill("Pies")
        await floor.click()
        await expect(name).to_have_count(0)
        assert len(asked) == 2
        await go(page, place)
        await expect(name).to_have_value("Cakes")
