"""What every store promises about statistics, and what a row gives back."""

from typing import Any

import msgspec
import pytest

from taskyard.core.statistics import (
    Courses,
    Fact,
    FactKind,
    Presence,
    PresenceChange,
    Spell,
    Spells,
    Sums,
    TakenDown,
)
from taskyard.core.statistics.presence import add_changes
from taskyard.core.steps import at_once
from taskyard.stores import (
    StaleView,
    StatisticsPart,
    StatisticsRow,
    StatisticsSearch,
    Store,
    StoreError,
)
from taskyard.stores.statistics_codec import (
    STATISTICS_VERSION,
    WorkersPart,
    decode_cell,
    decode_facts,
    decode_spells,
    decode_tasks,
    decode_workers,
    encode_spells,
    encode_tasks,
    encoding_facts,
    encoding_workers,
)

from .rows import workspace

W1, W2 = workspace(1), workspace(2)
MINUTE = 60_000
CHANNEL, FLOW, QUEUE, ANN = (f"{prefix}{7:032x}" for prefix in ("TC", "WW", "WQ", "WK"))
BREAK = f"WA{7:032x}"
FACTS = [
    Fact(MINUTE + 5, FactKind.TASK_CREATED, CHANNEL, FLOW, QUEUE),
    Fact(MINUTE + 9, FactKind.RESERVATION_ACCEPTED, CHANNEL, FLOW, QUEUE, ANN, 300, 3),
    Fact(MINUTE + 9, FactKind.TASK_CANCELED, CHANNEL, None, None, None, 4),
]
SPELLS = [Spell(ANN, BREAK, 5, MINUTE + 1), Spell(ANN, BREAK, MINUTE + 1, MINUTE + 8)]

CHANGES = [
    PresenceChange(ANN, MINUTE + 3, Presence.AVAILABLE, Presence.HANDLING),
    PresenceChange(ANN, MINUTE + 40, Presence.HANDLING, Presence.AWAY),
]


def row(sid: str, start_ms: int, first: int, last: int, span_ms: int = MINUTE) -> StatisticsRow:
    body = f"{sid} {start_ms} {first}".encode()
    return StatisticsRow(
        workspace_sid=sid,
        span_ms=span_ms,
        start_ms=start_ms,
        first_position=first,
        last_position=last,
        codec_version=1,
        tasks=b"tasks of " + body,
        workers=b"workers of " + body * 20,
        spells=b"spells of " + body,
        facts=b"",
    )


async def keep(store: Store, *rows: StatisticsRow) -> None:
    positions = {one.workspace_sid: one.last_position for one in rows}
    await store.keep_statistics(rows, positions=positions, view="statistics")


async def found(store: Store, **asked: Any) -> list[StatisticsPart]:
    wanted = {"workspace_sid": W1, "span_ms": MINUTE, "from_ms": 0, "before_ms": 2**62}
    return await store.statistics(StatisticsSearch(**(wanted | {"part": "tasks"} | asked)))


async def test_rows_are_found_by_span_and_time_the_oldest_first(store: Store) -> None:
    first, more, second = row(W1, 0, 1, 4), row(W1, 0, 5, 6), row(W1, MINUTE, 7, 9)
    await keep(store, second, first, more, row(W2, 0, 1, 1), row(W1, 0, 0, 0, span_ms=60 * MINUTE))
    bodies = [one.body for one in await found(store)]
    assert bodies == [first.tasks, more.tasks, second.tasks]
    assert [one.start_ms for one in await found(store, from_ms=1)] == [MINUTE]
    assert [one.start_ms for one in await found(store, before_ms=MINUTE)] == [0, 0]
    assert [one.last_position for one in await found(store)] == [4, 6, 9]
    assert [one.body for one in await found(store, before_position=6)] == [first.tasks]
    assert [one.body for one in await found(store, after_position=4)] == [more.tasks, second.tasks]
    assert [one.body for one in await found(store, before_ms=1, part="workers")] == [
        first.workers,
        more.workers,
    ]
    assert len(await found(store, span_ms=60 * MINUTE)) == 1


