"""What every store promises about snapshots."""

import random
import sqlite3
from pathlib import Path

import pytest

from taskyard.stores import Append, SnapshotRow, Store, StoreError, open_store

from .rows import entry, journal, keep, row, workspace

W1, W2 = workspace(1), workspace(2)


def snapshot(workspace_sid: str, position: int, body: bytes = b"") -> SnapshotRow:
    return SnapshotRow(
        workspace_sid=workspace_sid,
        position=position,
        at_ms=1_700_000_000_000 + position,
        codec_version=1,
        length=4,
        digest=bytes(range(16)),
        body=body or f"{workspace_sid} {position}".encode(),
    )


async def listed(store: Store, *sids: str) -> None:
    for sid in sids:
        assert await store.append([Append(row=row(sid, 1), lists=entry(sid))]) == {}


async def kept(store: Store, workspace_sid: str) -> list[SnapshotRow]:
    return [one async for one in store.snapshots(workspace_sid)]


async def test_a_workspace_begins_without_a_snapshot(store: Store) -> None:
    await listed(store, W1)
    assert await kept(store, W1) == []


async def test_snapshots_come_back_as_they_were_kept_the_newest_first(store: Store) -> None:
    await listed(store, W1, W2)
    mine = [snapshot(W1, 5), snapshot(W1, 900)]
    for one in (*mine, snapshot(W2, 7)):
        await store.keep_snapshot(one)
    assert await kept(store, W1) == mine[::-1]
    assert await kept(store, W2) == [snapshot(W2, 7)]


async def test_the_newest_two_of_a_workspace_are_kept(store: Store) -> None:
    await listed(store, W1, W2)
    await store.keep_snapshot(snapshot(W2, 1))
    for position in (10, 30, 20, 40):
        await store.keep_snapshot(snapshot(W1, position))
    assert [one.position for one in await kept(store, W1)] == [40, 30]
    assert [one.position for one in await kept(store, W2)] == [1]


async def test_a_second_snapshot_at_a_position_takes_the_place_of_the_first(store: Store) -> None:
    await listed(store, W1)
    for position, body in ((5, b"five"), (9, b"old"), (9, b"new")):
        await store.keep_snapshot(snapshot(W1, position, body))
    assert [one.body for one in await kept(store, W1)] == [b"new", b"five"]


async def test_a_body_of_megabytes_is_any_bytes(store: Store) -> None:
    await listed(store, W1)
    body = random.Random(4).randbytes(6_000_000)
    await store.keep_snapshot(snapshot(W1, 3, body))
    assert (await kept(store, W1))[0].body == body


async def test_a_workspace_that_leaves_the_directory_leaves_no_snapshot(store: Store) -> None:
    await listed(store, W1, W2)
    for sid in (W1, W2):
        await store.keep_snapshot(snapshot(sid, 1))
    assert await store.append([Append(row=row(W1, 2), unlists=True)]) == {}
    await store.keep_snapshot(snapshot(W1, 2))  # by one who has not heard of it
    assert await kept(store, W1) == []
    assert len(await kept(store, W2)) == 1


async def test_snapshots_leave_the_journal_as_it_is(store: Store) -> None:
    await listed(store, W1)
    await store.keep_snapshot(snapshot(W1, 1))
    await keep(store, row(W1, 2))
    assert await journal(store, W1) == [row(W1, 1), row(W1, 2)]


async def test_a_closed_store_keeps_no_snapshot_and_says_so(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.keep_snapshot(snapshot(W1, 1))
    with pytest.raises(StoreError, match="closed"):
        await kept(store, W1)


async def test_a_file_from_before_there_were_snapshots_is_brought_up_to_date(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = await open_store(url)
    await listed(store, W1)
    await store.close()
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("DROP TABLE snapshots")
        connection.execute("DROP TABLE verified_snapshots")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    store = await open_store(url)
    await store.keep_snapshot(snapshot(W1, 1))
    assert await kept(store, W1) == [snapshot(W1, 1)]
    assert await journal(store, W1) == [row(W1, 1)]
    await store.close()
