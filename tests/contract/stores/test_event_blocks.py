"""What every store promises about the event index, and what a block gives back."""

import zlib
from typing import Any

import msgspec
import pytest

from taskyard.core.causes import Cause
from taskyard.core.event_details import (
    EventDetails,
    EventRecord,
    TaskChannelDetails,
    TaskDetails,
    TransferDetails,
    WorkerDetails,
)
from taskyard.core.events import TaskDeleted, TransferCanceled, WorkerDeleted
from taskyard.core.ids import ReservationSid, TaskSid, TransferSid, WorkerSid
from taskyard.core.model import TaskStatus, TransferMode, TransferStatus, TransferType
from taskyard.core.steps import at_once
from taskyard.stores import BlockSearch, EventBlock, StaleView, Store, StoreError
from taskyard.stores.event_blocks import decode_block, encoding_block, names_of, packed, term

from .rows import workspace

W1, W2 = workspace(1), workspace(2)
T1, T2 = f"WT{1:032x}", f"WT{2:032x}"
CHANNEL = TaskChannelDetails(f"TC{77:032x}", "voice", "Voice", False)


def record(position: int, task_sid: str = T1, at_ms: int | None = None) -> EventRecord:
    task = TaskDetails(
        task_sid, "{}", TaskStatus.CANCELED, 0, 1, 0, 0, None, CHANNEL, None, None, None
    )
    return EventRecord(
        position,
        1_000 * position if at_ms is None else at_ms,
        TaskDeleted(task_sid),
        EventDetails("workspace", task=task),
        Cause("account", "AC1", "203.0.113.7") if position % 2 else None,
    )


def block(workspace_sid: str, first: int, last: int, task_sid: str = T1) -> EventBlock:
    records = [record(position, task_sid) for position in range(first, last + 1)]
    return packed(at_once(encoding_block(workspace_sid, records)))


async def found(store: Store, workspace_sid: str = W1, **asked: Any) -> list[EventBlock]:
    search = BlockSearch(workspace_sid=workspace_sid, **asked)
    return [one async for one in store.event_blocks(search)]


async def keep(store: Store, *blocks: EventBlock, **also: Any) -> None:
    positions = {one.workspace_sid: one.last_position for one in blocks}
    await store.keep_event_blocks(blocks, **({"positions": positions, "view": "events"} | also))


def test_a_block_gives_its_events_back() -> None:
    records = [record(1), record(2, T2)]
    kept = packed(at_once(encoding_block(W1, records)))
    assert decode_block(kept) == records
    assert (kept.first_position, kept.last_position, kept.count) == (1, 2, 2)
    assert (kept.first_ms, kept.last_ms) == (1_000, 2_000)


def test_an_event_can_be_found_by_all_that_it_is_about() -> None:
    names = set(names_of(record(1)))
    assert names == {"task.deleted", T1, CHANNEL.sid, "voice"}
    terms = at_once(encoding_block(W1, [record(1)])).terms
    assert sorted(terms[at : at + 8] for at in range(0, len(terms), 8)) == sorted(map(term, names))


def test_an_event_of_a_transfer_can_be_found_by_who_began_it_and_whom_it_leads_to() -> None:
    transfer = TransferDetails(
        TransferSid("TT1"),
        TaskSid(T1),
        TransferMode.WARM,
        TransferType.WORKER,
        "WK2",
        TransferStatus.CANCELED,
        ReservationSid("WR1"),
        WorkerSid("WK1"),
        None,
        None,
        None,
        0,
        0,
    )
    event = TransferCanceled(TransferSid("TT1"), TaskSid(T1))
    told = EventRecord(1, 0, event, EventDetails("workspace", transfer=transfer), None)
    assert set(names_of(told)) == {"task.transfer-canceled", "TT1", "WR1", "WK1", "WK2"}


