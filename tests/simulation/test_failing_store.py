"""The store that fails keeps what it says, or says that nobody knows."""

from collections.abc import Collection
from random import Random

import pytest

from taskyard.simulator.ordeal.failing_store import failing
from taskyard.simulator.ordeal.faults import Faults
from taskyard.stores import Append, JournalRow, Store, StoreError
from taskyard.stores.memory import MemoryStore

SIDS = ("WS1", "WS2", "WS3", "WS4")


class Certain(Faults):
    """These go wrong whenever they can, and nothing else does."""

    def __init__(self, *kinds: str) -> None:
        super().__init__(Random(3))
        self.kinds = kinds

    def strike(self, kind: str) -> bool:
        return kind in self.kinds


def rows() -> list[Append]:
    return [
        Append(
            row=JournalRow(
                workspace_sid=sid,
                first_position=1,
                last_position=1,
                at_ms=1,
                codec_version=2,
                body=b"",
            )
        )
        for sid in SIDS
    ]


async def kept_in(store: Store) -> set[str]:
    return {sid for sid in SIDS if [row async for row in store.rows(sid, 0)]}


@pytest.mark.parametrize(
    ("fault", "possible"),
    [
        ("append refused", [set()]),
        ("append kept, answer lost", [set(SIDS)]),
        ("append torn", [set(SIDS[:most]) for most in range(len(SIDS))]),
    ],
)
async def test_whoever_is_told_of_a_failure_cannot_know_what_was_kept(
    fault: str, possible: Collection[set[str]]
) -> None:
    inner = MemoryStore()
    store, _ = failing(inner, Certain(fault))
    failures = await store.append(rows())
    kept = await kept_in(inner)
    assert kept in possible
    assert failures.keys() == (set(SIDS) if fault != "append torn" else set(SIDS) - kept)


async def test_without_faults_it_is_the_store_itself() -> None:
    store, _ = failing(MemoryStore(), Certain())
    assert await store.append(rows()) == {}
    assert await kept_in(store) == set(SIDS)


async def test_what_was_cut_off_gets_nothing_through() -> None:
    inner = MemoryStore()
    store, way = failing(inner, Certain())
    way.cut()
    assert (await store.append(rows())).keys() == set(SIDS)
    assert await kept_in(inner) == set()
    with pytest.raises(StoreError):
        await store.workspaces()
    with pytest.raises(StoreError):
        await kept_in(store)
