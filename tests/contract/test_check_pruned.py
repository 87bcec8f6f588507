"""`taskyard check` on journals whose beginning is gone, and on snapshots."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from taskyard.core.snapshot import Snapshot, capture, restore
from taskyard.core.state import State
from taskyard.engine.database_check import check_database
from taskyard.engine.journal import Journal
from taskyard.stores import JournalRow, open_store
from taskyard.stores.reading import BadRow, Extent
from taskyard.stores.snapshot_codec import decode_snapshot, encode_snapshot
from taskyard.stores.sqlite_reading import SqliteReading

from .test_check import change, check, make

EVER = 1 << 62


async def with_snapshots(database: Path | str, *after_rows: int, prune: bool = False) -> str:
    """A journal of five rows, with snapshots at the ends of these; pruned up to the first."""
    sid = await make(database)
    store = await open_store(database if isinstance(database, str) else f"sqlite:///{database}")
    state, number, positions = State(), 0, []
    async for turn in Journal(store).turns(sid, 0):
        number += 1
        for event in turn.events:
            state.apply(event, turn.at_ms)
        if number in after_rows:
            positions.append(turn.last_position)
            row = encode_snapshot(sid, turn.last_position, turn.at_ms, capture(state))
            await store.keep_snapshot(row)
    if prune:
        assert await store.prune(sid, positions[0], EVER, 100) == min(after_rows[0], 4)
    await store.close()
    return sid


def positions(database: Path) -> list[int]:
    connection = sqlite3.connect(database)
    found = connection.execute("SELECT position FROM snapshots ORDER BY position").fetchall()
    connection.close()
    return [position for (position,) in found]


async def replace_snapshot(
    database: Path, position: int, change: Callable[[State], object]
) -> None:
    """Let a whole and well-formed snapshot hold something else."""
    store = await open_store(f"sqlite:///{database}")
    (entry,) = await store.workspaces()
    async for row in store.snapshots(entry.sid):
        if row.position == position:
            state = restore(decode_snapshot(row))
            change(state)
            other: Snapshot = capture(state)
            await store.keep_snapshot(encode_snapshot(entry.sid, position, row.at_ms, other))
    await store.close()


@pytest.mark.parametrize("after_rows", [(1, 4), (2, 3), (4, 5), (2,), (5,)])
@pytest.mark.parametrize("prune", [True, False])
async def test_a_sound_journal_with_snapshots_is_summed_up(
    tmp_path: Path, after_rows: tuple[int, ...], prune: bool
) -> None:
    database = tmp_path / "sound.db"
    sid = await with_snapshots(database, *after_rows, prune=prune)
    connection = sqlite3.connect(database)
    first, last = connection.execute(
        "SELECT MIN(first_position), MAX(last_position) FROM journal"
    ).fetchone()
    connection.close()
    status, lines, errors = check(database)
    begins = f" from position {first}" if prune else ""
    assert lines == [
        f"workspace {sid}: {last - first + 1} events{begins}, 1 tasks, 3 workers, "
        f"{len(after_rows)} snapshots, last 2026-01-05T12:00:00.004Z",
        "check: 1 workspaces, 0 problems",
    ]
    assert (status, errors) == (0, "")


@pytest.mark.parametrize("prune", [True, False])
async def test_a_damaged_snapshot_is_named_and_the_journal_is_folded_all_the_same(
    tmp_path: Path, prune: bool
) -> None:
    database = tmp_path / "damaged.db"
    sid = await with_snapshots(database, 2, 4, prune=prune)
    _, newer = positions(database)
    change(database, ("UPDATE snapshots SET body = x'00' WHERE position = ?", (newer,)))
    status, lines, _ = check(database)
    assert status == 1
    assert "1 tasks, 3 workers, 1 snapshots" in lines[0]
    assert lines[1].startswith(f"workspace {sid}: the snapshot at position {newer} is damaged")
    assert lines[2:] == ["check: 1 workspaces, 1 problems"]


async def test_a_pruned_journal_without_a_good_snapshot_is_a_problem(tmp_path: Path) -> None:
    database = tmp_path / "lost.db"
    sid = await with_snapshots(database, 2, 4, prune=True)
    change(database, ("UPDATE snapshots SET digest = x'00'", ()))
    status, lines, _ = check(database)
    assert status == 1
    assert "tasks" not in lines[0]
    begins = positions(database)[0] + 1
    assert lines[1] == (
        f"workspace {sid}: its journal begins at position {begins}, what came before was pruned, "
        "and there is no good snapshot to begin with"
    )
    assert lines[-1] == "check: 1 workspaces, 3 problems"


@pytest.mark.parametrize("prune", [True, False])
async def test_a_snapshot_that_is_whole_but_not_what_the_journal_comes_to_is_a_problem(
    tmp_path: Path, prune: bool
) -> None:
    database = tmp_path / "other.db"
    sid = await with_snapshots(database, 2, 4, prune=prune)
    newer = positions(database)[1]
    await replace_snapshot(database, newer, lambda state: state.workers.popitem())
    status, lines, _ = check(database)
    assert status == 1
    assert lines[1:] == [
        f"workspace {sid}: folded to position {newer}, its journal comes to something else than "
        "the snapshot there holds",
        "check: 1 workspaces, 1 problems",
    ]


@pytest.mark.parametrize("prune", [True, False])
@pytest.mark.parametrize("beyond", [True, False])
async def test_a_snapshot_where_no_row_ends_is_a_problem(
    tmp_path: Path, beyond: bool, prune: bool
) -> None:
    database = tmp_path / "beyond.db"
    sid = await with_snapshots(database, 1, 3, prune=prune)
    store = await open_store(f"sqlite:///{database}")
    async for row in store.snapshots(sid):
        at = row.position + 1_000
        if not beyond:  # a row of two events, and the snapshot at the first of them
            connection = sqlite3.connect(database)
            (at,) = connection.execute(
                "SELECT MAX(first_position) FROM journal WHERE last_position > first_position"
            ).fetchone()
            connection.close()
        await store.keep_snapshot(
            encode_snapshot(sid, at, row.at_ms, capture(restore(decode_snapshot(row))))
        )
        break
    await store.close()
    status, lines, _ = check(database)
    assert status == 1
    assert lines[1].startswith(
        f"workspace {sid}: the snapshot at position {at} does not lie at the end of a row"
    ), lines


async def test_a_directory_that_gives_a_pruned_workspace_to_another_is_a_problem(
    tmp_path: Path,
) -> None:
    database = tmp_path / "listed.db"
    await with_snapshots(database, 2, 4, prune=True)
    change(database, ("UPDATE workspaces SET account_sid = 'AC1'", ()))
    status, lines, _ = check(database)
    assert status == 1
    assert "the directory gives it to account AC1, its snapshots to AC" in lines[1]


@pytest.mark.parametrize("deleted", [True, False])
async def test_a_server_that_prunes_meanwhile_makes_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    database = tmp_path / "busy.db"
    sid = await with_snapshots(database, 2, 4)
    if deleted:
        change(database, ("DELETE FROM workspaces", ()), ("DELETE FROM snapshots", ()))
    rows, store = SqliteReading.rows, sqlite3.connect(database, isolation_level=None)
    store.execute("UPDATE workspaces SET created_ms = created_ms")  # there is a log, as of a server
    attempts: list[int] = []

    def prune_in_between(opened: SqliteReading, extent: Extent) -> Iterator[JournalRow | BadRow]:
        attempts.append(1)
        for number, row in enumerate(rows(opened, extent)):
            if number == 0 and len(attempts) == 1:
                store.execute("DELETE FROM journal WHERE ? OR number < 3", (deleted,))
            elif number == 1 and len(attempts) == 1:
                continue  # read in two pieces, it would have found the second row gone
            yield row

    monkeypatch.setattr(SqliteReading, "rows", prune_in_between)
    said: list[str] = []
    assert check_database(str(database), said.append), said
    store.close()
    if deleted:
        assert said == ["check: 0 workspaces, 0 problems"]
    else:
        assert said[0].startswith(f"workspace {sid}: ")
        assert len(attempts) == 2
