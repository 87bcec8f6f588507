"""The database fails in mid-service, or is not fit to be served: what everybody hears of it."""

import asyncio
import json
import logging
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path

import pytest

from taskyard.server.app import Running

from .caller import Caller, Centre
from .test_process import ACCOUNT, served, start

FULL = "taskyard.db cannot grow: the disk is full"


async def limit_pages(server: Running, pages: int) -> None:
    """As if the disk ended there; never below what the file has already."""
    writer = server.directory._store._writer
    await writer.call(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}"))


async def fill_up(centre: Centre, kept: set[str]) -> None:
    """Create tasks until one is refused for want of room."""
    for _ in range(100):
        noise = json.dumps({"noise": os.urandom(1_500).hex()})
        reply = await centre.caller.post(f"{centre.path}/Tasks", {"Attributes": noise})
        if reply.status != 201:
            break
        kept.add(reply.json["sid"])
    reply.refused(503, 20503)
    assert reply.headers["Retry-After"] == "1"


async def tasks_of(centre: Centre) -> set[str]:
    listed = await centre.caller.every(f"{centre.path}/Tasks", "tasks")
    assert len({one["sid"] for one in listed}) == len(listed)
    return {one["sid"] for one in listed}


async def test_on_a_full_disk_writes_are_refused_and_reads_and_what_was_kept_go_on(
    server: Running, centre: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    kept: set[str] = set()
    await limit_pages(server, 1)
    await fill_up(centre, kept)
    for _ in range(5):
        asked = [centre.caller.post(f"{centre.path}/Tasks") for _ in range(3)]
        for reply in await asyncio.gather(*asked):
            if reply.status == 201:  # a small one may still have found room
                kept.add(reply.json["sid"])
            else:
                reply.refused(503, 20503)
        assert await tasks_of(centre) == kept
    warnings = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert warnings
    for one in warnings:
        told = f"{one.getMessage()}: {getattr(one, 'reason', '')}"
        assert FULL in told
        assert "\n" not in told
        assert one.exc_info is None
    await limit_pages(server, 1_000_000)
    kept.add(await task_once_it_works(centre))
    assert await tasks_of(centre) == kept


async def task_once_it_works(centre: Centre) -> str:
    """The database is asked once a second whether it works again."""
    while (reply := await centre.caller.post(f"{centre.path}/Tasks")).status == 503:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    assert reply.status == 201
    return str(reply.json["sid"])


async def test_on_a_disk_that_becomes_read_only_reads_go_on_and_writes_do_when_they_may(
    server: Running, centre: Centre, caplog: pytest.LogCaptureFixture
) -> None:
    writer = server.directory._store._writer
    kept = {(await centre.task())["sid"]}
    await writer.call(lambda connection: connection.execute("PRAGMA query_only = ON"))
    for _ in range(3):
        (await centre.caller.post(f"{centre.path}/Tasks")).refused(503, 20503)
        assert await tasks_of(centre) == kept
    warnings = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert warnings
    for one in warnings:
        told = f"{one.getMessage()}: {getattr(one, 'reason', '')}"
        assert "taskyard.db cannot be written (attempt to write a readonly database)" in told
    await writer.call(lambda connection: connection.execute("PRAGMA query_only = OFF"))
    kept.add(await task_once_it_works(centre))
    assert await tasks_of(centre) == kept


async def test_while_its_file_is_elsewhere_writes_are_refused_and_reads_go_on(
    server: Running, centre: Centre, tmp_path: Path
) -> None:
    kept = {(await centre.task())["sid"]}
    file, elsewhere = tmp_path / "taskyard.db", tmp_path / "elsewhere.db"
    file.rename(elsewhere)
    for _ in range(3):
        (await centre.caller.post(f"{centre.path}/Tasks")).refused(503, 20503)
        assert await tasks_of(centre) == kept
    ready = await centre.caller.get(f"{server.url}/readyz")
    assert ready.status == 503
    assert f"{file} was deleted, moved or replaced" in ready.text
    elsewhere.rename(file)
    kept.add(await task_once_it_works(centre))
    assert await tasks_of(centre) == kept


def warnings_in(log: bytes) -> list[str]:
    """The lines of the log that tell of something wrong."""
    lines = log.decode().splitlines()
    return [line for line in lines if json.loads(line)["level"] in ("warning", "error")]


def limit_files(process: Process, limit: int) -> None:
    """From now on no file of this process can grow beyond so many bytes."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits another process")
async def test_after_writes_that_failed_the_server_goes_on_and_a_kill_loses_nothing(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as (process, caller):
        centre = await Centre(caller).open()
        kept = {(await centre.task())["sid"]}
        limit_files(process, (tmp_path / "taskyard.db-wal").stat().st_size)
        for _ in range(3):
            (await caller.post(f"{centre.path}/Tasks")).refused(503, 20503)
            assert await tasks_of(centre) == kept
        limit_files(process, resource.RLIM_INFINITY)
        kept.add(await task_once_it_works(centre))
        process.send_signal(signal.SIGKILL)
        assert process.stderr is not None
        said = warnings_in(await process.stderr.read())
    assert said
    assert all("taskyard.db cannot be read or written" in line for line in said), said
    async with served(tmp_path) as (_, caller):
        again = Centre(caller)
        again.path = centre.path
        assert await tasks_of(again) == kept


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits another process")
async def test_while_writes_fail_reads_go_on_although_time_outs_are_due(tmp_path: Path) -> None:
    async with served(tmp_path) as (process, caller):
        centre = await Centre(caller).open()
        workflow = f"{centre.path}/Workflows/{centre.workflow['sid']}"
        await caller.change(workflow, TaskReservationTimeout="1")
        await centre.worker("Ann")
        task = await centre.task()
        assert len(await centre.offers(task)) == 1
        limit_files(process, (tmp_path / "taskyard.db-wal").stat().st_size)
        for _ in range(50):  # the offer lapses meanwhile
            readers = [tasks_of(centre) for _ in range(3)]
            write = caller.post(f"{centre.path}/Tasks")
            refused, *seen = await asyncio.gather(write, *readers)
            refused.refused(503, 20503)
            assert seen == [{task["sid"]}] * 3
            await asyncio.sleep(0.05)
        limit_files(process, resource.RLIM_INFINITY)
        async with asyncio.timeout(60):
            status = "pending"
            while status == "pending":
                await asyncio.sleep(0.05)
                status = (await centre.offers(task))[0]["reservation_status"]
        assert status == "timeout"
        await centre.task()
        process.terminate()
        _, err = await process.communicate()
    said = warnings_in(err)
    assert all("taskyard.db cannot be read or written" in line for line in said), said


async def test_a_damaged_row_stops_its_workspace_alone_and_is_named(tmp_path: Path) -> None:
    async with served(tmp_path) as (process, caller):
        hurt, sound = await Centre(caller).open(), await Centre(caller).open()
        await hurt.task()
        kept = {(await sound.task())["sid"]}
        process.send_signal(signal.SIGKILL)
        await process.wait()
    sid = hurt.path.rpartition("/")[2]
    with sqlite3.connect(tmp_path / "taskyard.db") as connection:
        (last,) = connection.execute(
            "SELECT max(first_position) FROM journal WHERE workspace_sid = ?", (sid,)
        ).fetchone()
        connection.execute(
            "UPDATE journal SET body = substr(body, 1, 9) "
            "WHERE workspace_sid = ? AND first_position = ?",
            (sid, last),
        )
    connection.close()
    async with served(tmp_path) as (process, caller):
        hurt.caller = sound.caller = caller
        (await caller.get(f"{hurt.path}/Tasks")).refused(503, 20503)
        (await caller.post(f"{hurt.path}/Tasks")).refused(503, 20503)
        kept.add((await sound.task())["sid"])
        assert await tasks_of(sound) == kept
        process.terminate()
        _, err = await process.communicate()
    said = warnings_in(err)
    named = f"the journal row of workspace {sid} at position {last} cannot be unpacked"
    assert said
    assert all(named in line for line in said), said


async def test_two_servers_on_one_file_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    async with served(tmp_path) as (ours, one), served(tmp_path) as (theirs, other):
        centre = await Centre(one).open()

        async def listed() -> bool:
            return (await other.get(centre.path)).status == 200

        kept: set[str] = set()

        async def create(caller: Caller) -> None:
            for _ in range(30):
                reply = await caller.post(f"{centre.path}/Tasks")
                if reply.status == 201:
                    assert reply.json["sid"] not in kept
                    kept.add(reply.json["sid"])
                else:
                    reply.refused(503, 20503)

        if not await listed():  # whoever started first does not look again
            theirs.terminate()
            await theirs.communicate()
            async with served(tmp_path) as (theirs, other):
                await asyncio.gather(create(one), create(other))
                theirs.terminate()
                _, err = await theirs.communicate()
        ours.send_signal(signal.SIGKILL)
        await ours.wait()
    assert kept
    for line in warnings_in(err):
        assert "somebody else has appended to it" in line
    async with served(tmp_path) as (_, caller):
        again = Centre(caller)
        again.path = centre.path
        assert await tasks_of(again) >= kept


def newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA application_id = {0x54595244}")
        connection.execute("PRAGMA user_version = 999")
    connection.close()


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (newer, "is of schema version 999, newer than the"),
        (foreign, "belongs to another program"),
        (lambda path: path.write_bytes(b"flour, water, salt\n" * 100), "is not a database"),
        (lambda path: path.mkdir(), "cannot be opened"),
    ],
)
async def test_a_database_that_cannot_be_served_is_one_line_and_stays_as_it_is(
    tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    path = tmp_path / "taskyard.db"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    process = await start(tmp_path, "--port", "0", **ACCOUNT)
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    (line,) = err.decode().splitlines()
    assert line.startswith(f"taskyard: database {path} {said}")
    assert before is None or path.read_bytes() == before


async def test_a_disk_that_is_full_from_the_start_is_one_line(tmp_path: Path) -> None:
    limited = f"ulimit -f 0; exec {sys.executable} -m taskyard serve --port 0"
    ran = await asyncio.to_thread(
        subprocess.run, ["sh", "-c", limited], cwd=tmp_path, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    assert line.startswith(f"taskyard: database {tmp_path}/taskyard.db cannot be ")