async def test_the_position_is_kept_with_the_rows(store: Store) -> None:
    await keep(store, row(W1, 0, 1, 4))
    assert await store.view_position("statistics", W1) == 4
    assert await store.view_position("events", W1) == 0


async def test_a_row_takes_the_place_of_the_same_one(store: Store) -> None:
    await keep(store, row(W1, 0, 1, 4))
    await keep(store, row(W1, 0, 1, 9))
    assert len(await found(store)) == 1
    assert await found(store, before_position=9) == []


async def test_old_rows_are_let_go_of_a_few_at_a_time(store: Store) -> None:
    await keep(store, *(row(W1, number * MINUTE, number + 1, number + 1) for number in range(5)))
    assert await store.drop_statistics(3 * MINUTE, 2) == 2
    assert await store.drop_statistics(3 * MINUTE, 2) == 1
    assert await store.drop_statistics(3 * MINUTE, 2) == 0
    assert [one.start_ms for one in await found(store)] == [3 * MINUTE, 4 * MINUTE]


def test_a_row_gives_its_parts_back() -> None:
    sums, spells, courses, down = Sums(), Spells(MINUTE), Courses(), TakenDown()
    down.facts, down.spells, down.changes = FACTS, SPELLS, CHANGES
    sums.add_all(FACTS)
    add_changes(courses, CHANGES)
    for spell in SPELLS:
        spells.add(spell)

    def part(body: bytes) -> StatisticsPart:
        return StatisticsPart(MINUTE, 9, STATISTICS_VERSION, body)

    cells = decode_tasks(part(encode_tasks(sums)))
    assert {cell: decode_cell(body) for cell, body in cells.items()} == sums.tasks
    workers = decode_workers(part(at_once(encoding_workers(sums, courses, MINUTE))))
    assert workers == WorkersPart(sums.workers, courses)
    unknown = decode_workers(part(at_once(encoding_workers(sums, None, MINUTE))))
    assert unknown == WorkersPart(sums.workers, None)
    again = decode_spells(part(encode_spells(spells)))
    assert (again.inside, again.crossing) == (spells.inside, spells.crossing)
    facts = decode_facts(part(at_once(encoding_facts(MINUTE, down))))
    assert (facts.facts, facts.spells, facts.changes) == (FACTS, SPELLS, CHANGES)


def test_a_row_of_the_first_version_is_read_and_does_not_know_what_workers_were() -> None:
    ann, channel = (bytes.fromhex(f"{7:032x}") for _ in range(2))
    table = b"WK" + ann + b"TC" + channel
    counts = [0] * 8 + [3] + [0] * 6
    body = msgspec.msgpack.encode((table, [(1, 2, counts)]))
    old = decode_workers(StatisticsPart(MINUTE, 9, 1, body))
    assert old == WorkersPart({(ANN, CHANNEL): counts}, None)
    columns: list[list[int]] = [[] for _ in range(8)]
    body = msgspec.msgpack.encode((b"WK" + ann + b"WA" + ann, columns, [(1, 2, -5, 8)]))
    facts = decode_facts(StatisticsPart(MINUTE, 9, 1, body))
    assert facts.spells == [Spell(ANN, BREAK, MINUTE - 5, MINUTE + 8)]
    assert facts.changes == []


@pytest.mark.parametrize("decode", [decode_tasks, decode_workers, decode_spells, decode_facts])
def test_a_row_that_cannot_be_read_is_named(decode: Any) -> None:
    with pytest.raises(StoreError, match="begins at 60000 is of version 9, which this release"):
        decode(StatisticsPart(MINUTE, 9, 9, b"x"))
    with pytest.raises(StoreError, match="begins at 60000 cannot be read"):
        decode(StatisticsPart(MINUTE, 9, 1, b"x"))


async def test_rows_are_not_kept_twice_by_somebody_who_was_too_slow(store: Store) -> None:
    await store.keep_statistics([], positions={W1: 4}, view="statistics", after={W1: 0})
    with pytest.raises(StaleView):
        await store.keep_statistics([], positions={W1: 6}, view="statistics", after={W1: 3})
    assert await store.view_position("statistics", W1) == 4
