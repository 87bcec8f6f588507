"""The two pages of `examples/`, with the program that hands out their tokens, beside a server."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator

from aiohttp import encode_basic_auth
from playwright.async_api import Page, expect

from documentation import ROOT
from taskyard.server.app import Running

from .conftest import ACCOUNT_SID, AUTH_TOKEN

expect.set_options(timeout=30_000)


@contextlib.asynccontextmanager
async def token_endpoint(server: Running) -> AsyncIterator[str]:
    """The address of the program, which has furnished its bakery."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "examples" / "token_endpoint.py"),
        "0",
        env={
            **os.environ,
            "TASKYARD_URL": server.url,
            "TASKYARD_ACCOUNT_SID": ACCOUNT_SID,
            "TASKYARD_AUTH_TOKEN": AUTH_TOKEN,
        },
        stdout=PIPE,
    )
    try:
        assert process.stdout is not None
        said = (await process.stdout.readline()).decode().split()
        assert said[:1] == ["open"]
        yield said[1].rstrip("/")
    finally:
        process.terminate()
        await process.wait()


async def test_the_supervisor_changes_the_queue_is_refused_and_deletes_it(
    server: Running, page: Page
) -> None:
    async with token_endpoint(server) as url:
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        await page.goto(f"{url}/")
        state, log = page.locator("#state"), page.locator("#log")
        await expect(state).to_have_text("ready")
        await expect(page.locator("h1")).to_have_text("Cakes")
        most = page.locator("[data-property=maxReservedWorkers]")
        await expect(most).to_have_text("1")
        await page.get_by_role("button", name="Update one attribute").click()
        await expect(most).to_have_text("5")
        await page.get_by_role("button", name="Update both").click()
        await expect(page.locator("h1")).to_have_text("Cakes and bread")
        target = page.locator("[data-property=targetWorkers]")
        await expect(target).to_have_text("skills HAS 'bread'")
        await page.get_by_label("MaxReservedWorkers").fill("many")
        await page.get_by_role("button", name="Update one attribute").click()
        await expect(log).to_contain_text("refused: 400 MaxReservedWorkers")
        await expect(most).to_have_text("5")
        for button, shown in (
            ("Statistics", '"cumulative": {'),
            ("Now", '"totalEligibleWorkers": 2'),
            ("The last hour", '"tasksEntered": 0'),
        ):
            await page.get_by_role("button", name=button, exact=True).click()
            await expect(page.locator("#numbers")).to_contain_text(shown)
        # As long as a workflow leads to it, the queue stays.
        await page.get_by_role("button", name="Delete the queue").click()
        await expect(log).to_contain_text("cannot be deleted")
        await expect(state).to_have_text("ready")
        credentials = {"Authorization": encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)}
        ask = page.request
        shown = await ask.get(f"{server.url}/v1/Workspaces", headers=credentials)
        workspace = (await shown.json())["workspaces"][0]["url"]
        shown = await ask.get(f"{workspace}/Workflows", headers=credentials)
        workflow = (await shown.json())["workflows"][0]["url"]
        assert (await ask.delete(workflow, headers=credentials)).status == 204
        await page.get_by_role("button", name="Delete the queue").click()
        await expect(state).to_have_text("deleted")


async def test_a_page_whose_token_expires_fetches_another(server: Running, page: Page) -> None:
    async with token_endpoint(server) as url:
        await page.goto(f"{url}/supervisor.html?ttl=6")
        log = page.locator("#log")
        await expect(log).to_contain_text("the token expires")
        await expect(log).to_contain_text("a new token is in use")
        await page.get_by_role("button", name="Update one attribute").click()
        await expect(page.locator("[data-property=maxReservedWorkers]")).to_have_text("5")


async def test_the_agent_goes_to_work_rejects_accepts_and_completes(
    server: Running, page: Page
) -> None:
    async with token_endpoint(server) as url:
        await page.goto(f"{url}/agent.html?name=Ada")
        await expect(page.locator("h1")).to_have_text("Ada")
        available = page.get_by_role("button", name="Available", exact=True)
        await available.click()
        await expect(available).to_have_attribute("aria-pressed", "true")
        await page.get_by_label("What is ordered").fill("a tart <b>with</b> apples")
        await page.get_by_role("button", name="Order").click()
        offer = page.locator(".offer")
        await expect(offer).to_contain_text("a tart <b>with</b> apples")
        await offer.get_by_role("button", name="Reject").click()
        log = page.locator("#log")
        await expect(log).to_contain_text("rejected: a tart")
        # There is nobody else: the task comes back.
        await offer.get_by_role("button", name="Accept").click()
        await expect(offer).to_contain_text("accepted")
        await offer.get_by_role("button", name="Complete").click()
        await expect(log).to_contain_text("completed: a tart")
        await expect(offer).to_have_count(0)


async def test_the_program_refuses_tokens_for_nobody_and_for_odd_times(
    server: Running, page: Page
) -> None:
    async with token_endpoint(server) as url:
        nobody = await page.request.get(f"{url}/token/agent/Eve")
        assert (nobody.status, await nobody.text()) == (404, "nobody here is called 'Eve'\n")
        odd = await page.request.get(f"{url}/token/supervisor?ttl=0")
        assert (odd.status, await odd.text()) == (400, "ttl must be 1 to 3600 seconds, not '0'\n")
