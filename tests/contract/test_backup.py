"""`taskyard backup` and `taskyard restore` as an operator runs them, beside servers too."""

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from taskyard.stores import sqlite_copying, sqlite_file
from taskyard.stores.interface import StoreError
from taskyard.stores.sqlite_copying import made_for

from .test_check import change, check, make

GUARD_S = 120  # against a hang only
ACCOUNT, TOKEN = "AC" + "0f" * 16, "t" * 32
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("TASKYARD_")},
    "TASKYARD_ACCOUNT_SID": ACCOUNT,
    "TASKYARD_AUTH_TOKEN": TOKEN,
}


def taskyard(folder: Path, *arguments: str, file_limit: int | None = None) -> tuple[int, str, str]:
    def limit() -> None:
        if file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    ran = subprocess.run(
        [sys.executable, "-m", "taskyard", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
        preexec_fn=limit,
    )
    return ran.returncode, ran.stdout, ran.stderr


def names_in(folder: Path) -> dict[str, int]:
    """The files of a folder, and which they are: one that was replaced is another."""
    return {file.name: file.stat().st_ino for file in folder.iterdir()}


def refused(folder: Path, *arguments: str, file_limit: int | None = None) -> str:
    """The one line that a refused command prints; the folder stays as it was."""
    before = names_in(folder)
    status, out, error = taskyard(folder, *arguments, file_limit=file_limit)
    assert (status, out) == (1, "")
    assert error.startswith("taskyard: ")
    assert error.count("\n") == 1, error
    assert names_in(folder) == before
    return error


@dataclass
class Served:
    """A server process on `taskyard.db` in a folder, and somebody who calls it."""

    session: aiohttp.ClientSession
    url: str
    acknowledged: list[str] = field(default_factory=list)
    is_busy: asyncio.Event = field(default_factory=asyncio.Event)

    async def make_workspace(self) -> None:
        form = {"FriendlyName": "Kept", "Template": "FIFO"}
        async with self.session.post(f"{self.url}/v1/Workspaces", data=form) as reply:
            assert reply.status == 201
            self.workspace = f"/v1/Workspaces/{(await reply.json())['sid']}"

    async def create_one(self) -> None:
        form = {"Attributes": '{"number":1}'}
        async with self.session.post(f"{self.url}{self.workspace}/Tasks", data=form) as reply:
            assert reply.status == 201
            self.acknowledged.append((await reply.json())["sid"])

    async def create_tasks(self) -> None:
        """One after another, until it is canceled."""
        while True:
            await self.create_one()
            if len(self.acknowledged) >= 100:
                self.is_busy.set()

    async def has(self, task_sid: str) -> bool:
        async with self.session.get(f"{self.url}{self.workspace}/Tasks/{task_sid}") as reply:
            return reply.status == 200


@contextlib.asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Served]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "taskyard", "serve", "--port", "0"),
        cwd=folder,
        env={**ENVIRONMENT, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(GUARD_S):
            line = await process.stdout.readline()
            while b"listening on " not in line:
                assert line, "the server has ended"
                line = await process.stdout.readline()
        url = line.decode().split("listening on ")[1].strip().rstrip("/")
        async with aiohttp.ClientSession(
            headers={"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
        ) as session:
            yield Served(session, url)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


# --- beside a server ---


async def test_what_was_acknowledged_before_a_backup_under_load_is_served_after_its_restore(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as server:
        await server.make_workspace()
        async with asyncio.TaskGroup() as group:
            load = [group.create_task(server.create_tasks()) for _ in range(4)]
            await server.is_busy.wait()
            for number in (1, 2):
                before = list(server.acknowledged)
                target = f"backup-{number}.db"
                status, out, error = await asyncio.to_thread(taskyard, tmp_path, "backup", target)
                assert (status, error) == (0, "")
                lines = out.splitlines()
                size = (tmp_path / target).stat().st_size
                assert lines == [
                    "check: 1 workspaces, 0 problems",
                    f"backup: {target}, {size} bytes",
                ]
                assert len(server.acknowledged) > len(before)
            for one in load:
                one.cancel()
        assert "is in use by a server" in await asyncio.to_thread(
            refused, tmp_path, "restore", "backup-2.db", "--force"
        )
    other = tmp_path / "other"
    other.mkdir()
    assert taskyard(other, "restore", "../backup-2.db")[0] == 0
    assert check(other / "taskyard.db")[0] == 0
    async with served(other) as again:
        again.workspace = server.workspace
        assert all([await again.has(sid) for sid in before])
        await again.create_one()


# --- alone ---


async def test_a_restore_replaces_the_database_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    await make(tmp_path / "taskyard.db")
    assert taskyard(tmp_path, "backup", "kept.db")[0] == 0
    # A server that was killed leaves its log, which must not come over the restored file.
    writer = sqlite_file.connect(tmp_path / "taskyard.db", 1)
    writer.execute("DELETE FROM journal")
    for name in ("taskyard.db", "taskyard.db-wal", "taskyard.db-shm"):
        shutil.copy(tmp_path / name, tmp_path / f"{name}.copy")
    writer.close()
    for name in ("taskyard.db", "taskyard.db-wal", "taskyard.db-shm"):
        (tmp_path / f"{name}.copy").rename(tmp_path / name)
    assert "0 events" in check(tmp_path / "taskyard.db")[1][0]
    status, _, error = taskyard(tmp_path, "restore", "kept.db", "--force")
    assert (status, error) == (0, "")
    assert check(tmp_path / "taskyard.db") == check(tmp_path / "kept.db")
    assert check(tmp_path / "taskyard.db")[0] == 0
    assert names_in(tmp_path).keys() == {"kept.db", "taskyard.db"}


async def test_a_copy_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    await make(tmp_path / "taskyard.db")
    taskyard(tmp_path, "backup", "kept.db")
    assert (tmp_path / "kept.db").stat().st_mode & 0o777 == 0o600


async def test_nothing_that_is_there_is_replaced_without_force(tmp_path: Path) -> None:
    await make(tmp_path / "taskyard.db")
    (tmp_path / "kept.db").write_text("something else")
    said = f"taskyard: file {tmp_path}/kept.db is there already: --force replaces it\n"
    assert refused(tmp_path, "backup", "kept.db") == said
    assert (tmp_path / "kept.db").read_text() == "something else"
    assert taskyard(tmp_path, "backup", "kept.db", "--force")[0] == 0
    assert check(tmp_path / "kept.db")[0] == 0
    assert "taskyard.db is there already" in refused(tmp_path, "restore", "kept.db")


async def test_a_log_that_is_left_alone_is_not_replaced_without_force(tmp_path: Path) -> None:
    await make(tmp_path / "kept.db")
    (tmp_path / "taskyard.db-wal").write_bytes(b"all that is left")
    assert "taskyard.db-wal is there already" in refused(tmp_path, "restore", "kept.db")


async def test_a_damaged_database_is_replaced(tmp_path: Path) -> None:
    await make(tmp_path / "kept.db")
    (tmp_path / "taskyard.db").write_bytes(b"\0" * 5_000)
    assert taskyard(tmp_path, "restore", "kept.db", "--force")[0] == 0
    assert check(tmp_path / "taskyard.db")[0] == 0


async def test_a_database_with_problems_is_neither_backed_up_nor_restored(tmp_path: Path) -> None:
    await make(tmp_path / "taskyard.db")
    change(tmp_path / "taskyard.db", ("DELETE FROM journal WHERE number = 2", ()))
    for arguments in (
        ["backup", "kept.db"],
        ["restore", "taskyard.db", "--database", "sqlite:///n"],
    ):
        assert "taskyard.db has problems, and nothing was copied" in refused(tmp_path, *arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["backup", "missing/kept.db"], "its folder does not exist"),
        (["backup", "folder"], "folder is a folder: name the file that is to be made"),
        (["backup", "taskyard.db", "--force"], "taskyard.db is the database itself"),
        (["backup", "kept.db", "--database", "sqlite:///none.db"], "none.db does not exist"),
        (["backup", "kept.db", "--database", "memory://"], "is no file: use a path, or sqlite:///"),
        (
            ["backup", "kept.db", "--database", "postgresql://me:secret@host/name"],
            "'postgresql://me:********@host/name': pg_dump and pg_restore copy a PostgreSQL",
        ),
        (["restore", "none.db", "--force"], "none.db does not exist"),
        (["restore", "text", "--force"], "text is not a database"),
        (["restore", "newer.db", "--force"], "newer.db is of schema version 99, newer than the"),
        (["restore", "others.db", "--force"], "others.db belongs to another program"),
        (["restore", "empty.db", "--force"], "empty.db is empty: no server has used it yet"),
    ],
)
async def test_what_cannot_be_copied_is_refused_in_one_line(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    await make(tmp_path / "taskyard.db")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no database at all, and long enough to be read as one" * 99)
    (tmp_path / "empty.db").touch()
    await make(tmp_path / "newer.db")
    for name, statement in {
        "newer.db": "PRAGMA user_version = 99",
        "others.db": "CREATE TABLE other (a)",
    }.items():
        with contextlib.closing(sqlite3.connect(tmp_path / name)) as connection:
            connection.execute(statement)
    assert said in refused(tmp_path, *arguments)


async def test_a_copy_that_has_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    await make(tmp_path / "taskyard.db")
    size = (tmp_path / "taskyard.db").stat().st_size
    said = refused(tmp_path, "backup", "kept.db", file_limit=size // 2)
    assert "kept.db" in said
    assert "cannot be read or written" in said


# --- taking the place ---


def test_a_server_that_waited_for_the_replaced_file_is_told_that_it_is_none(tmp_path: Path) -> None:
    place = tmp_path / "taskyard.db"
    place.write_bytes(b"old")
    with place.open("rb") as opened_before:
        with made_for(place, overwrite=True) as made:
            made.write_bytes(b"new")
        assert opened_before.read().startswith(b"replaced by `taskyard`")
    assert place.read_bytes() == b"new"


def test_a_replaced_file_that_has_another_name_stays_as_it_was(tmp_path: Path) -> None:
    place, other = tmp_path / "taskyard.db", tmp_path / "other.db"
    place.write_bytes(b"old")
    other.hardlink_to(place)
    with made_for(place, overwrite=True) as made:
        made.write_bytes(b"new")
    assert (place.read_bytes(), other.read_bytes()) == (b"new", b"old")


def test_a_file_that_comes_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    place = tmp_path / "kept.db"
    with pytest.raises(StoreError, match="is there already"), made_for(place, overwrite=False):
        place.write_bytes(b"somebody else's")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"somebody else's"]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_place_that_cannot_be_taken_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    place = tmp_path / "taskyard.db"
    if is_there:
        place.write_bytes(b"old")
        (tmp_path / "taskyard.db-wal").write_bytes(b"its log")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with (
        pytest.raises(StoreError, match=r"taskyard\.db cannot be written: No space left on device"),
        made_for(place, overwrite=True),
    ):
        pass
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_lock_that_is_asked_for_is_the_one_that_sqlite_holds(tmp_path: Path) -> None:
    place = tmp_path / "taskyard.db"
    holder = (
        "import sqlite3, sys\n"
        f"connection = sqlite3.connect({str(place)!r}, isolation_level=None)\n"
        "connection.execute('PRAGMA journal_mode = WAL')\n"
        "connection.execute('CREATE TABLE t (a)')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with (
            pytest.raises(StoreError, match="is in use"),
            sqlite_copying._claimed(place, overwrite=True),
        ):
            pass
        process.communicate()
    with sqlite_copying._claimed(place, overwrite=True):
        pass
