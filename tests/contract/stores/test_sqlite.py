"""What the SQLite store promises beyond the contract: files, crashes, other processes."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from taskyard.stores import Account, Append, StalePosition, StoreError, open_store
from taskyard.stores.sqlite import SqliteStore
from taskyard.stores.sqlite_file import _migrations

from .rows import ACCOUNT, entry, journal, keep, row, workspace

W1, W2 = workspace(1), workspace(2)

# Appends until it is killed, and says after each append that it has returned.
WRITER = """
import asyncio, sys
from taskyard.stores import Append, JournalRow, WorkspaceEntry, open_store

async def main(url, sid):
    store = await open_store(url)
    lists = WorkspaceEntry(sid=sid, account_sid="AC" + "a" * 32, created_ms=1)
    for position in range(1, 100_000):
        row = JournalRow(workspace_sid=sid, first_position=position, last_position=position,
                         at_ms=position, codec_version=1, body=b"event " * position)
        failures = await store.append([Append(row=row, lists=lists if position == 1 else None)])
        assert not failures, failures
        print(position, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


def start_writer(url: str, sid: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, sid], stdout=subprocess.PIPE, text=True
    )


def files_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def size_of(file: Path) -> int:
    return file.stat().st_size


async def test_what_an_append_returned_from_outlives_a_killed_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    with start_writer(url, W1) as writer:
        assert writer.stdout is not None
        for _ in range(25):
            last = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        # It may have gone on between the last line that was read and its end.
        for line in writer.stdout:
            last = int(line)
    store = await open_store(url)
    rows = await journal(store, W1)
    assert len(rows) >= last >= 25
    assert [one.first_position for one in rows] == list(range(1, len(rows) + 1))
    assert rows[-1].body == b"event " * len(rows)
    assert [one.sid for one in await store.workspaces()] == [W1]
    await keep(store, row(W1, len(rows) + 1))
    await store.close()


async def test_everything_is_there_after_opening_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = await open_store(url)
    await store.keep_account(Account(ACCOUNT, "token"))
    await store.append([Append(row=row(W1, 1, 3), lists=entry(W1))])
    await store.close()
    store = await open_store(url, create=False)
    assert await store.accounts() == [Account(ACCOUNT, "token")]
    assert await store.workspaces() == [entry(W1)]
    assert await journal(store, W1) == [row(W1, 1, 3)]
    assert isinstance((await store.append([Append(row=row(W1, 1))]))[W1], StalePosition)
    await store.close()


