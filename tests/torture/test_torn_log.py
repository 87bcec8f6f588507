"""What a disk may leave of the last writes: the write-ahead log cut off, or with damage in it.

A commit is flushed before it is acknowledged, so that only what nobody was told of can be torn.
Here the log is torn anywhere all the same: what comes before the tear has to be there, to the last
row.
"""

import bisect
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.stores.rows import ACCOUNT, entry, journal, keep, row, workspace
from taskyard.stores import Account, Append, open_store
from taskyard.stores.sqlite import SqliteStore

from .rounds import ROUNDS, dice

W1 = workspace(1)
ROWS, TEARS = 40, 8 * ROUNDS


def cut(log: bytes, at: int, _: random.Random) -> bytes:
    return log[:at]


def damaged(log: bytes, at: int, rolls: random.Random) -> bytes:
    return log[:at] + bytes([log[at] ^ rolls.randrange(1, 256)]) + log[at + 1 :]


def overwritten(log: bytes, at: int, rolls: random.Random) -> bytes:
    """With what was there before: nothing, or anything, but not by chance with the same byte."""
    rest = len(log) - at
    before = bytes(rest) if rolls.random() < 0.5 else rolls.randbytes(rest)
    torn = log[:at] + before
    return torn if torn[at] != log[at] else damaged(torn, at, rolls)


Tear = Callable[[bytes, int, random.Random], bytes]


async def written(path: Path, rolls: random.Random) -> list[int]:
    """Keep rows and give back how long the log was when each was acknowledged; then die."""
    store = await SqliteStore.open(path)
    log = path.with_name(f"{path.name}-wal")
    await store.keep_account(Account(ACCOUNT, "token"))
    await store.append([Append(row=row(W1, 1), lists=entry(W1))])
    ends = [log.stat().st_size]
    for position in range(2, ROWS + 1):
        await keep(store, row(W1, position, body=rolls.randbytes(rolls.choice((20, 900, 9_000)))))
        ends.append(log.stat().st_size)
    # A close would move the log into the database: what was left is looked at before that.
    shutil.copytree(path.parent, path.parent.with_name("dead"))
    await store.close()
    assert ends == sorted(set(ends)), "the log was begun anew"
    return ends


@pytest.mark.parametrize("tear", [cut, damaged, overwritten], ids=lambda one: one.__name__)
async def test_of_a_log_that_is_torn_everything_before_the_tear_is_there_and_it_goes_on(
    tear: Tear, tmp_path: Path, tally: Callable[..., None]
) -> None:
    rolls = dice(f"torn log {tear.__name__}")
    (tmp_path / "alive").mkdir()
    ends = await written(tmp_path / "alive" / "taskyard.db", rolls)
    log = (tmp_path / "dead" / "taskyard.db-wal").read_bytes()
    places = [ends[0], ends[-1] - 1, *(rolls.randrange(ends[0], ends[-1]) for _ in range(TEARS))]
    for number, at in enumerate(places):
        folder = tmp_path / f"torn {number}"
        shutil.copytree(tmp_path / "dead", folder, ignore=shutil.ignore_patterns("*-shm"))
        (folder / "taskyard.db-wal").write_bytes(tear(log, at, rolls))
        kept = bisect.bisect_right(ends, at)
        for there in (kept, kept + 1):  # and it goes on from there, after one more start
            store = await open_store(f"sqlite:///{folder}/taskyard.db", create=False)
            try:
                rows = await journal(store, W1)
                assert [one.first_position for one in rows] == [*range(1, there + 1)], (at, ends)
                assert [one.sid for one in await store.workspaces()] == [W1]
                await keep(store, row(W1, there + 1))
            finally:
                await store.close()
        shutil.rmtree(folder)
    tally("SQLite: log torn", **{f"times {tear.__name__}": len(places)})
