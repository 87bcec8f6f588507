"""What retention lets go, what it leaves, and what a start makes of the rest."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from taskyard.core.commands import CreateWorker
from taskyard.engine import Counters, Directory, Retention, Snapshots, WorkspaceEngine
from taskyard.engine.event_index import EventQuery
from taskyard.engine.snapshots import keep_snapshot, verify_snapshots
from taskyard.stores import JournalExtent, StoreError

from .bench import EPOCH_MS, ObedientStore, settle
from .test_snapshots import Place, damage, positions, state_of

DAY_MS = 86_400_000
RETENTION_MS = 30 * DAY_MS
NEVER = 1 << 40  # events: snapshots are made only for retention here


LAST = 2**63 - 1


class Yard(Place):
    """A place whose past goes."""

    def __init__(self) -> None:
        super().__init__(ObedientStore())
        self.snapshots_made = 0
        self.broken = False
        self.cursor: int | None = None
        self.counters = Counters()
        self.write = self.write_and_verify
        self.snapshots = Snapshots(self.store, lambda sid: self.write(sid), events_between=NEVER)
        self.retention = self.retention_with(views_at=self.views_at)

    async def open(self, *, between: int = NEVER) -> Directory:
        return await super().open(between=between)

    def retention_with(
        self, views_at: Callable[[str], Awaitable[int]] | None = None, rest_s: float = 0
    ) -> Retention:
        return Retention(
            self.store,
            lambda: self.now_ms,
            RETENTION_MS,
            snapshots=self.snapshots,
            views_at=views_at,
            counters=self.counters,
            rest_s=rest_s,
        )

    async def views_at(self, workspace_sid: str) -> int:
        return LAST if self.cursor is None else self.cursor

    async def view_stands_at(self, workspace_sid: str, position: int) -> None:
        """A view beside the event index has come so far."""
        self.cursor = position
        await self.store.keep_event_blocks([], positions={workspace_sid: position}, view="other")

    async def write_and_verify(self, workspace_sid: str) -> None:
        self.snapshots_made += 1
        assert self.directory is not None
        await self.directory.views.caught_up()
        if self.broken:
            raise StoreError("the disk is full")
        await keep_snapshot(self.store, workspace_sid)
        await verify_snapshots(self.store, workspace_sid)

    async def pass_days(self, days: float) -> None:
        """Let retention look every three hours."""
        until_ms = self.now_ms + round(days * DAY_MS)
        while self.now_ms < until_ms:
            self.now_ms = min(until_ms, self.now_ms + DAY_MS // 8)
            await self.sweep()

    async def sweep(self) -> None:
        """Let retention look, and whoever writes the snapshot that it asks for finish and rest."""
        await self.retention.sweep()
        if self.snapshots._writing is not None:
            await asyncio.wait([self.snapshots._writing])

    async def extent(self) -> JournalExtent:
        (one,) = await self.store.extents()
        return one


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    yard = Yard()
    yield yard
    for directory in (yard.directory, *yard.killed):
        assert directory is not None
        await directory.close()


async def happen_often(engine: WorkspaceEngine, times: int) -> None:
    for _ in range(times):
        await happen(engine, f"after {engine.position}")


async def happen(engine: WorkspaceEngine, name: str) -> None:
    await engine.ask(CreateWorker(friendly_name=name), lambda state, decided: None)
    await settle()


async def test_past_events_go_from_the_index_when_they_are_too_old(yard: Yard) -> None:
    engine = await yard.begin()
    await happen_often(engine, 3)
    directory = yard.directory
    assert directory is not None
    await directory.views.caught_up()
    yard.now_ms += DAY_MS
    await happen_often(engine, 2)
    query = EventQuery(workspace_sid=engine.workspace_sid)
    before = [one async for one in directory.find_events(query)]
    yard.now_ms = EPOCH_MS + RETENTION_MS
    await yard.retention.sweep()
    assert [one async for one in directory.find_events(query)] == before
    yard.now_ms += 1
    await yard.retention.sweep()
    assert [one async for one in directory.find_events(query)] == before[:2]


async def test_rows_go_that_are_too_old_and_not_after_the_oldest_verified_snapshot(
    yard: Yard,
) -> None:
    engine = await yard.begin()
    sid, store = engine.workspace_sid, yard.store
    await happen_often(engine, 10)
    yard.now_ms += DAY_MS
    await happen_often(engine, 10)
    await yard.write(sid)
    first = engine.position
    yard.now_ms += 28 * DAY_MS
    await happen_often(engine, 10)
    await yard.write(sid)
    before = await state_of(engine)
    yard.now_ms = EPOCH_MS + RETENTION_MS + 1
    await yard.retention.sweep()
    extent = await yard.extent()
    assert extent.first_ms == EPOCH_MS + DAY_MS
    yard.now_ms += DAY_MS
    await yard.retention.sweep()
    extent = await yard.extent()
    assert (extent.first_position, extent.first_ms) == (first + 1, EPOCH_MS + 29 * DAY_MS)
    assert yard.counters.rows_pruned == 21
    assert await positions(store, sid) == [engine.position, first]
    again = await yard.after_a_kill()
    assert again.position == engine.position
    assert await state_of(again) == before


async def test_nothing_goes_for_a_snapshot_that_was_never_read_back(yard: Yard) -> None:
    engine = await yard.begin()
    await happen_often(engine, 10)
    await keep_snapshot(yard.store, engine.workspace_sid)
    yard.broken = True
    await yard.pass_days(40)
    assert (await yard.extent()).first_position == 1
    yard.broken = False
    await yard.pass_days(1)
    assert (await yard.extent()).first_position > 1


async def test_where_nothing_happens_only_the_last_row_and_one_snapshot_stay(yard: Yard) -> None:
    engine = await yard.begin()
    await happen(engine, "one")
    yard.now_ms += DAY_MS
    await happen(engine, "two")
    await yard.pass_days(29)
    assert (await yard.extent()).first_position == 1
    await yard.pass_days(2)
    extent = await yard.extent()
    assert extent.first_position == extent.last_position == engine.position
    await yard.pass_days(100)
    assert await yard.extent() == extent
    assert await positions(yard.store, engine.workspace_sid) == [engine.position]
    assert yard.snapshots_made == 1
    assert (await (await yard.after_a_kill()).read(lambda state, now_ms: len(state.workers))) == 2


async def test_a_snapshot_from_before_the_retention_goes_where_nothing_has_happened_since_the_next(
    yard: Yard,
) -> None:
    engine = await yard.begin()
    await happen(engine, "early")
    await yard.write(engine.workspace_sid)
    yard.now_ms += 5 * DAY_MS
    await happen(engine, "late")
    await yard.pass_days(31)
    extent = await yard.extent()
    assert [one.position for one in extent.snapshots] == [engine.position]
    assert extent.first_position == extent.last_position


async def test_where_little_happens_the_past_goes_within_a_day_and_two_snapshots_stay(
    yard: Yard,
) -> None:
    engine = await yard.begin()
    for day in range(150):
        await happen(engine, f"on day {day}")
        await yard.pass_days(1)
        extent = await yard.extent()
        assert extent.first_ms >= yard.now_ms - RETENTION_MS - DAY_MS
        if day > 31:
            assert [one.verified for one in extent.snapshots] == [True, True]
            # What follows the older one is all there, if the newer one should be damaged.
            assert extent.first_position <= extent.snapshots[0].position + 1
    assert 9 <= yard.snapshots_made <= 10


async def test_nothing_goes_that_a_view_may_need_and_its_snapshot_stays(yard: Yard) -> None:
    engine = await yard.begin()
    await happen(engine, "seen")
    await yard.view_stands_at(engine.workspace_sid, engine.position)
    await yard.write(engine.workspace_sid)
    needed = engine.position
    for day in range(100):
        await happen(engine, f"unseen on day {day}")
        await yard.pass_days(1)
    extent = await yard.extent()
    assert extent.first_position <= needed + 1
    assert extent.snapshots[0].position == needed
    assert len(extent.snapshots) == 3
    await yard.view_stands_at(engine.workspace_sid, engine.position)
    await happen(engine, "later")
    await yard.pass_days(1)
    extent = await yard.extent()
    assert extent.first_ms >= yard.now_ms - RETENTION_MS - DAY_MS
    assert extent.snapshots[0].position > needed


async def test_nothing_goes_while_no_snapshot_lies_before_a_view(yard: Yard) -> None:
    engine = await yard.begin()
    await happen(engine, "one")
    yard.cursor = 1
    await yard.pass_days(40)
    assert (await yard.extent()).first_position == 1


async def test_a_deleted_workspace_goes_whole_when_its_deletion_is_too_old(yard: Yard) -> None:
    engine = await yard.begin()
    await happen(engine, "one")
    yard.now_ms += 10 * DAY_MS
    assert yard.directory is not None
    await yard.directory.delete_workspace(engine.workspace_sid)
    await yard.pass_days(29.9)
    assert (await yard.extent()).first_position == 1
    yard.cursor = engine.position - 1
    await yard.pass_days(1)
    assert (await yard.extent()).first_position == 1, "a view has not seen its end"
    yard.cursor = engine.position
    await yard.pass_days(0.125)
    assert await yard.store.extents() == []


async def test_a_snapshot_that_does_not_come_is_asked_for_again_each_hour(yard: Yard) -> None:
    engine = await yard.begin()
    await happen(engine, "one")
    yard.now_ms += 16 * DAY_MS
    yard.broken = True
    for _ in range(3 * 60):
        await yard.sweep()
        yard.now_ms += 60_000
    assert yard.snapshots_made == 3


async def test_a_workspace_that_is_young_makes_no_snapshot_for_retention(yard: Yard) -> None:
    await yard.begin()
    await yard.pass_days(14)
    assert yard.snapshots_made == 0


async def test_without_snapshots_only_what_is_deleted_goes(yard: Yard) -> None:
    engine = await yard.begin()
    retention = Retention(yard.store, lambda: yard.now_ms, RETENTION_MS)
    yard.now_ms += 31 * DAY_MS
    await retention.sweep()
    assert (await yard.extent()).first_position == 1
    assert yard.directory is not None
    await yard.directory.delete_workspace(engine.workspace_sid)
    yard.now_ms += 31 * DAY_MS
    await retention.sweep()
    assert await yard.store.extents() == []


# --- what a start makes of the rest ---


async def pruned(yard: Yard) -> WorkspaceEngine:
    """A workspace with two snapshots, and nothing in its journal before the older one's end."""
    engine = await yard.begin()
    for day in (0, 20):
        yard.now_ms = EPOCH_MS + day * DAY_MS
        await happen_often(engine, 10)
        await yard.write(engine.workspace_sid)
        await happen(engine, f"day {day}")
    yard.now_ms = EPOCH_MS + RETENTION_MS + 1
    await yard.retention.sweep()
    extent = await yard.extent()
    assert extent.first_position == extent.snapshots[0].position + 1
    return engine


