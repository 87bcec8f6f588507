"""The demo as a user runs it: a real server, nobody at a terminal."""

import asyncio
import contextlib
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from taskyard.demo import wire
from taskyard.demo.api import Api
from taskyard.demo.contact_centre import lay_out
from taskyard.demo.crowd import Answer, Habits, Reaction
from taskyard.demo.ledger import Ledger, TaskEntry
from taskyard.demo.outage import Outage
from taskyard.demo.programme import Programme
from taskyard.demo.races import first_of
from taskyard.demo.server_process import ServerFailed, ServerProcess
from taskyard.demo.survey import Survey
from taskyard.demo.workers import Shift

ACCOUNT_SID, TOKEN = f"AC{'0' * 32}", "1" * 32
GUARD_S = 120  # against a hang only: nothing is expected of the speed


class Announced(Outage):
    """An outage whose beginning can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()

    def begin(self) -> None:
        super().begin()
        self.begun.set()


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "taskyard", "demo", *options],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def nobody_listens_at_the_address_in(output: str) -> bool:
    address = re.search(r"http://\S+", output)
    assert address is not None, output
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(address.group()).port)) != 0


def test_the_demo_routes_tasks_sums_up_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with start(tmp_path, "--seconds", "6", "--seed", "1") as demo:
        output, _ = demo.communicate(timeout=GUARD_S)
    assert demo.returncode == 0, output
    accepted = re.search(r"(\d+) accepted", output)
    assert accepted is not None, output
    assert int(accepted.group(1)) > 0, output
    assert "errors   none" in output
    assert "restart  1 x killed and started again" in output
    assert re.search(r"lost     nothing, of [1-9]\d* looked for", output), output
    assert list(tmp_path.iterdir()) == []
    assert nobody_listens_at_the_address_in(output)


def test_an_interrupt_ends_the_demo_with_its_summary(tmp_path: Path) -> None:
    with start(tmp_path) as demo:
        assert demo.stdout is not None
        opening = demo.stdout.readline()
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=GUARD_S)
    assert demo.returncode == 0, opening + rest
    assert "errors   none" in rest
    assert list(tmp_path.iterdir()) == []
    assert nobody_listens_at_the_address_in(opening)


@pytest.mark.parametrize("option", ["--browser", "--no-browser"])
def test_a_terminal_with_a_display_has_the_console_opened_unless_told_otherwise(
    tmp_path: Path, option: str
) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    terminal, screen = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "taskyard", "demo", "--seconds", "1", option],
        env={**os.environ, "TERM": "xterm", "DISPLAY": ":9", "BROWSER": str(browser)},
        stdin=screen,
        stdout=screen,
        stderr=screen,
    ) as demo:
        os.close(screen)
        with contextlib.suppress(OSError):  # which is how a terminal says that all have left it
            while os.read(terminal, 4096):  # a screen that nobody reads would hold the demo up
                pass
        os.close(terminal)
        assert demo.wait(timeout=GUARD_S) == 0
    if option == "--browser":
        assert re.match(r"http://127\.0\.0\.1:\d+/console/#token=ey", opened.read_text())
    else:
        assert not opened.exists()


class Brisk(Habits):
    """The habits of somebody who takes whatever comes, at once."""

    def next_answer(self) -> Answer:
        return Answer(reaction=Reaction.ACCEPT, think_s=0.0, handling=0.0, wrap_up_s=None)


class Awaited(Ledger):
    """A ledger of which the end of a task can be waited for."""

    def __init__(self, *, started_s: float) -> None:
        super().__init__(started_s=started_s)
        self.ended_one = asyncio.Event()

    def note_task(self, task: wire.Task, now_s: float) -> TaskEntry:
        entry = super().note_task(task, now_s)
        if entry.ended_s is not None:
            self.ended_one.set()
        return entry


@pytest.mark.parametrize(
    ("attributes", "channel"),
    [('{"language": "en"}', "default"), ('{"language": "en", "customer": [7]}', "video")],
)
async def test_the_crowd_serves_what_whoever_watches_has_made(
    tmp_path: Path, attributes: str, channel: str
) -> None:
    async with ServerProcess(tmp_path / "demo.db", ACCOUNT_SID, TOKEN) as server:
        ledger = Awaited(started_s=time.monotonic())
        async with Api(await server.address(), ACCOUNT_SID, TOKEN, Outage()) as api:
            centre = await lay_out(api)
            form = {"Attributes": attributes, "TaskChannel": channel}
            path = f"{centre.path}/Tasks"
            task = await api.create(path, wire.Task, {**form, "WorkflowSid": centre.workflow_sid})
            people = [
                Shift(api, centre, ledger, name, Brisk(1, name), {}).work(0.0)
                for name in centre.worker_sids
            ]
            await asyncio.wait_for(first_of(ledger.ended_one, *people), GUARD_S)
    assert ledger.tasks[task.sid].status == "completed"
    assert not ledger.troubles


async def test_a_server_that_is_restarted_is_killed_and_comes_back_at_its_address(
    tmp_path: Path,
) -> None:
    async with ServerProcess(tmp_path / "demo.db", ACCOUNT_SID, TOKEN) as server:
        address, before = await server.address(), server._process
        watching = asyncio.create_task(server.ended())
        await server.restart()
        assert await server.address() == address
        assert before.returncode == -signal.SIGKILL
        assert not watching.done()  # it was meant to
        server._process.kill()
        with pytest.raises(ServerFailed, match="ended by itself with status -9"):
            await watching


async def test_a_show_that_ends_while_the_server_is_down_waits_until_it_is_back(
    tmp_path: Path,
) -> None:
    async with ServerProcess(tmp_path / "demo.db", ACCOUNT_SID, TOKEN) as server:
        outage, ledger = Announced(), Ledger(started_s=0.0)
        async with Api(await server.address(), ACCOUNT_SID, TOKEN, outage) as api:
            survey = Survey(api, await lay_out(api), ledger)
            programme = Programme(server, survey, ledger, outage)
            playing = asyncio.create_task(programme.play(0.0))
            await outage.begun.wait()
            playing.cancel()
            await programme.finish()
        assert ledger.restarts == 1
        assert ledger.lost == []


async def test_a_server_that_ends_by_itself_is_reported_with_its_last_words(
    tmp_path: Path,
) -> None:
    nowhere = tmp_path / "missing" / "demo.db"
    async with ServerProcess(nowhere, ACCOUNT_SID, TOKEN) as server:
        with pytest.raises(ServerFailed, match=r"ended by itself with status 1[\s\S]*missing"):
            await server.ended()
