"""The process that writes snapshots, on a real file, beside a server that is killed."""

import asyncio
import itertools
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from postgres import real_postgres
from snapshot_trip import whole
from taskyard.core.commands import CreateWorkspace
from taskyard.core.snapshot import capture
from taskyard.core.state import State
from taskyard.engine import Directory
from taskyard.engine.journal import Journal
from taskyard.engine.snapshot_process import SnapshotProcessFailed, write_in_a_process
from taskyard.engine.snapshots import newest_good
from taskyard.stores import Store, open_store
from taskyard.stores.snapshot_codec import encode_snapshot

# Creates tasks until it is killed, and says after each how many events are durable.
WORKING = """
import asyncio, os, sys
from functools import partial
from itertools import count
from taskyard.core.commands import CreateTask, CreateWorkspace
from taskyard.engine import Directory, Snapshots
from taskyard.engine.snapshot_process import write_in_a_process
from taskyard.stores import open_store

async def main(url):
    store = await open_store(url)
    instants = count(1_700_000_000_000)
    snapshots = Snapshots(store, partial(write_in_a_process, url), events_between=100)
    directory = Directory(store, lambda: next(instants), os.urandom, snapshots=snapshots)
    await directory.open("AC" + "a" * 32, "token")
    if not directory.workspaces():
        command = CreateWorkspace(
            account_sid="AC" + "a" * 32, friendly_name="place", template="FIFO"
        )
        await directory.create_workspace(command, lambda state, decided: None)
    engine = await directory.engine(directory.workspaces()[0].sid)
    while True:
        await engine.ask(CreateTask(timeout_s=600), lambda state, decided: None)
        print(engine.position, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def folded_whole(store: Store, sid: str) -> tuple[State, int]:
    state, position = State(), 0
    async for turn in Journal(store).turns(sid, 0):
        for event in turn.events:
            state.apply(event, turn.at_ms)
        position = turn.last_position
    return state, position


async def folded_from_the_newest_snapshot(store: Store, sid: str) -> tuple[State, int]:
    folded = await newest_good(store, sid)
    assert folded is not None
    position = folded.position
    async for turn in Journal(store).turns(sid, position):
        for event in turn.events:
            folded.state.apply(event, turn.at_ms)
        position = turn.last_position
    return folded.state, position


def newest_position(database: Path) -> int:
    if not database.exists():
        return 0
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT max(position) FROM snapshots").fetchone()[0] or 0


def work_and_be_killed(database: Path, events: int) -> int:
    """Let a server work for so many events, and until it has had a snapshot written.

    Returns:
        How many events it has said to be durable.
    """
    before = newest_position(database)
    answered = 0
    with subprocess.Popen(
        [sys.executable, "-c", WORKING, f"sqlite:///{database}"],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        first = int(server.stdout.readline())
        for line in server.stdout:
            answered = int(line)
            if answered > first + events and newest_position(database) > before:
                server.kill()
    return answered


async def test_a_server_killed_beside_its_snapshot_process_loses_nothing(tmp_path: Path) -> None:
    database = tmp_path / "store.db"
    url = f"sqlite:///{database}"
    for events in (10, 230, 470):
        answered = work_and_be_killed(database, events)
        store = await open_store(url)
        (entry,) = await store.workspaces()
        by_journal, end = await folded_whole(store, entry.sid)
        by_snapshot, same_end = await folded_from_the_newest_snapshot(store, entry.sid)
        assert same_end == end >= answered
        assert whole(by_snapshot) == whole(by_journal)
        await write_in_a_process(url, entry.sid)
        rows = [row async for row in store.snapshots(entry.sid)]
        assert rows[0].position == end
        (extent,) = await store.extents()
        assert [one.verified for one in extent.snapshots] == [True] * len(rows)
        assert encode_snapshot(entry.sid, end, rows[0].at_ms, capture(by_journal)) == rows[0]
        await store.close()


async def test_a_snapshot_that_is_not_good_when_it_is_read_back_is_not_marked(
    tmp_path: Path,
) -> None:
    database = tmp_path / "store.db"
    url = f"sqlite:///{database}"
    work_and_be_killed(database, 250)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DELETE FROM verified_snapshots")
        # Whatever is written from now on is not what arrives.
        connection.execute(
            "CREATE TRIGGER decay AFTER INSERT ON snapshots "
            "BEGIN UPDATE snapshots SET body = x'00' WHERE number = NEW.number; END"
        )
        connection.commit()
    store = await open_store(url)
    (entry,) = await store.workspaces()
    last = newest_position(database)
    with pytest.raises(SnapshotProcessFailed, match=r"not good: .* is damaged") as caught:
        await write_in_a_process(url, entry.sid)
    assert "\n" not in str(caught.value)
    (extent,) = await store.extents()
    assert newest_position(database) > last
    assert [one.verified for one in extent.snapshots][-2:] == [True, False]
    await store.close()


async def test_a_process_that_fails_says_why_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(SnapshotProcessFailed, match="does not exist") as caught:
        await write_in_a_process(f"sqlite:///{tmp_path}/missing.db", "WS" + "0" * 32)
    assert "\n" not in str(caught.value)


async def test_a_process_that_is_not_waited_for_any_more_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[asyncio.subprocess.Process] = []
    has_started = asyncio.Event()
    start = asyncio.create_subprocess_exec

    async def spy(*words: str, **keys: int) -> asyncio.subprocess.Process:
        started.append(await start(*words, **keys))
        has_started.set()
        return started[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spy)
    writing = asyncio.create_task(
        write_in_a_process(f"sqlite:///{tmp_path}/missing.db", "WS" + "0" * 32)
    )
    await has_started.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert started[0].returncode is not None


async def test_a_snapshot_of_a_workspace_in_postgresql_is_written_by_a_process_too() -> None:
    with real_postgres() as server:
        url = await server.database()
        store = await open_store(url)
        instants = itertools.count(1_700_000_000_000)
        directory = Directory(store, lambda: next(instants), os.urandom)
        await directory.open("AC" + "a" * 32, "token")
        command = CreateWorkspace(
            account_sid="AC" + "a" * 32, friendly_name="place", template="FIFO"
        )
        await directory.create_workspace(command, lambda state, decided: None)
        (entry,) = await store.workspaces()
        await write_in_a_process(url, entry.sid)
        (extent,) = await store.extents()
        assert [(one.position, one.verified) for one in extent.snapshots] == [
            (extent.last_position, True)
        ]
        by_journal, end = await folded_whole(store, entry.sid)
        by_snapshot, same_end = await folded_from_the_newest_snapshot(store, entry.sid)
        assert same_end == end
        assert whole(by_snapshot) == whole(by_journal)
        await directory.close()
        await store.close()