def test_a_name_that_looks_like_a_sid_has_a_term_too() -> None:
    assert len(term("WK" + "z" * 32)) == len(term("x")) == len(term(T1)) == 8


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"codec_version": 99}, "of version 99, which this release does not know"),
        ({"body": b"\x00"}, "cannot be read"),
        ({"body": zlib.compress(b"\xc1")}, "cannot be read"),
        ({"body": zlib.compress(msgspec.msgpack.encode([[1], [], [], [], []]))}, "cannot be read"),
    ],
)
def test_a_block_that_cannot_be_read_is_named(damage: dict[str, Any], said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        decode_block(msgspec.structs.replace(block(W1, 5, 6), **damage))
    assert f"workspace {W1}: the event block at position 5" in str(caught.value)


async def test_a_view_begins_at_the_beginning(store: Store) -> None:
    assert await store.view_position("events", W1) == 0
    assert await found(store) == []


async def test_blocks_come_back_as_they_were_kept_the_newest_first(store: Store) -> None:
    mine = [block(W1, 1, 4), block(W1, 5, 9)]
    await keep(store, *mine, block(W2, 1, 2))
    assert await found(store) == mine[::-1]
    assert await found(store, W2) == [block(W2, 1, 2)]


@pytest.mark.parametrize(
    ("after", "firsts"), [(0, [1, 5, 12]), (3, [1, 5, 12]), (4, [5, 12]), (9, [12]), (13, [])]
)
async def test_blocks_are_read_on_from_a_position_the_oldest_first(
    store: Store, after: int, firsts: list[int]
) -> None:
    await keep(store, block(W1, 5, 9), block(W1, 1, 4), block(W2, 1, 2))
    await keep(store, block(W1, 12, 13))
    forth = await found(store, after_position=after, oldest_first=True)
    assert [one.first_position for one in forth] == firsts
    assert [one.first_position for one in await found(store, after_position=after)] == firsts[::-1]


async def test_positions_are_kept_with_the_blocks_for_each_view(store: Store) -> None:
    await keep(store, block(W1, 1, 4), block(W2, 1, 2))
    await keep(store, view="other", positions={W1: 77})
    await keep(store, block(W1, 5, 6))
    assert await store.view_position("events", W1) == 6
    assert await store.view_position("events", W2) == 2
    assert await store.view_position("other", W1) == 77
    assert await store.view_position("other", W2) == 0


async def test_a_great_many_blocks_are_kept_at_once(store: Store) -> None:
    many = [block(workspace(number), 1, 1) for number in range(250)]
    await keep(store, *many)
    assert await found(store, workspace(249)) == [many[249]]
    assert await store.view_position("events", workspace(249)) == 1


@pytest.mark.parametrize(
    ("asked", "firsts"),
    [
        ({}, [7, 4, 1]),
        ({"before_position": 7}, [4, 1]),
        ({"before_position": 8}, [7, 4, 1]),
        ({"from_ms": 6_000}, [7, 4]),
        ({"from_ms": 6_001}, [7]),
        ({"to_ms": 4_000}, [4, 1]),
        ({"to_ms": 3_999}, [1]),
        ({"terms": (term(T2),)}, [4]),
        ({"terms": (term(T2), term("voice"))}, [4]),
        ({"terms": (term(T1), term(T2))}, []),
        ({"terms": (term("task.created"),)}, []),
    ],
)
async def test_a_search_gives_the_blocks_that_can_hold_what_is_wanted(
    store: Store, asked: dict[str, Any], firsts: list[int]
) -> None:
    await keep(store, block(W1, 1, 3), block(W1, 4, 6, T2), block(W1, 7, 9))
    assert [one.first_position for one in await found(store, **asked)] == firsts


async def test_blocks_take_the_place_of_others(store: Store) -> None:
    small = [block(W1, 1, 2), block(W1, 3, 4)]
    await keep(store, *small)
    large = block(W1, 1, 4)
    await store.keep_event_blocks([large], instead_of=small, positions={}, view="events")
    assert await found(store) == [large]
    assert await store.view_position("events", W1) == 4


async def test_what_cannot_be_kept_leaves_everything_as_it_was(store: Store) -> None:
    await keep(store, block(W1, 1, 2))
    await store.close()
    with pytest.raises(StoreError):
        await keep(store, block(W1, 3, 4))


async def test_old_blocks_go_a_few_at_a_time_the_oldest_first(store: Store) -> None:
    await keep(store, block(W1, 1, 3), block(W2, 2, 4), block(W1, 4, 6))
    assert await store.drop_event_blocks(before_ms=6_000, at_most=1) == 1
    assert [one.first_position for one in await found(store)] == [4]
    assert [one.first_position for one in await found(store, W2)] == [2]
    assert await store.drop_event_blocks(before_ms=6_000, at_most=5) == 1
    assert await store.drop_event_blocks(before_ms=6_000, at_most=5) == 0
    assert [one.first_position for one in await found(store)] == [4]
    assert await store.view_position("events", W1) == 6


def test_a_worker_is_among_the_names() -> None:
    worker = WorkerDetails("WK1", "alice", "{}", 0, None)  # type: ignore[arg-type]
    about = EventRecord(1, 1, WorkerDeleted("WK1"), EventDetails("w", worker=worker), None)
    assert set(names_of(about)) == {"worker.deleted", "WK1"}


async def test_blocks_are_not_kept_twice_by_somebody_who_was_too_slow(store: Store) -> None:
    await keep(store, block(W1, 1, 4), after={W1: 0})
    with pytest.raises(StaleView):
        await keep(store, block(W1, 1, 4), after={W1: 0})
    with pytest.raises(StaleView):
        await keep(store, block(W1, 3, 6), after={W1: 2})
    assert await store.view_position("events", W1) == 4
    await keep(store, block(W1, 5, 6), after={W1: 4})
    assert await store.view_position("events", W1) == 6


async def test_blocks_that_somebody_else_has_put_together_stay_as_they_are(store: Store) -> None:
    small, large = [block(W1, 1, 2), block(W1, 3, 4)], block(W1, 1, 4)
    await keep(store, *small)
    await store.keep_event_blocks([large], instead_of=small, positions={}, view="events")
    with pytest.raises(StaleView):
        await store.keep_event_blocks([large], instead_of=small, positions={}, view="events")
    assert [one async for one in store.event_blocks(BlockSearch(workspace_sid=W1))] == [large]
