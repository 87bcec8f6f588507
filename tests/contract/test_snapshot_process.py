"""The process that writes snapshots, on a real file, beside a server that is killed."""

import asyncio
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from postgres import real_postgres
from snapshot_trip import whole
from taskyard.core.commands import CreateWorkspace
from taskyard.core.snapshot import capture
from taskyard.core.state import State
from taskyard.engine import Directory, snapshot_writing
from taskyard.engine.journal import Journal
from taskyard.engine.snapshot_writing import SnapshotProcessFailed, write_in_a_process
from taskyard.engine.snapshots import newest_good
from taskyard.stores import SnapshotRow, Store, open_store
from taskyard.stores.memory import MemoryStore
from taskyard.stores.snapshot_codec import encode_snapshot

# Creates tasks until it is killed, and says after each how many events are durable.
WORKING = """
import asyncio, os, sys
from functools import partial
from itertools import count
from taskyard.core.commands import CreateTask, CreateWorkspace
from taskyard.engine import Directory, Snapshots
from taskyard.engine.snapshot_writing import write_in_a_process
from taskyard.stores import open_store

async def main(url):
    store = await open_store(url)
    instants = count(1_700_000_000_000)
    snapshots = Snapshots(store, partial(write_in_a_process, store, url), events_between=100)
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
        await write_in_a_process(store, url, entry.sid)
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
        await write_in_a_process(store, url, entry.sid)
    assert "\n" not in str(caught.value)
    (extent,) = await store.extents()
    assert newest_position(database) > last
    assert [one.verified for one in extent.snapshots][-2:] == [True, False]
    await store.close()


async def test_a_process_that_fails_says_why_in_a_line(tmp_path: Path) -> None:
    missing = f"sqlite:///{tmp_path}/missing.db"
    with pytest.raises(SnapshotProcessFailed, match="does not exist") as caught:
        await write_in_a_process(MemoryStore(), missing, "WS" + "0" * 32)
    assert "\n" not in str(caught.value)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started."""
    processes: list[subprocess.Popen[bytes]] = []

    class Spy(subprocess.Popen[bytes]):
        def __init__(self, words: list[str], **keys: Any) -> None:
            super().__init__(words, **keys)
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Spy)
    return processes


async def test_a_process_that_is_not_waited_for_any_more_is_ended(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    missing = f"sqlite:///{tmp_path}/missing.db"
    writing = asyncio.create_task(write_in_a_process(MemoryStore(), missing, "WS" + "0" * 32))
    await asyncio.sleep(0)
    assert started
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert started[0].returncode is not None


async def test_a_process_that_nobody_leaves_the_processor_is_begun_anew_with_a_share_of_it(
    tmp_path: Path, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "store.db"
    work_and_be_killed(database, 10)
    started.clear()
    monkeypatch.setattr(snapshot_writing, "_IDLE_WITHIN_S", 0.0)
    store = await open_store(f"sqlite:///{database}")
    (entry,) = await store.workspaces()
    before = newest_position(database)
    await write_in_a_process(store, f"sqlite:///{database}", entry.sid)
    assert [one.returncode for one in started] == [-signal.SIGKILL, 0]
    assert newest_position(database) > before
    await store.close()


class Keeper(MemoryStore):
    """Takes snapshots of anything."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[SnapshotRow] = []

    async def keep_snapshot(self, row: SnapshotRow) -> None:
        self.kept.append(row)


async def test_the_process_itself_needs_no_lock_of_the_file(tmp_path: Path) -> None:
    database = tmp_path / "store.db"
    work_and_be_killed(database, 10)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        (sid,) = connection.execute("SELECT sid FROM workspaces").fetchone()
        connection.execute("BEGIN IMMEDIATE")
        elsewhere = Keeper()
        await write_in_a_process(elsewhere, f"sqlite:///{database}", sid)
        assert [one.workspace_sid for one in elsewhere.kept] == [sid]
        connection.execute("ROLLBACK")


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
        await write_in_a_process(store, url, entry.sid)
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
