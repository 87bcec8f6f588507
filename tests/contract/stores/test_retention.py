"""What every store promises about letting go of what is no longer to be kept."""

import asyncio
import random
import sqlite3
from pathlib import Path

import msgspec
import pytest

from taskyard.stores import (
    Append,
    KeptSnapshot,
    StalePosition,
    Store,
    StoreError,
    open_store,
    sqlite_file,
)
from taskyard.stores.sqlite import SqliteStore

from .rows import entry, journal, keep, row, workspace
from .test_snapshots import kept, snapshot

W1, W2, W3 = workspace(1), workspace(2), workspace(3)
EVER = 1 << 62


async def listed(store: Store, sid: str, rows: int) -> None:
    """A workspace with so many rows of two events each, one millisecond after another."""
    for number in range(rows):
        lists = entry(sid) if number == 0 else None
        one = row(sid, 2 * number + 1, 2 * number + 2)
        assert await store.append([Append(row=one, lists=lists)]) == {}


async def firsts(store: Store, sid: str) -> list[int]:
    return [one.first_position for one in await journal(store, sid)]


async def test_only_rows_that_end_by_the_position_go(store: Store) -> None:
    await listed(store, W1, 5)
    assert await store.prune(W1, 5, EVER, 100) == 2
    assert await firsts(store, W1) == [5, 7, 9]
    assert await store.prune(W1, 5, EVER, 100) == 0


async def test_only_rows_from_before_the_instant_go(store: Store) -> None:
    await listed(store, W1, 5)
    assert await store.prune(W1, EVER, row(W1, 5).at_ms, 100) == 2
    assert await firsts(store, W1) == [5, 7, 9]


async def test_no_more_rows_go_than_were_asked_for(store: Store) -> None:
    await listed(store, W1, 7)
    assert [await store.prune(W1, EVER, EVER, 3) for _ in range(3)] == [3, 3, 0]
    assert await firsts(store, W1) == [13]


async def test_an_older_instant_behind_a_newer_one_makes_no_gap(store: Store) -> None:
    await listed(store, W1, 2)
    for first, at_ms in ((5, EVER), (6, 0), (7, 0)):
        await keep(store, msgspec.structs.replace(row(W1, first), at_ms=at_ms))
    assert await store.prune(W1, EVER, EVER, 100) == 2
    assert await firsts(store, W1) == [5, 6, 7]


async def test_rows_of_other_workspaces_stay(store: Store) -> None:
    await listed(store, W1, 3)
    await listed(store, W2, 3)
    await store.prune(W1, EVER, EVER, 100)
    assert await firsts(store, W2) == [1, 3, 5]
    assert await store.prune(W3, EVER, EVER, 100) == 0


@pytest.mark.parametrize("at_most", [1, 4, 5, 6, 100])
async def test_the_fence_holds_although_the_rows_of_a_stale_writers_positions_are_gone(
    store: Store, at_most: int
) -> None:
    await listed(store, W1, 5)
    while await store.prune(W1, EVER, EVER, at_most):
        pass
    assert await firsts(store, W1) == [9]
    for stale in (1, 2, 3, 5, 8, 9, 10, 12):
        failures = await store.append([Append(row=row(W1, stale, body=b"late"))])
        assert isinstance(failures[W1], StalePosition), stale
    await keep(store, row(W1, 11))
    assert await firsts(store, W1) == [9, 11]


async def test_everything_of_a_deleted_workspace_may_go(store: Store) -> None:
    await listed(store, W1, 3)
    await store.keep_snapshot(snapshot(W1, 2))
    assert await store.append([Append(row=row(W1, 7), unlists=True)]) == {}
    assert await store.prune(W1, EVER, EVER, 3) == 3
    assert await store.prune(W1, EVER, EVER, 3) == 1
    assert await journal(store, W1) == []
    assert await store.extents() == []
    # One who still has it in memory cannot bring it back.
    assert isinstance((await store.append([Append(row=row(W1, 7))]))[W1], StalePosition)
    assert isinstance((await store.append([Append(row=row(W1, 8))]))[W1], StalePosition)


async def test_an_extent_says_from_where_to_where_a_journal_reaches(store: Store) -> None:
    assert await store.extents() == []
    await listed(store, W2, 4)
    await listed(store, W1, 1)
    await keep(store, row(W3, 1, 9))
    await store.prune(W2, 2, EVER, 9)
    mine, other, unlisted = sorted(await store.extents(), key=lambda one: one.workspace_sid)
    assert (other.first_position, other.last_position) == (3, 8)
    assert (other.first_ms, other.last_ms) == (row(W2, 3).at_ms, row(W2, 7).at_ms)
    assert (mine.first_position, mine.last_position, mine.snapshots) == (1, 2, ())
    assert (mine.listed, other.listed, unlisted.listed) == (True, True, False)
    assert (unlisted.first_position, unlisted.last_position) == (1, 9)


