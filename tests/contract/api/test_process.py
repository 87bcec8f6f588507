"""`taskyard serve` as a process: starting, stopping, dying, and starting again."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from .caller import SID, TOKEN, Caller, Centre, session_of

LISTENING = re.compile(r"taskyard: listening on (http://127\.0\.0\.1:\d+)")
ACCOUNT = {"TASKYARD_ACCOUNT_SID": SID, "TASKYARD_AUTH_TOKEN": TOKEN}


async def start(folder: Path, *options: str, **environment: str) -> Process:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TASKYARD_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "taskyard", "serve", *options),
        cwd=folder,
        env=inherited | environment,
        stdout=PIPE,
        stderr=PIPE,
    )


async def lines_until_listening(process: Process) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    while not (lines and LISTENING.fullmatch(lines[-1])):
        line = await process.stdout.readline()
        assert line, await process.communicate()
        lines.append(line.decode().rstrip("\n"))
    return lines


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Process, Caller]]:
    process = await start(folder, "--port", "0", **ACCOUNT)
    try:
        (line,) = await lines_until_listening(process)
        match = LISTENING.fullmatch(line)
        assert match is not None
        async with session_of(SID, TOKEN) as session:
            yield process, Caller(match[1], session)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def everything(caller: Caller, path: str) -> dict[str, list[dict[str, object]]]:
    lists = {
        "Activities": "activities",
        "TaskChannels": "channels",
        "TaskQueues": "task_queues",
        "Workflows": "workflows",
        "Workers": "workers",
        "Tasks": "tasks",
    }
    found = {name: await caller.every(f"{path}/{name}", key) for name, key in lists.items()}
    for worker in list(found["Workers"]):
        for name, key in (("Channels", "channels"), ("Reservations", "reservations")):
            address = f"{path}/Workers/{worker['sid']}/{name}"
            found[address] = await caller.every(address, key)
    for task in found["Tasks"]:
        del task["age"]
    return found


def without_address(found: object, url: str) -> str:
    return json.dumps(found).replace(url, "")


async def test_a_server_that_was_killed_knows_everything_when_it_is_back(tmp_path: Path) -> None:
    async with served(tmp_path) as (process, caller):
        centre = await Centre(caller).open()
        ann, bob = await centre.worker("Ann"), await centre.worker("Bob")
        accepted, rejected = await centre.task(), await centre.task(Priority="9")
        (offer,) = await centre.offers(accepted)
        (other,) = await centre.offers(rejected)
        of_task = f"{centre.path}/Tasks/{accepted['sid']}/Reservations/{offer['sid']}"
        await caller.change(of_task, ReservationStatus="accepted")
        assert {offer["worker_sid"], other["worker_sid"]} == {ann["sid"], bob["sid"]}
        waiting = await centre.task(Attributes='{"waits":true}')
        before = without_address(await everything(caller, centre.path), caller.url)
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL

    async with served(tmp_path) as (process, caller):
        again = Centre(caller)
        again.path = centre.path
        assert without_address(await everything(caller, centre.path), caller.url) == before
        # It does not only remember: it goes on.
        await caller.change(of_task, ReservationStatus="completed")
        (offered,) = await again.offers(waiting)
        assert offered["worker_sid"] == offer["worker_sid"]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [(b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade", b"200"), (b"HELLO", b"400")],
)
async def test_no_request_has_a_line_written_in_the_log(
    tmp_path: Path, request_line: bytes, status: bytes
) -> None:
    async with served(tmp_path) as (process, caller):
        port = int(caller.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_line + b"\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).split()[1] == status
        writer.close()
        process.terminate()
        assert process.stderr is not None
        lines = [json.loads(line) for line in (await process.stderr.read()).splitlines()]
    assert [line["message"] for line in lines] == ["starting", "listening", "stopping"]


async def test_a_server_that_is_told_to_stop_stops_cleanly(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        async with served(tmp_path) as (process, caller):
            await caller.make("/Workspaces", FriendlyName="Kept")
            process.send_signal(number)
            out, err = await process.communicate()
            assert process.returncode == 0
            assert out == b""
            lines = [json.loads(line) for line in err.splitlines()]
            assert {line["level"] for line in lines} == {"info"}
            assert [line["message"] for line in lines if line["message"] != "workspace loaded"] == [
                "starting",
                "listening",
                "stopping",
            ]
            assert TOKEN.encode() not in err
    async with served(tmp_path) as (_, caller):
        assert len(await caller.every("/Workspaces", "workspaces")) == 2


async def test_a_new_account_is_shown_once_and_kept(tmp_path: Path) -> None:
    process = await start(tmp_path, "--port", "0")
    try:
        lines = await lines_until_listening(process)
        text = "\n".join(lines)
        sid = re.search(r"\bAC[0-9a-f]{32}\b", text)
        token = re.search(r"(?<![0-9a-fA-F])[0-9a-f]{32}$", text, re.MULTILINE)
        assert sid is not None
        assert token is not None
        match = LISTENING.fullmatch(lines[-1])
        assert match is not None
        async with session_of(sid[0], token[0]) as session:
            workspace = await Caller(match[1], session).make("/Workspaces", FriendlyName="Mine")
        assert workspace["account_sid"] == sid[0]
    finally:
        process.terminate()
        _, errors = await process.communicate()
    assert token[0].encode() not in errors

    process = await start(tmp_path, "--port", "0")
    try:
        assert len(await lines_until_listening(process)) == 1
    finally:
        process.terminate()
        await process.communicate()


async def test_an_api_key_from_the_settings_opens_too(tmp_path: Path) -> None:
    key, secret = "SK" + "1f" * 16, "s" * 32
    process = await start(
        tmp_path,
        "--port=0",
        "--database=memory://",
        **ACCOUNT,
        TASKYARD_API_KEY_SID=key,
        TASKYARD_API_KEY_SECRET=secret,
    )
    try:
        (line,) = await lines_until_listening(process)
        url = line.rpartition(" ")[2]
        async with session_of(key, secret) as session:
            assert (await Caller(url, session).get("/Workspaces")).status == 200
        async with session_of(key, TOKEN) as session:
            (await Caller(url, session).get("/Workspaces")).refused(401, 20003)
    finally:
        process.terminate()
        await process.communicate()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--port", "lots"], "--port must be a whole number from 0 to 65535, not 'lots'"),
        (["--database", "mysql://x"], "mysql://x"),
        (["--database", "sqlite:///no/such/folder/t.db"], "no/such/folder"),
        (["--host", "192.0.2.1", "--port", "0"], "cannot listen on 192.0.2.1 port 0"),
        (["--auth-token", "x"], "--auth-token is set without TASKYARD_ACCOUNT_SID"),
    ],
)
async def test_what_keeps_it_from_starting_is_one_line(
    tmp_path: Path, options: list[str], expected: str
) -> None:
    process = await start(tmp_path, *options)
    out, err = await process.communicate()
    assert process.returncode == 1
    assert out == b""
    (line,) = err.decode().splitlines()
    assert line.startswith("taskyard: ")
    assert expected in line


async def test_a_port_that_is_taken_is_one_line_and_makes_no_account(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await start(tmp_path, "--port", str(port))
        out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert err.decode().splitlines() == [
        f"taskyard: cannot listen on 127.0.0.1 port {port}: Address already in use"
    ]
    assert not (tmp_path / "taskyard.db").exists()
