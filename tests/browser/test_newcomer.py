"""A newcomer's first minutes: a fresh clone, `make demo`, a task of their own on the console."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Page, expect

from .console import blameless, go

ROOT = Path(__file__).parent.parent.parent
MAKES = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}


def clone(folder: Path) -> Path:
    """The project as of the last commit, with what setting it up would download borrowed."""
    fresh = folder / "taskyard"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", ROOT.as_uri(), fresh], check=True)
    (fresh / "web" / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    subprocess.run([sys.executable, "scripts/web.py", "build"], cwd=fresh, check=True)
    programs = fresh / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "taskyard").write_text(
        f"#!/bin/sh\necho $$ > {folder}/pid\n"
        f'PYTHONPATH={fresh}/src exec {sys.executable} -m taskyard "$@"\n'
    )
    (programs / "taskyard").chmod(0o755)
    (fresh / ".venv" / "installed").touch()
    return fresh


@contextlib.asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[tuple[Process, str, str]]:
    """`make demo` at work, and the links that it shows: to the floor and to the desk."""
    # The make that runs the tests has things to say to those that it starts, and not to this one.
    environment = {name: value for name, value in os.environ.items() if name not in MAKES}
    making = await asyncio.create_subprocess_exec(
        *("make", "demo", "ARGS=--seconds 120"), cwd=clone(folder), env=environment, stdout=PIPE
    )
    assert making.stdout is not None
    try:
        links = []
        for place in (b"the floor", b"your desk"):
            line = await making.stdout.readline()
            found = re.search(b"^taskyard demo: " + place + rb": (http://\S+)$", line)
            assert found is not None, line
            links.append(found.group(1).decode())
        yield making, *links
    finally:
        if making.returncode is None:
            os.kill(int((folder / "pid").read_text()), signal.SIGINT)
            await making.communicate()


async def test_a_newcomer_makes_a_task_accepts_it_and_sees_it_completed_on_the_floor(
    page: Page, tmp_path: Path
) -> None:
    async with demo(tmp_path) as (making, floor_url, desk_url):
        assert making.stdout is not None
        assert page.context.browser is not None
        desk = await page.context.browser.new_page()  # keeps a sign-in of its own
        with blameless(page), blameless(desk):
            await page.goto(floor_url)
            workers = page.get_by_role("table", name="Workers")
            await expect(workers.get_by_text("accepted").first).to_be_visible()  # the crowd works

            await desk.goto(desk_url)
            await desk.get_by_label("Activity").select_option("Available")
            await expect(desk.get_by_text("Nothing is offered to you now.")).to_be_visible()

            await go(page, "#/try")
            await page.get_by_label("Workflow").select_option("By hand")
            await page.get_by_label("Attributes").fill('{"wish": "a scone"}')
            await page.get_by_role("button", name="Create the task").click()
            way = page.get_by_role("region", name="Its way")
            await expect(way.get_by_text("Offered to You")).to_be_visible()

            offers = desk.get_by_role("region", name="Offers")
            await expect(offers.get_by_text("a scone")).to_be_visible()
            await offers.get_by_role("button", name="Accept").click()
            await expect(way.get_by_text("You accepted")).to_be_visible()
            await go(page, "#/")
            you = workers.get_by_role("row", name="You")
            await expect(you).to_contain_text("accepted")
            task = await you.get_by_role("link").last.get_attribute("href")
            await desk.get_by_role("button", name="Complete").click()
            await expect(desk.get_by_text("You are not at work on anything.")).to_be_visible()
            await expect(you).not_to_contain_text("accepted")
            queue = page.get_by_role("table", name="Task queues").get_by_role("row", name="By hand")
            await expect(queue.get_by_label("tasks in the last hour: 1")).to_be_visible()
            await go(page, str(task))
            await expect(way.get_by_text("Completed")).to_be_visible()
        await desk.close()
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGINT)
        rest, _ = await making.communicate()
        assert making.returncode == 0, rest
        assert b"errors   none" in rest
