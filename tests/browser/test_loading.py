"""The ways in which a page may load the SDK, each in a real browser and from another origin."""

import pytest
from playwright.async_api import Page

from sdk_members import members
from taskyard.server.app import Running
from taskyard.server.sdk_files import sdk_files

from .centre import Centre
from .pages import site

LOOK = "() => [typeof Twilio.TaskRouter.Worker, Twilio.TaskRouter === Taskyard]"


@pytest.mark.parametrize(
    "path",
    [
        "/sdk/taskrouter.js",
        "/sdk/taskrouter.min.js",
        "/js/taskrouter/v1.21/taskrouter.js",
        "/js/taskrouter/v1.21/taskrouter.min.js",
        "/taskrouter/js/v1.13/taskrouter.min.js",
    ],
)
async def test_the_classic_script_defines_both_names(
    server: Running, page: Page, path: str
) -> None:
    async with site({"/": f'<script src="{server.url}{path}"></script>'}) as url:
        await page.goto(url)
        assert await page.evaluate(LOOK) == ["function", True]


async def test_a_script_with_its_digest_runs_and_one_with_another_does_not(
    server: Running, page: Page
) -> None:
    script = sdk_files()["taskrouter.min.js"]
    tag = '<script src="{}/sdk/taskrouter.min.js" integrity="{}" crossorigin></script>'
    pages = {
        "/": tag.format(server.url, script.integrity),
        "/other": tag.format(server.url, sdk_files()["taskrouter.js"].integrity),
    }
    async with site(pages) as url:
        await page.goto(url)
        assert await page.evaluate(LOOK) == ["function", True]
        await page.goto(f"{url}/other")
        assert await page.evaluate("() => typeof Twilio") == "undefined"


async def test_what_a_page_already_keeps_under_the_name_stays(server: Running, page: Page) -> None:
    html = f"""<script>window.Twilio = {{Device: 5}}</script>
    <script src="{server.url}/sdk/taskrouter.js"></script>"""
    async with site({"/": html}) as url:
        await page.goto(url)
        assert await page.evaluate(LOOK) == ["function", True]
        assert await page.evaluate("() => Twilio.Device") == 5


async def test_a_loader_is_given_the_component_and_the_page_nothing(
    server: Running, page: Page
) -> None:
    html = f"""<script>
      window.define = (needs, make) => {{ window.loaded = [needs, Object.keys(make())]; }};
      window.define.amd = {{}};
    </script><script src="{server.url}/sdk/taskrouter.min.js"></script>"""
    async with site({"/": html}) as url:
        await page.goto(url)
        assert await page.evaluate("() => loaded") == [[], ["TaskQueue", "Worker", "Workspace"]]
        assert await page.evaluate("() => typeof Twilio") == "undefined"


async def test_the_module_exports_the_clients(server: Running, page: Page) -> None:
    html = f"""<script type="module">
      import * as sdk from "{server.url}/sdk/taskrouter.mjs";
      window.loaded = Object.keys(sdk).sort();
    </script>"""
    async with site({"/": html}) as url:
        await page.goto(url)
        await page.wait_for_function("() => window.loaded")
        names = ["TaskQueue", "TaskRouterError", "Worker", "Workspace"]
        assert await page.evaluate("() => loaded") == names
        assert await page.evaluate("() => typeof Twilio") == "undefined"


async def test_the_clients_have_every_member_that_the_documentation_names(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        html = f'<script src="{server.url}/sdk/taskrouter.min.js"></script>'
        channels = {
            "TaskQueue": centre.queue["sid"],
            "Worker": centre.ada["sid"],
            "Workspace": centre.sid,
        }
        async with site({"/": html}) as url:
            await page.goto(url)
            for kind, channel_sid in channels.items():
                names = [script for script, _ in members()[kind]]
                missing = await page.evaluate(
                    """([kind, token, names]) => {
                        const client = new Twilio.TaskRouter[kind](token);
                        client.disconnect();
                        return names.filter((name) => client[name] === undefined);
                    }""",
                    [kind, centre.token(channel_sid), names],
                )
                assert missing == [], kind


async def test_an_offer_has_every_member_that_the_documentation_names(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        await centre.make(
            f"{centre.below}/Workers/{centre.ada['sid']}",
            ActivitySid=centre.activities["Available"],
        )
        await centre.make(f"{centre.below}/Tasks")
        html = f'<script src="{server.url}/sdk/taskrouter.min.js"></script>'
        async with site({"/": html}) as url:
            await page.goto(url)
            missing = await page.evaluate(
                """([token, names]) => new Promise((done) => {
                    const client = new Twilio.TaskRouter.Worker(token);
                    client.on("reservation.created", (offer) => {
                        client.disconnect();
                        done(names.filter((name) => offer[name] === undefined));
                    });
                })""",
                [
                    centre.token(centre.ada["sid"]),
                    [script for script, _ in members()["Reservation"]],
                ],
            )
            assert missing == []
