"""When the write-ahead log is moved: never where SQLite could lose a commit."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from taskyard.stores.sqlite_checkpoints import Checkpoints

MUCH = 5 << 20


class Held:
    """In place of a thread: what is submitted runs when the test says so."""

    def __init__(self) -> None:
        self.work: list[Callable[[sqlite3.Connection], Any]] = []

    def submit(self, work: Callable[[sqlite3.Connection], Any]) -> None:
        self.work.append(work)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "held.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    yield connection
    connection.close()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def checkpoints(tmp_path: Path, held: Held, monkeypatch: pytest.MonkeyPatch) -> Checkpoints:
    monkeypatch.setattr(
        "taskyard.stores.sqlite_checkpoints.ConnectionThread", lambda *_, **__: held
    )
    return Checkpoints(tmp_path / "held.db", log_limit_bytes=1 << 20)


def test_one_commit_alone_moves_nothing_however_large(checkpoints: Checkpoints, held: Held) -> None:
    checkpoints.count(1, MUCH)
    assert held.work == []
    checkpoints.count(1, 1)
    assert len(held.work) == 1


def test_commits_beside_a_checkpoint_do_not_bring_on_the_next(
    checkpoints: Checkpoints, held: Held, log: sqlite3.Connection
) -> None:
    checkpoints.count(1, MUCH)
    checkpoints.count(1, MUCH)
    for _ in range(9):
        checkpoints.count(1, MUCH)
    (first,) = held.work
    first(log)
    checkpoints.count(1, MUCH)
    assert len(held.work) == 1
    checkpoints.count(1, 1)
    assert len(held.work) == 2


def test_a_checkpoint_that_fails_is_followed_by_another(
    checkpoints: Checkpoints, held: Held, log: sqlite3.Connection
) -> None:
    log.close()
    for _ in range(2):
        checkpoints.count(1, MUCH)
    held.work[0](log)
    for _ in range(2):
        checkpoints.count(1, MUCH)
    assert len(held.work) == 2


@pytest.mark.parametrize(("mebibytes", "is_cut"), [(2, False), (5, True)])
def test_a_long_log_is_written_over_and_a_very_long_one_cut_off(
    checkpoints: Checkpoints,
    held: Held,
    log: sqlite3.Connection,
    tmp_path: Path,
    mebibytes: int,
    is_cut: bool,
) -> None:
    log.execute("PRAGMA wal_autocheckpoint = 0")
    log.execute("CREATE TABLE some (body BLOB)")
    log.execute("INSERT INTO some VALUES (zeroblob(?))", (mebibytes << 20,))
    file = tmp_path / "held.db-wal"
    size = file.stat().st_size
    for _ in range(2):
        checkpoints.count(1, MUCH)
    held.work[0](log)
    assert file.stat().st_size == (0 if is_cut else size)
    log.execute("INSERT INTO some VALUES (1)")
    assert file.stat().st_size == size or is_cut, "the next commit begins where the log began"


def test_the_log_is_not_truncated_while_a_reader_holds_it_back(
    tmp_path: Path, held: Held, checkpoints: Checkpoints, log: sqlite3.Connection
) -> None:
    checkpoints._log_limit_bytes = 0
    log.execute("CREATE TABLE t (a)")
    reader = sqlite3.connect(tmp_path / "held.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM t").fetchall()
    statements: list[str] = []
    log.set_trace_callback(statements.append)
    for is_read in (True, False):
        log.execute("INSERT INTO t VALUES (1)")
        log.execute("INSERT INTO t VALUES (2)")
        for _ in range(2):
            checkpoints.count(1, MUCH)
        held.work.pop()(log)
        truncated = "PRAGMA wal_checkpoint(TRUNCATE)" in statements
        assert truncated is not is_read
        if is_read:
            reader.execute("ROLLBACK")
    reader.close()
