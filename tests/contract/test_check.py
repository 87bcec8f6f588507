"""`taskyard check` as an operator runs it: on sound databases, and on damaged ones."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from taskyard.core import commands as ask
from taskyard.core.commands import Command
from taskyard.core.events import WorkerDeleted
from taskyard.core.ids import counting_mint
from taskyard.core.machine import Machine
from taskyard.engine import Directory
from taskyard.engine.journal import Journal, TurnRecord
from taskyard.stores import WorkspaceEntry, open_store
from taskyard.stores.codec import encode
from taskyard.stores.packing import pack

GUARD_S = 120  # against a hang only
ACCOUNT = "AC" + "a" * 32
NOON_MS = 1_767_614_400_000  # 5 January 2026, 12:00 UTC

Checked = tuple[int, list[str], str]


def check(database: Path | str) -> Checked:
    ran = subprocess.run(
        [sys.executable, "-m", "taskyard", "check", str(database)],
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    return ran.returncode, ran.stdout.splitlines(), ran.stderr


async def make(database: Path | str, workers: int = 3) -> str:
    """A workspace of so many workers, each command a row of its own; its SID is given back."""
    url = database if isinstance(database, str) else f"sqlite:///{database}"
    machine = Machine(mint=counting_mint())
    steps: list[Command] = [
        ask.CreateWorkspace(account_sid=ACCOUNT, friendly_name="Checked", template="FIFO"),
        *(ask.CreateWorker(friendly_name=f"worker {n}") for n in range(workers)),
        ask.CreateTask(),
    ]
    store = await open_store(url)
    journal, position, listed = Journal(store), 0, None
    for number, step in enumerate(steps):
        at_ms = NOON_MS + number
        events = machine.handle(step, at_ms).events
        sid = machine.state.workspace.sid
        if number == 0:
            listed = WorkspaceEntry(sid=sid, account_sid=ACCOUNT, created_ms=at_ms)
        turn = TurnRecord(
            workspace_sid=sid,
            first_position=position + 1,
            last_position=position + len(events),
            at_ms=at_ms,
            events=events,
        )
        await journal.append(turn, lists=listed if number == 0 else None)
        position = turn.last_position
    await store.close()
    return sid


def change(database: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    connection = sqlite3.connect(database)
    for statement, values in statements:
        assert connection.execute(statement, values).rowcount != 0
    connection.commit()
    connection.close()


def files_in(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}


def second_to_last_row(database: Path) -> tuple[int, int, int]:
    connection = sqlite3.connect(database)
    rows = connection.execute(
        "SELECT number, first_position, last_position FROM journal ORDER BY number"
    ).fetchall()
    connection.close()
    number, first, last = rows[-2]
    return number, first, last


async def test_a_sound_database_is_summed_up_in_a_line_for_each_workspace(tmp_path: Path) -> None:
    database = tmp_path / "sound.db"
    sid = await make(database)
    status, lines, errors = check(database)
    connection = sqlite3.connect(database)
    (events,) = connection.execute("SELECT MAX(last_position) FROM journal").fetchone()
    connection.close()
    assert errors == ""
    assert lines == [
        f"workspace {sid}: {events} events, 1 tasks, 3 workers, last 2026-01-05T12:00:00.004Z",
        "check: 1 workspaces, 0 problems",
    ]
    assert status == 0


async def test_an_address_names_the_same_database_as_its_path(tmp_path: Path) -> None:
    database = tmp_path / "named ? 100%.db"
    await make(database)
    assert check(f"sqlite:///{database}") == check(database)
    assert check(database)[0] == 0


async def test_a_check_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    database = tmp_path / "still.db"
    await make(database)
    before = files_in(tmp_path)
    assert len(before) == 1
    assert check(database)[0] == 0
    assert files_in(tmp_path) == before


async def test_a_database_is_checked_while_a_server_writes_to_it(tmp_path: Path) -> None:
    database = tmp_path / "busy.db"
    store = await open_store(f"sqlite:///{database}")
    directory = Directory(store, lambda: NOON_MS, os.urandom)
    await directory.open(ACCOUNT, "token")
    try:
        create = ask.CreateWorkspace(account_sid=ACCOUNT, friendly_name="Busy")
        sid = await directory.create_workspace(create, lambda state, _: state.workspace.sid)
        engine = await directory.engine(sid)
        for number in range(50):
            one = ask.CreateWorker(friendly_name=f"worker {number}")
            await engine.ask(one, lambda state, _: None)
            if number == 25:
                status, lines, errors = check(database)
        assert (status, errors) == (0, "")
        assert re.match(rf"workspace {sid}: \d+ events, 0 tasks, 26 workers, ", lines[0])
        assert await engine.read(lambda state, _: len(state.workers)) == 50
        await directory.probe()
    finally:
        await directory.close()
        await store.close()
    assert check(database)[0] == 0


async def test_what_a_killed_server_left_in_the_log_is_checked_too(tmp_path: Path) -> None:
    database, copy = tmp_path / "first.db", tmp_path / "copy.db"
    store = await open_store(f"sqlite:///{database}")
    directory = Directory(store, lambda: NOON_MS, os.urandom)
    await directory.open(ACCOUNT, "token")
    create = ask.CreateWorkspace(account_sid=ACCOUNT, friendly_name="Killed")
    await directory.create_workspace(create, lambda state, _: None)
    # What a crash would leave: the file and its log, nothing moved from one to the other.
    for end in ("", "-wal"):
        shutil.copyfile(f"{database}{end}", f"{copy}{end}")
    await directory.close()
    await store.close()
    before = copy.read_bytes()
    status, lines, _ = check(copy)
    assert (status, lines[-1]) == (0, "check: 1 workspaces, 0 problems")
    assert copy.read_bytes() == before


async def test_a_deleted_workspace_is_sound(tmp_path: Path) -> None:
    database = tmp_path / "deleted.db"
    store = await open_store(f"sqlite:///{database}")
    directory = Directory(store, lambda: NOON_MS, os.urandom)
    await directory.open(ACCOUNT, "token")
    create = ask.CreateWorkspace(account_sid=ACCOUNT, friendly_name="Gone")
    sid = await directory.create_workspace(create, lambda state, _: state.workspace.sid)
    await directory.delete_workspace(sid)
    await directory.close()
    await store.close()
    status, lines, _ = check(database)
    assert status == 0
    assert lines[0].endswith(", deleted")


async def test_a_damaged_row_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    database = tmp_path / "damaged.db"
    sid = await make(database)
    number, first, _ = second_to_last_row(database)
    change(database, ("UPDATE journal SET body = ? WHERE number = ?", (b"\x01rot", number)))
    status, lines, _ = check(database)
    assert status == 1
    summary, problem, last = lines
    assert re.fullmatch(rf"workspace {sid}: \d+ events, last 2026-01-05T12:00:00.004Z", summary)
    assert problem.startswith(
        f"workspace {sid}: the journal row at position {first} cannot be unpacked (damaged"
    )
    assert last == "check: 1 workspaces, 1 problems"


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("body", pack(b"\x91\xa3odd"), "cannot be read"),
        ("body", pack(b"\x92\x90\x90"), "holds 0 events"),
        ("codec_version", 99, "is of version 99, which this release does not know"),
        ("at_ms", "noon", "has text where a number belongs"),
        ("body", "text", "has text where bytes belong"),
    ],
)
async def test_a_row_that_cannot_be_decoded_is_one_problem(
    tmp_path: Path, column: str, value: object, said: str
) -> None:
    database = tmp_path / "undecodable.db"
    sid = await make(database)
    number, first, _ = second_to_last_row(database)
    change(database, (f"UPDATE journal SET {column} = ? WHERE number = ?", (value, number)))
    status, lines, _ = check(database)
    assert status == 1
    assert lines[1].startswith(f"workspace {sid}: the journal row at position {first} {said}")
    assert len(lines) == 3


async def test_a_gap_is_named_by_the_positions_that_are_missing(tmp_path: Path) -> None:
    database = tmp_path / "gap.db"
    sid = await make(database)
    number, first, last = second_to_last_row(database)
    change(database, ("DELETE FROM journal WHERE number = ?", (number,)))
    status, lines, _ = check(database)
    assert status == 1
    missing = f"workspace {sid}: positions {first} to {last} are missing from its journal"
    assert lines[1:] == [missing, "check: 1 workspaces, 1 problems"]


async def test_a_row_that_overlaps_the_one_before_is_named(tmp_path: Path) -> None:
    database = tmp_path / "overlap.db"
    sid = await make(database)
    change(
        database,
        (
            "UPDATE journal SET first_position = first_position - 1, "
            "last_position = last_position - 1 WHERE number = 2",
            (),
        ),
    )
    connection = sqlite3.connect(database)
    (end,) = connection.execute("SELECT last_position FROM journal WHERE number = 1").fetchone()
    connection.close()
    status, lines, _ = check(database)
    assert status == 1
    assert lines[1:] == [
        f"workspace {sid}: the journal row at position {end} begins before the last one ends, "
        f"at {end}",
        f"workspace {sid}: positions {end + 1} to {end + 1} are missing from its journal",
        "check: 1 workspaces, 2 problems",
    ]


async def test_events_that_cannot_have_happened_are_named(tmp_path: Path) -> None:
    database = tmp_path / "impossible.db"
    sid = await make(database)
    # The last row deletes a worker who never was: the row itself is well formed.
    body = pack(encode([WorkerDeleted("WK" + "f" * 32)]))
    change(
        database,
        (
            "UPDATE journal SET body = ?, last_position = first_position "
            "WHERE number = (SELECT MAX(number) FROM journal)",
            (body,),
        ),
    )
    status, lines, _ = check(database)
    assert status == 1
    assert re.match(
        rf"workspace {sid}: the journal row at position \d+ cannot be folded: KeyError", lines[1]
    )


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM journal", "is listed in the directory, but has no journal"),
        ("DELETE FROM workspaces", "does not delete it, but the directory does not list it"),
        ("UPDATE workspaces SET account_sid = 'AC1'", "the directory gives it to account AC1"),
    ],
)
async def test_a_directory_that_says_otherwise_is_a_problem(
    tmp_path: Path, statement: str, said: str
) -> None:
    database = tmp_path / "listed.db"
    sid = await make(database)
    change(database, (statement, ()))
    status, lines, _ = check(database)
    assert status == 1
    assert lines[1].startswith(f"workspace {sid}: ")
    assert said in lines[1]
    assert lines[2] == "check: 1 workspaces, 1 problems"


async def test_one_damaged_workspace_says_nothing_of_the_others(tmp_path: Path) -> None:
    database = tmp_path / "two.db"
    store = await open_store(f"sqlite:///{database}")
    directory = Directory(store, lambda: NOON_MS, os.urandom)
    await directory.open(ACCOUNT, "token")
    sids = []
    for name in ("one", "two"):
        create = ask.CreateWorkspace(account_sid=ACCOUNT, friendly_name=name)
        sids.append(await directory.create_workspace(create, lambda state, _: state.workspace.sid))
    await directory.close()
    await store.close()
    change(database, ("UPDATE journal SET body = x'02' WHERE workspace_sid = ?", (sids[0],)))
    status, lines, _ = check(database)
    assert status == 1
    assert lines[-1] == "check: 2 workspaces, 1 problems"
    assert any(line.startswith(f"workspace {sids[1]}: ") and "0 tasks" in line for line in lines)


async def test_a_truncated_file_is_one_line(tmp_path: Path) -> None:
    database = tmp_path / "truncated.db"
    await make(database, workers=300)
    os.truncate(database, database.stat().st_size // 2)
    status, lines, errors = check(database)
    assert (status, lines) == (1, [])
    assert errors.startswith(f"taskyard: database {database} is damaged")
    assert len(errors.splitlines()) == 1


def no_database(path: Path) -> None:
    path.write_text("a shopping list, and rather a long one\n" * 100)


def somebody_elses(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE shopping (item)")
    connection.close()


def newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA application_id = {0x54595244}")
    connection.execute("PRAGMA user_version = 9999")
    connection.close()


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.mkdir(), "cannot be opened"),
        (no_database, "is not a database"),
        (somebody_elses, "belongs to another program"),
        (newer, "is of schema version 9999, newer than"),
    ],
    ids=["missing", "empty", "folder", "text", "somebody's", "newer"],
)
def test_what_cannot_be_checked_is_one_line(
    tmp_path: Path, build: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "no.db"
    build(path)
    status, lines, errors = check(path)
    assert (status, lines) == (1, [])
    (line,) = errors.splitlines()
    assert line.startswith(f"taskyard: database {path} {said}")
    assert sorted(file.name for file in tmp_path.iterdir()) == (
        [path.name] if path.exists() else []
    )


@pytest.mark.parametrize("address", ["memory://", "sqlite:///"])
def test_an_address_that_is_no_file_is_one_line(address: str) -> None:
    status, lines, errors = check(address)
    assert (status, lines) == (1, [])
    assert errors == f"taskyard: database {address!r} is no file: use a path, or sqlite:///path\n"
