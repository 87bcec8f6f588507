"""`taskyard init` as a newcomer runs it, against a server that runs."""

import asyncio
import os
import pty
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.api.caller import SID, TOKEN, Caller, session_of
from taskyard.core.limits import Limits
from taskyard.server.app import Running, running
from taskyard.server.config import Config

GUARD_S = 60  # against a hang only


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    async with running(
        Config(database="memory://", port=0, account_sid=SID, auth_token=TOKEN)
    ) as server:
        yield server


@pytest.fixture
async def caller(server: Running) -> AsyncIterator[Caller]:
    async with session_of(SID, TOKEN) as session:
        yield Caller(server.url, session)


def environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")}
    given = {"ACCOUNT_SID": SID, "AUTH_TOKEN": TOKEN, "DATABASE": f"sqlite:///{folder}/none.db"}
    return kept | {f"TASKYARD_{name}": value for name, value in given.items()}


async def init(folder: Path, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "taskyard", "init", *arguments),
        cwd=folder,
        env=environment(folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(GUARD_S):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def offered_to(caller: Caller, path: str, task: dict[str, str]) -> list[str]:
    offers = await caller.every(f"{path}/Tasks/{task['sid']}/Reservations", "reservations")
    return [one["worker_name"] for one in offers]


async def test_what_was_laid_out_routes_a_task_to_its_team(
    server: Running, caller: Caller, tmp_path: Path
) -> None:
    status, out, err = await init(tmp_path, "--yes", "--url", server.url)
    assert (status, err) == (0, "")
    [workspace] = await caller.every("/Workspaces", "workspaces")
    assert workspace["friendly_name"] == "Contact centre"
    assert workspace["sid"] in out
    path = f"/Workspaces/{workspace['sid']}"
    [workflow] = await caller.every(f"{path}/Workflows", "workflows")
    for team, worker in (("Sales", "Alice"), ("Support", "Bob")):
        task = await caller.make(
            f"{path}/Tasks", WorkflowSid=workflow["sid"], Attributes=f'{{"team": "{team}"}}'
        )
        assert await offered_to(caller, path, task) == [worker]


async def test_options_are_the_answers(server: Running, caller: Caller, tmp_path: Path) -> None:
    status, _, err = await init(
        tmp_path,
        *("--name", "Dispatch", "--teams", "Vans,Bikes", "--workers", "Eve:Bikes, Eve:Vans"),
        *("--alone", "7", "--answer", "9", "--url", server.url),
    )
    assert (status, err) == (0, "")
    [workspace] = await caller.every("/Workspaces?FriendlyName=Dispatch", "workspaces")
    path = f"/Workspaces/{workspace['sid']}"
    [workflow] = await caller.every(f"{path}/Workflows", "workflows")
    assert workflow["task_reservation_timeout"] == 9
    assert '"timeout":7' in workflow["configuration"].replace(" ", "")
    [worker] = await caller.every(f"{path}/Workers", "workers")
    assert worker["attributes"] == '{"teams":["Vans","Bikes"]}'


async def test_a_workspace_of_that_name_is_left_alone(
    server: Running, caller: Caller, tmp_path: Path
) -> None:
    made = await caller.make("/Workspaces", FriendlyName="Contact centre")
    status, out, err = await init(tmp_path, "--yes", "--url", server.url)
    assert (status, out) == (1, "")
    assert err == (
        f"taskyard: there is a workspace 'Contact centre' already, {made['sid']}: "
        "take another name\n"
    )
    assert len(await caller.every("/Workspaces", "workspaces")) == 1


async def test_nothing_is_left_of_a_workspace_that_was_refused_half_way(tmp_path: Path) -> None:
    config = Config(
        database="memory://", port=0, account_sid=SID, auth_token=TOKEN, limits=Limits(workers=1)
    )
    async with running(config) as server, session_of(SID, TOKEN) as session:
        status, _, err = await init(tmp_path, "--yes", "--url", server.url)
        assert status == 1
        assert err.startswith(f"taskyard: {server.url} answers 4")
        assert "workers" in err
        assert await Caller(server.url, session).every("/Workspaces", "workspaces") == []


async def test_the_account_of_a_database_is_used_if_none_is_given(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/calls.db"
    async with running(Config(database=database, port=0)) as server:
        account = server.directory.account
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "taskyard", "init", "--yes", "--url", server.url),
            env={k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")}
            | {"TASKYARD_DATABASE": database, "TASKYARD_CONFIG": os.devnull},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await process.communicate()
        assert (process.returncode, err) == (0, b"")
        async with session_of(account.sid, account.auth_token) as session:
            found = await Caller(server.url, session).every("/Workspaces", "workspaces")
    assert [one["friendly_name"] for one in found] == ["Contact centre"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--teams", ","], "--teams: at least one name is needed"),
        (["--teams", "A,A"], "--teams: a name is there twice"),
        (["--teams", 'A"B'], "a quotation mark or a backslash"),
        (["--teams", "Everybody"], "the name of the task queue for all of them"),
        (["--workers", "Ann"], "--workers: 'Ann' is not NAME:TEAM with one of the teams Sales"),
        (["--workers", "Ann:Zoo"], "'Ann:Zoo' is not NAME:TEAM"),
        (["--url", "http://127.0.0.1:1"], "no server answers at http://127.0.0.1:1"),
    ],
)
async def test_what_cannot_be_laid_out_is_one_line(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    status, out, err = await init(tmp_path, "--yes", *arguments)
    assert (status, out) == (1, "")
    assert err.startswith("taskyard: ")
    assert said in err
    assert err.count("\n") == 1


async def test_five_questions_are_asked_in_a_terminal(
    server: Running, caller: Caller, tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "taskyard", "init", "--url", server.url),
        env=environment(tmp_path),
        stdin=theirs,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    os.write(ours, b"Night shift\n\n\n90\n\n")
    async with asyncio.timeout(GUARD_S):
        out, err = await process.communicate()
    os.close(theirs)
    os.close(ours)
    assert (process.returncode, err) == (0, b"")
    asked = re.findall(r"[A-Z][^?\n]*\? \[[^\]]*\]:", out.decode())
    assert len(asked) == 5
    [workspace] = await caller.every("/Workspaces", "workspaces")
    assert workspace["friendly_name"] == "Night shift"
