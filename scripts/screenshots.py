"""Takes the pictures of the console that stand in docs/images/, of a bakery at work.

usage: screenshots.py [FOLDER]

They are made by `make screenshots` whenever the pages have changed: of each page one for a desk,
in the light theme, and one for a telephone, in the dark one. A picture on which hardly anything is
drawn ends it with an error.
"""

import asyncio
import contextlib
import itertools
import json
import shutil
import struct
import sys
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp
from playwright.async_api import Browser, Page, async_playwright, expect

from taskyard.server.app import running
from taskyard.server.config import Config

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
AGENT = "Ada"
ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "a secret of thirty-two characters"
DRAWN_MIN = 0.003
"""The sign-in, on which there is the least, comes to 0.004, a page with only its bar to 0.002."""
PAGES = ("sign-in", "floor", "queue", "worker", "task", "workflow", "try-it", "settings", "desk")
LOOKS: dict[str, dict[str, Any]] = {
    "": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "-narrow": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
STEPS = 12
STEP_S = 300
COMING = (3, 4, 6, 5, 8, 11, 13, 10, 7, 9, 6, 4)
"""How many orders come in each step of the hour before."""

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


class Clock:
    """The time of the server: an hour behind at first, and moved on by whoever plays the hour."""

    def __init__(self) -> None:
        self._behind_ns = STEPS * STEP_S * 1_000_000_000
        self._now_ns = time.time_ns

    def time_ns(self) -> int:
        """In the place of the function of that name."""
        return self._now_ns() - self._behind_ns

    def forward(self, seconds: float) -> None:
        """Let time pass, as far as the present."""
        self._behind_ns = max(0, self._behind_ns - int(seconds * 1_000_000_000))


class Bakery:
    """A workspace in which something happens, made over REST."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.below = ""
        self.queues: dict[str, str] = {}
        self.workers: dict[str, str] = {}
        self.task = ""
        """One that has come a long way."""
        self._orders = itertools.count()

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
        queues = self.queues = {
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
            made = await self.ask(
                "/Workers",
                FriendlyName=name,
                Attributes=json.dumps(attributes),
                ActivitySid=activities[(1, 1, 0, 1, 2)[place % 5]],
            )
            self.workers[name] = made["sid"]

    async def hour(self, clock: Clock) -> None:
        """Let an hour pass in which orders come and are done, sooner or later."""
        kinds = itertools.cycle(["bread", "cakes", "bread", "weddings", "croissants", "complaints"])
        for coming in COMING:
            pause_s = STEP_S / coming
            for place in range(coming):
                task = await self.order(next(kinds))
                wait_s = min(4 + coming * (1 + place % 4), 0.6 * pause_s)
                clock.forward(wait_s)
                offers = f"/Tasks/{task}/Reservations"
                for offer in (await self.ask(offers))["reservations"]:
                    await self.ask(f"{offers}/{offer['sid']}", ReservationStatus="accepted")
                    clock.forward((pause_s - wait_s) * 0.9)
                    await self.ask(f"/Tasks/{task}", AssignmentStatus="completed")
                    clock.forward((pause_s - wait_s) * 0.1)
        clock.forward(STEPS * STEP_S)

    async def order(self, kind: str, **form: str) -> str:
        """Let one task come: its SID."""
        place = len(kind) + next(self._orders)
        attributes = {"kind": kind, "customer": NAMES[place % 11], "pieces": 1 + place % 5}
        return str((await self.ask("/Tasks", Attributes=json.dumps(attributes), **form))["sid"])

    async def work(self) -> None:
        """Let tasks come: some are done, with some the workers are busy, and some wait."""
        for place in range(34):
            sid = await self.order([*QUEUES][(place * place) % len(QUEUES)].lower())
            offers = f"/Tasks/{sid}/Reservations"
            for offer in (await self.ask(offers))["reservations"]:
                if place % 5 == 4:
                    continue
                await self.ask(f"{offers}/{offer['sid']}", ReservationStatus="accepted")
                if place % 2 == 0:
                    await self.ask(f"/Tasks/{sid}", AssignmentStatus="completed")
        self.task = await self.order("cakes", TaskChannel="chat")
        offers = f"/Tasks/{self.task}/Reservations"
        for _ in range(2):
            for offer in (await self.ask(f"{offers}?ReservationStatus=pending"))["reservations"]:
                await self.ask(f"{offers}/{offer['sid']}", ReservationStatus="rejected")

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
        clock = Clock()
        with mock.patch("time.time_ns", clock.time_ns):
            await made.open()
            await made.hour(clock)
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
    await expect(page.get_by_text("Reading")).to_have_count(0)
    await page.mouse.move(0, 0)
    await page.wait_for_timeout(1_500)  # for what is read after the first drawing
    path = folder / f"{name}.png"
    await page.screenshot(path=path)
    if drawn(path.read_bytes()) < DRAWN_MIN:
        sys.exit(f"taskyard: there is hardly anything on {path}")


def drawn(picture: bytes) -> float:
    """How much of a PNG differs from what is beside or above it: 0 for a blank one, at most 1."""
    lines, place = b"", 8
    while place < len(picture):
        size, kind = struct.unpack_from(">I4s", picture, place)
        if kind == b"IDAT":
            lines += picture[place + 8 : place + 8 + size]
        place += size + 12
    differences = zlib.decompress(lines)
    return 1 - differences.count(0) / len(differences)


async def take(folder: Path) -> None:
    """Take them all."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    async with bakery() as (url, made), async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"]
        )
        try:
            for suffix, look in LOOKS.items():
                await take_of_supervisor(browser, url, made, folder, suffix, look)
            await made.work_for(AGENT)
            for suffix, look in LOOKS.items():
                desk = await signed_in(browser, url, "agent", **look)
                await expect(desk.get_by_role("button", name="Accept")).to_be_visible()
                await shoot(desk, folder, f"desk{suffix}")
                await desk.close()
        finally:
            await browser.close()


async def take_of_supervisor(
    browser: Browser, url: str, made: Bakery, folder: Path, suffix: str, look: dict[str, Any]
) -> None:
    """Take those that somebody sees who looks after the whole."""
    door = await browser.new_page(**look)
    await door.goto(f"{url}/console/")
    await shoot(door, folder, f"sign-in{suffix}")
    await door.close()
    page = await signed_in(browser, url, "supervisor", **look)
    await shoot(page, folder, f"floor{suffix}")
    workflow = (await made.ask("/Workflows"))["workflows"][0]["sid"]
    for name, place in {
        "queue": f"queues/{made.queues['Cakes']}",
        "worker": f"workers/{made.workers[AGENT]}",
        "task": f"tasks/{made.task}",
        "workflow": f"workflows/{workflow}",
        "settings": "settings",
        "try-it": "try",
    }.items():
        await page.evaluate("(place) => { location.hash = `#/${place}` }", place)
        if name == "try-it":
            await page.get_by_label("Attributes").fill('{"kind": "weddings", "pieces": 120}')
            await page.get_by_role("button", name="Create the task").click()
            await expect(page.get_by_role("region", name="Its way")).to_contain_text("Waits in")
        await shoot(page, folder, f"{name}{suffix}")
    await page.close()


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(folder))