async def test_an_extent_has_its_snapshots_and_which_of_them_were_verified(store: Store) -> None:
    await listed(store, W1, 3)
    await listed(store, W2, 1)
    for at in (4, 2):
        await store.keep_snapshot(snapshot(W1, at))
    await store.mark_verified(snapshot(W1, 4))
    extents = {one.workspace_sid: one.snapshots for one in await store.extents()}
    assert extents == {
        W1: (
            KeptSnapshot(2, snapshot(W1, 2).at_ms, verified=False),
            KeptSnapshot(4, snapshot(W1, 4).at_ms, verified=True),
        ),
        W2: (),
    }


async def test_a_mark_does_not_pass_to_another_snapshot_at_the_same_position(store: Store) -> None:
    await listed(store, W1, 3)
    await store.keep_snapshot(snapshot(W1, 4))
    await store.mark_verified(snapshot(W1, 4))
    other = msgspec.structs.replace(snapshot(W1, 4), digest=b"of another body", body=b"other")
    await store.keep_snapshot(other)
    (extent,) = await store.extents()
    assert [one.verified for one in extent.snapshots] == [False]
    await store.mark_verified(other)
    (extent,) = await store.extents()
    assert [one.verified for one in extent.snapshots] == [True]


async def test_what_the_slowest_view_needs_is_kept_beside_the_newest_two(store: Store) -> None:
    await listed(store, W1, 1)

    async def keep_at(at: int, **views: int) -> list[int]:
        for view, position in views.items():
            await store.keep_event_blocks([], positions={W1: position}, view=view)
        await store.keep_snapshot(snapshot(W1, at))
        return [one.position for one in await kept(store, W1)]

    await keep_at(10, slow=15, fast=70)
    await keep_at(20)
    assert await keep_at(30) == [30, 20, 10]
    assert await keep_at(40, slow=25) == [40, 30, 20]
    assert await keep_at(50) == [50, 40, 20]
    assert await keep_at(60, slow=65) == [60, 50]


async def test_snapshots_go_up_to_a_position(store: Store) -> None:
    await listed(store, W1, 1)
    await listed(store, W2, 1)
    for sid in (W1, W2):
        for at in (10, 20):
            await store.keep_snapshot(snapshot(sid, at))
    await store.drop_snapshots(W1, 10)
    assert [one.position for one in await kept(store, W1)] == [20]
    assert [one.position for one in await kept(store, W2)] == [20, 10]


async def test_a_closed_store_prunes_nothing_and_says_so(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.prune(W1, EVER, EVER, 1)
    with pytest.raises(StoreError, match="closed"):
        await store.extents()
    with pytest.raises(StoreError, match="closed"):
        await store.mark_verified(snapshot(W1, 1))
    with pytest.raises(StoreError, match="closed"):
        await store.drop_snapshots(W1, 1)


# --- SQLite alone ---


async def test_large_rows_go_a_few_at_a_time(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "store.db")
    for position in range(1, 9):
        body = random.Random(position).randbytes(150_000)
        one = Append(row=row(W1, position, body=body), lists=entry(W1) if position == 1 else None)
        assert await store.append([one]) == {}
    assert [await store.prune(W1, EVER, EVER, 100) for _ in range(5)] == [2, 2, 2, 1, 0]
    await store.close()


async def test_commits_are_durable_again_after_a_prune_that_worked_and_one_that_failed(
    tmp_path: Path,
) -> None:
    store = await SqliteStore.open(tmp_path / "store.db", busy_timeout_s=0.05)
    await listed(store, W1, 3)

    def level(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA synchronous").fetchone()[0])

    full = await store._writer.call(level)
    assert await store.prune(W1, 2, EVER, 9) == 1
    assert await store._writer.call(level) == full == 2
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        await store.prune(W1, EVER, EVER, 9)
    other.close()
    assert await store._writer.call(level) == full
    await store.close()


async def test_a_file_from_before_there_was_retention_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    with monkeypatch.context() as then:
        earlier = sqlite_file._migrations()[:2]
        then.setattr(sqlite_file, "_migrations", lambda: earlier)
        store = await open_store(url)
        await listed(store, W1, 3)
        await store.close()
    store = await open_store(url)
    await store.keep_snapshot(snapshot(W1, 4))
    store = await open_store(url)
    (extent,) = await store.extents()
    assert [one.verified for one in extent.snapshots] == [False]
    await store.close()


async def test_a_commit_beside_a_prune_is_kept(store: Store) -> None:
    await listed(store, W1, 300)

    async def prune() -> None:
        while await store.prune(W1, EVER, EVER, 7):
            pass

    async def append() -> None:
        for position in range(601, 700):
            await keep(store, row(W1, position))

    await asyncio.gather(prune(), append())
    left = await firsts(store, W1)
    assert left == [*range(1, 600, 2), *range(601, 700)][-len(left) :]