async def test_with_a_damaged_snapshot_a_pruned_journal_goes_on_from_the_one_before(
    yard: Yard,
) -> None:
    engine = await pruned(yard)
    before = await state_of(engine)
    await damage(yard.store, engine.workspace_sid, 0)  # type: ignore[arg-type]
    assert await state_of(await yard.after_a_kill()) == before


async def test_with_no_good_snapshot_a_pruned_journal_is_no_empty_workspace_but_says_so(
    yard: Yard, caplog: pytest.LogCaptureFixture
) -> None:
    engine = await pruned(yard)
    sid, extent = engine.workspace_sid, await yard.extent()
    await damage(yard.store, sid, 0, 1)  # type: ignore[arg-type]
    assert yard.directory is not None
    yard.killed.append(yard.directory)
    yard.directory = None
    with caplog.at_level(logging.WARNING):
        directory = await yard.open()
        await directory.awake()
    said = (
        f"workspace {sid}: its journal begins at position {extent.first_position}, what came "
        "before was pruned, and there is no good snapshot to begin with"
    )
    lines = [record.getMessage() for record in caplog.records]
    assert lines[-1] == f"workspace {sid} stays asleep: {said}"
    assert [line.endswith("it is passed over") for line in lines] == [True, True, False]
    with pytest.raises(StoreError, match="what came before was pruned"):
        await directory.engine(sid)
    with pytest.raises(StoreError, match="what came before was pruned"):
        await keep_snapshot(yard.store, sid)


