"""Who gets into the console, for how long, and what it may load and run."""

import asyncio

import aiohttp
from playwright.async_api import Page, Route, expect

from taskyard.server.app import Running

from .centre import Centre
from .console import (
    TOKENS,
    blameless,
    go,
    lengthen_tokens,
    prove,
    shorten_tokens,
    sign_in,
    sign_in_again,
)

TTL_S = 600
RENEWED_SOON_S = 59


async def test_wrong_credentials_are_refused_in_words(server: Running, page: Page) -> None:
    async with Centre(server.url):
        await prove(page, server.url, secret="not the secret")
        await expect(page.get_by_role("alert")).to_have_text(
            "No account or API key has this SID and secret."
        )
        assert await page.get_by_label("Account SID or API key").input_value() != ""


async def test_an_account_without_a_workspace_is_told_so(server: Running, page: Page) -> None:
    await prove(page, server.url)
    await expect(page.get_by_text("This account has no workspace yet.")).to_be_visible()


async def test_the_tab_keeps_its_token_and_never_the_secret(server: Running, page: Page) -> None:
    async with Centre(server.url):
        await sign_in(page, server.url)
        kept = await page.evaluate("() => JSON.stringify([{...sessionStorage}, {...localStorage}])")
        assert "taskyard.token" in kept
        assert "secret" not in kept
        await page.reload()
        await expect(page.get_by_role("heading", name="Task queues")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await page.reload()
        await expect(page.get_by_label("Auth token or secret")).to_be_visible()


async def test_a_link_with_a_token_signs_in_and_leaves_no_trace_in_the_address(
    server: Running, page: Page
) -> None:
    async with Centre(server.url) as centre:
        token = centre.token(centre.ada["sid"])
        await page.goto(f"{server.url}/console/#token={token}")
        await expect(page.get_by_role("heading", name="Offers")).to_be_visible()
        assert token not in page.url


async def test_a_token_that_expires_in_mid_edit_loses_no_text(server: Running, page: Page) -> None:
    async with Centre(server.url) as centre:
        await page.clock.install()
        await shorten_tokens(page, TTL_S)
        await sign_in(page, server.url)
        await lengthen_tokens(page)
        # Loaded anew, the page has its token and no credentials to get another one with.
        await page.reload()
        await go(page, f"#/queues/{centre.queue['sid']}")
        await page.get_by_label("Name").fill("Cakes and pies")
        await page.clock.fast_forward(TTL_S * 1_000)
        await sign_in_again(page)
        await expect(page.get_by_label("Name")).to_have_value("Cakes and pies")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="Cakes and pies")).to_be_visible()


async def test_markup_in_names_is_shown_and_never_run(server: Running, page: Page) -> None:
    evil = "<img src=x onerror=\"document.title='run'\"><b>Bob</b>"
    async with Centre(server.url) as centre:
        await centre.make(f"{centre.below}/Workers", FriendlyName=evil)
        queue = await centre.make(f"{centre.below}/TaskQueues", FriendlyName=evil)
        with blameless(page):
            await sign_in(page, server.url)
            await expect(page.get_by_role("link", name=evil)).to_have_count(2)
            await go(page, f"#/queues/{queue['sid']}")
            await expect(page.get_by_role("heading", name=evil)).to_be_visible()
        assert await page.title() == "Taskyard"


async def test_who_signs_out_while_their_token_is_renewed_stays_out(
    server: Running, page: Page
) -> None:
    renewing, may_go_on = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        renewing.set()
        await may_go_on.wait()
        await route.continue_()

    async with Centre(server.url):
        await shorten_tokens(page, RENEWED_SOON_S)
        await sign_in(page, server.url)
        await page.route(TOKENS, hold)
        await renewing.wait()
        await page.get_by_role("button", name="Sign out").click()
        async with page.expect_response(TOKENS):
            may_go_on.set()
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_every_file_comes_with_a_policy_that_lets_nothing_else_in(server: Running) -> None:
    async with aiohttp.ClientSession(server.url) as browser:
        for path in ("/console/", "/console/console.js", "/console/console.css"):
            async with browser.get(path) as answer:
                assert answer.status == 200
                policy = answer.headers["Content-Security-Policy"]
                etag = answer.headers["ETag"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            async with browser.get(path, headers={"If-None-Match": etag}) as answer:
                assert answer.status == 304
        async with browser.get("/console", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (308, "console/")
