"""Takes the pictures of the console that stand in docs/images/, of a bakery at work.

usage: screenshots.py [FOLDER]

They are made by `make screenshots` whenever the pages have changed. A picture on which hardly
anything is drawn ends it with an error.
"""

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, Page, async_playwright

from taskyard.server.app import running
from taskyard.server.config import Config

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
AGENT = "Ada"
ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "a secret of thirty-two characters"
BYTES_MIN = 8_000
"""An empty page of this size takes some four thousand."""
WIDE = {"width": 1280, "height": 720}
NARROW = {"width": 390, "height": 780}

QUEUES = {
    "Cakes": "skills HAS 'cake'",
    "Bread": "skills HAS 'bread'",
    "Croissants": "skills HAS 'cake' AND experience > 3",
    "Complaints": "patience > 5",
    "Weddings": "skills HAS 'cake' AND languages HAS 'fr'",
    "Telephone": "languages HAS 'en'",
}
NAMES = [
    "Ada",
    "Ben",
    "Chloé",
    "Dara",
    "Emil",
    "Fatima",
    "Gus",
    "Hana",
    "Ivo",
    "Jun",
    "Kofi",
    "Lena",
]


class Bakery:
    """A workspace in which something happens, made over REST."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.below = ""

    async def ask(self, path: str, **form: str) -> dict[str, Any]:
        """Look, or with a form make or change."""
        method = "POST" if form else "GET"
        async with self._session.request(method, f"{self.below}{path}", data=form) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    async def open(self) -> None:
        """Make the workspace and all that it is made of."""
        workspace = await self.ask("/v1/Workspaces", FriendlyName="Bakery")
        self.below = f"/v1/Workspaces/{workspace['sid']}"
        activities = [one["sid"] for one in (await self.ask("/Activities"))["activities"]]
        queues = {
            name: (await self.ask("/TaskQueues", FriendlyName=name, TargetWorkers=whom))["sid"]
            for name, whom in QUEUES.items()
        }
        filters = [
            {
                "filter_friendly_name": name,
                "expression": f"kind == '{name.lower()}'",
                "targets": [
                    {"queue": sid, "priority": 5, "timeout": 120},
                    {"queue": queues["Telephone"]},
                ],
            }
            for name, sid in queues.items()
            if name != "Telephone"
        ]
        routing = {"filters": filters, "default_filter": {"queue": queues["Telephone"]}}
        configuration = json.dumps({"task_routing": routing})
        await self.ask("/Workflows", FriendlyName="Orders", Configuration=configuration)
        for place, name in enumerate(NAMES):
            attributes = {
                "skills": [["cake", "bread"], ["cake"], ["bread"]][place % 3],
                "languages": [["en", "fr"], ["en"]][place % 2],
                "experience": place % 7,
                "patience": place % 9,
            }
            await self.ask(
                "/Workers",
                FriendlyName=name,
                Attributes=json.dumps(attributes),
                ActivitySid=activities[(1, 1, 0, 1, 2)[place % 5]],
            )

    async def work(self) -> None:
        """Let tasks come: some are done, with some the workers are busy, and some wait."""
        for place in range(34):
            kind = [*QUEUES][(place * place) % len(QUEUES)].lower()
            attributes = {"kind": kind, "customer": NAMES[place % 11], "pieces": 1 + place % 5}
            task = await self.ask("/Tasks", Attributes=json.dumps(attributes))
            offers = f"/Tasks/{task['sid']}/Reservations"
            for offer in (await self.ask(offers))["reservations"]:
                if place % 5 == 4:
                    continue
                await self.ask(f"{offers}/{offer['sid']}", ReservationStatus="accepted")
                if place % 2 == 0:
                    await self.ask(f"/Tasks/{task['sid']}", AssignmentStatus="completed")

    async def work_for(self, name: str) -> None:
        """Let tasks of another channel come until a worker is offered one of them."""
        found = (await self.ask(f"/Workers?FriendlyName={name}"))["workers"]
        offers = f"/Workers/{found[0]['sid']}/Reservations?ReservationStatus=pending"
        attributes = {"kind": "bread", "customer": "Noor", "pieces": 12, "until": "Saturday"}
        for _ in NAMES:
            await self.ask("/Tasks", Attributes=json.dumps(attributes), TaskChannel="chat")
            if (await self.ask(offers))["reservations"]:
                return


@contextlib.asynccontextmanager
async def bakery() -> AsyncIterator[tuple[str, Bakery]]:
    """A server for as long as the context lasts: its address, and what is in it."""
    config = Config(database="memory://", port=0, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)
    credentials = aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)
    async with (
        running(config) as server,
        aiohttp.ClientSession(server.url, headers={"Authorization": credentials}) as session,
    ):
        made = Bakery(session)
        await made.open()
        await made.work()
        yield server.url, made


async def signed_in(browser: Browser, url: str, role: str, **look: Any) -> Page:
    """A page of its own on which somebody has signed in."""
    page = await browser.new_page(**look)
    await page.goto(f"{url}/console/")
    await page.fill("[name=sid]", ACCOUNT_SID)
    await page.fill("[name=secret]", AUTH_TOKEN)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_label("As").select_option(role)
    if role == "agent":
        await page.locator("select[name=worker]").select_option(label=AGENT)
    await page.get_by_role("button", name="Enter").click()
    await page.get_by_text("live", exact=True).wait_for()
    return page


async def shoot(page: Page, folder: Path, name: str) -> None:
    """Take one picture."""
    await page.wait_for_timeout(1_500)  # for what is read after the first drawing
    path = folder / f"{name}.png"
    await page.screenshot(path=path)
    if path.stat().st_size < BYTES_MIN:
        sys.exit(f"taskyard: there is hardly anything on {path}")


async def take(folder: Path) -> None:
    """Take them all."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    async with bakery() as (url, made), async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"]
        )
        try:
            page = await signed_in(browser, url, "supervisor", viewport=WIDE)
            await shoot(page, folder, "floor")
            dark = await signed_in(browser, url, "supervisor", viewport=NARROW, color_scheme="dark")
            await shoot(dark, folder, "floor-narrow")
            desk = await signed_in(browser, url, "agent", viewport=WIDE)
            await made.work_for(AGENT)
            await shoot(desk, folder, "desk")
            for one in (page, dark, desk):
                await one.close()
        finally:
            await browser.close()


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(folder))