async def test_two_servers_on_one_file_never_both_append_at_a_position(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    ours, theirs = await open_store(url), await open_store(url)
    kept = {1: 0, 2: 0}
    for position in range(1, 60):
        outcomes = await asyncio.gather(
            ours.append([Append(row=row(W1, position, body=b"1"))]),
            theirs.append([Append(row=row(W1, position, body=b"2"))]),
        )
        assert sorted(len(failures) for failures in outcomes) == [0, 1]
        kept[1 if not outcomes[0] else 2] += 1
    rows = await journal(ours, W1)
    assert [one.first_position for one in rows] == list(range(1, 60))
    assert {1: sum(r.body == b"1" for r in rows), 2: sum(r.body == b"2" for r in rows)} == kept
    await ours.close()
    await theirs.close()


async def test_another_process_that_goes_on_writing_delays_ours_but_harms_nothing(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = await open_store(url)
    with start_writer(url, W2) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        for position in range(1, 50):
            await keep(store, row(W1, position))
        writer.kill()
    theirs = await journal(store, W2)
    assert [one.first_position for one in theirs] == list(range(1, len(theirs) + 1))
    assert len(await journal(store, W1)) == 49
    await store.close()


async def test_a_row_whose_predecessors_were_pruned_is_still_stale(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/store.db")
    await keep(store, *(row(W1, position) for position in range(1, 10)))
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("DELETE FROM journal WHERE first_position < 8")
    connection.close()
    for stale in (1, 2, 7, 8, 9, 11):
        assert W1 in await store.append([Append(row=row(W1, stale))])
    await keep(store, row(W1, 10))
    await store.close()


async def test_the_write_ahead_log_stays_bounded_under_steady_load(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = await SqliteStore.open(path, log_limit_bytes=1 << 20)
    largest = 0
    for position in range(1, 401):
        await keep(store, row(W1, position, body=os.urandom(100_000)))
        largest = max(largest, size_of(tmp_path / "store.db-wal"))
    assert size_of(path) > 20 << 20, "checkpoints have moved the log into the database"
    assert largest < 20 << 20
    await store.close()
    assert files_in(tmp_path) == ["store.db"], "the last to close leaves no log behind"


async def test_a_full_disk_fails_the_append_and_nothing_else(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db")
    await keep(store, row(W1, 1))
    await store._writer.call(lambda connection: connection.execute("PRAGMA max_page_count = 20"))
    big = row(W1, 2, body=os.urandom(200_000))
    for lists in (None, entry(W1)):
        failures = await store.append([Append(row=big, lists=lists)])
        assert str(failures[W1]).startswith(f"database {tmp_path}/store.db cannot grow: the disk")
        assert not isinstance(failures[W1], StalePosition)
    assert await journal(store, W1) == [row(W1, 1)]
    assert await store.workspaces() == []
    await store._writer.call(lambda connection: connection.execute("PRAGMA max_page_count = 9999"))
    await keep(store, big)
    await store.close()


def deleted(path: Path) -> None:
    path.unlink()


def moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def replaced(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    copy.replace(path)


@pytest.mark.parametrize("happens", [deleted, moved, replaced])
async def test_nothing_is_kept_in_a_file_that_nobody_would_find_again(
    tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    path = tmp_path / "store.db"
    store = await open_store(f"sqlite:///{path}")
    await store.append([Append(row=row(W1, 1), lists=entry(W1))])
    happens(path)
    said = f"database {path} was deleted, moved or replaced while it was in use"
    assert str((await store.append([Append(row=row(W1, 2))]))[W1]) == said
    with pytest.raises(StoreError, match=said):
        await store.probe()
    assert await journal(store, W1) == [row(W1, 1)]
    await store.close()


async def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/store.db")
    await keep(store, row(W1, 1, 5), row(W1, 6, body=b"tick " * 100))
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("UPDATE journal SET body = substr(body, 1, 9) WHERE first_position = 6")
    connection.close()
    with pytest.raises(StoreError, match=f"{W1} at position 6 cannot be unpacked"):
        await journal(store, W1)
    await store.close()


# --- opening ---


async def refusal(url: str, *, create: bool = True) -> str:
    with pytest.raises(StoreError) as caught:
        await open_store(url, create=create)
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_a_new_database_is_for_its_owner_only(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/store.db")
    await keep(store, row(W1, 1))
    for name in files_in(tmp_path):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0, name
    await store.close()


async def test_a_relative_path_stays_where_it_was_when_the_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    store = await open_store("sqlite:///store.db")
    monkeypatch.chdir(tmp_path / "elsewhere")
    await keep(store, row(W1, 1))
    await store.close()
    assert files_in(tmp_path) == ["elsewhere", "store.db"]
    assert files_in(tmp_path / "elsewhere") == []


async def test_a_missing_database_is_not_made_by_one_who_only_looks(tmp_path: Path) -> None:
    assert "does not exist" in await refusal(f"sqlite:///{tmp_path}/store.db", create=False)
    assert files_in(tmp_path) == []


async def test_an_empty_file_is_left_as_it_is_by_one_who_only_looks(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    assert "is empty: no server has used it yet" in await refusal(f"sqlite:///{path}", create=False)
    assert path.read_bytes() == b""
    assert files_in(tmp_path) == ["store.db"]


async def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    said = await refusal(f"sqlite:///{tmp_path}/missing/store.db")
    assert said.endswith("cannot be made: its folder does not exist")
    assert files_in(tmp_path) == []


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    assert "cannot be opened" in await refusal(f"sqlite:///{tmp_path}")


async def test_an_unwritable_folder_is_said_to_be_one() -> None:
    assert "cannot be made" in await refusal("sqlite:////proc/store.db")


async def test_a_file_that_may_only_be_read_is_refused_when_it_is_opened() -> None:
    user = os.geteuid()
    with TemporaryDirectory() as name:  # which others may enter, unlike those of the tests
        path = Path(name) / "store.db"
        await (await open_store(f"sqlite:///{path}")).close()
        path.chmod(0o444)
        path.parent.chmod(0o777)
        try:
            if user == 0:  # nothing is read-only for the superuser
                os.seteuid(65_534)
            assert (await refusal(f"sqlite:///{path}")).startswith(
                f"database {path} cannot be written"
            )
        finally:
            os.seteuid(user)


async def test_a_file_of_another_kind_is_left_as_it_is(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam, " * 100)
    before = letter.read_bytes()
    assert "is not a database" in await refusal(f"sqlite:///{letter}")
    assert letter.read_bytes() == before
    assert files_in(tmp_path) == ["letter.txt"]


async def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "music.db") as connection:
        connection.execute("CREATE TABLE songs (title)")
    connection.close()
    before = (tmp_path / "music.db").read_bytes()
    assert "belongs to another program" in await refusal(f"sqlite:///{tmp_path}/music.db")
    assert (tmp_path / "music.db").read_bytes() == before


async def test_a_newer_schema_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    await (await open_store(url)).close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    said = await refusal(url)
    assert f"schema version 99, newer than the {len(_migrations())} of this release" in said


async def test_a_database_locked_by_another_process_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = await SqliteStore.open(path, busy_timeout_s=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    failures = await store.append([Append(row=row(W1, 1))])
    assert "is locked by another process" in str(failures[W1])
    other.execute("ROLLBACK")
    await keep(store, row(W1, 1))
    await store.close()
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="is locked by another process"):
        await SqliteStore.open(path, busy_timeout_s=0.05)
    other.close()


async def test_two_processes_that_make_the_database_at_once_both_succeed(tmp_path: Path) -> None:
    stores = await asyncio.gather(*(open_store(f"sqlite:///{tmp_path}/store.db") for _ in range(8)))
    await keep(stores[0], row(W1, 1))
    assert await journal(stores[-1], W1) == [row(W1, 1)]
    for store in stores:
        await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store.db",
        "sqlite://store.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "memory",
        "mysql://x",
    ],
)
async def test_an_address_that_names_no_store_is_not_understood(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///relative/path|memory://"):
        await open_store(url)