async def test_a_failed_append_is_survived_over_a_pruned_journal(yard: Yard) -> None:
    engine = await pruned(yard)
    assert isinstance(yard.store, ObedientStore)
    heard: list[int] = []
    engine.subscribe(lambda turn: heard.append(turn.first_position))
    position = engine.position
    yard.store.tears = True
    with pytest.raises(StoreError):
        await happen(engine, "torn")
    yard.store.tears = False
    await happen(engine, "after")
    assert heard[0] == position + 1
    names = await engine.read(lambda s, _: [one.friendly_name for one in s.workers.values()])
    assert names[-2:] == ["torn", "after"]


# --- by itself ---


async def some_go(yard: Yard) -> None:
    while yard.counters.rows_pruned == 0:  # noqa: ASYNC110  # a counter tells nobody
        await asyncio.sleep(0)


async def test_it_goes_on_by_itself_after_the_store_has_failed(
    yard: Yard, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await yard.begin()
    await happen_often(engine, 10)
    await yard.write(engine.workspace_sid)
    yard.now_ms += 31 * DAY_MS
    extents = yard.store.extents
    failures = iter([StoreError("the disk is gone"), ValueError("a bug")])

    async def fail_twice() -> list[JournalExtent]:
        for failure in failures:
            raise failure
        return await extents()

    monkeypatch.setattr(yard.store, "extents", fail_twice)
    retention = yard.retention_with()
    with caplog.at_level(logging.WARNING):
        retention.start()
        await some_go(yard)
        await retention.close()
    assert [record.getMessage() for record in caplog.records] == [
        "what is older than the retention stays for now: the disk is gone",
        "pruning failed",
    ]


async def test_after_a_close_nothing_more_goes(yard: Yard) -> None:
    engine = await yard.begin()
    await happen_often(engine, 500)
    await yard.write(engine.workspace_sid)
    yard.now_ms += 31 * DAY_MS
    retention = yard.retention_with()
    retention.start()
    await some_go(yard)
    await retention.close()
    seen = await yard.extent()
    assert seen.first_position < seen.last_position
    await asyncio.sleep(0.05)
    assert await yard.extent() == seen
